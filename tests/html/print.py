#!/usr/bin/env python3
"""Looks at what open.mjs has printed: print.py FOLDER. Every page has its number, no heading stands alone at the end of a
page, and nothing runs into the margins. Needs pdftotext and pdftoppm."""

import json
import pathlib
import re
import subprocess
import sys

# No ink nearer to the edge than this, in millimetres: the margins are 15 mm and wider.
MARGIN_MM = 10
DPI = 40


def words(text):
    """Without what pdftotext makes of ligatures, soft breaks and columns."""
    return re.sub(r"\W+", "", text.replace("\ufb01", "fi").replace("\ufb02", "fl"))


def lines(pdf):
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.split("\f")[:-1]
    return [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]


def images(pdf):
    """Each page as rows of grey bytes."""
    done = subprocess.run(["pdftoppm", "-gray", "-r", str(DPI), pdf], capture_output=True, check=True).stdout
    while done:
        head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", done)
        width, height = int(head[1]), int(head[2])
        pixels = done[head.end() : head.end() + width * height]
        done = done[head.end() + width * height :]
        yield [pixels[row * width : (row + 1) * width] for row in range(height)]


def faults(pdf, heads):
    pages = lines(pdf)
    for number, page in enumerate(pages, 1):
        if not page or not re.search(rf"\b{number} ?/ ?{len(pages)}$", page[-1]):
            yield f"page {number} of {len(pages)} has no number: {page[-1:]}"
        last = words(page[-2]) if len(page) > 1 else ""
        if number < len(pages) and len(last) > 4 and any(head.endswith(last) for head in heads):
            yield f"a heading stands alone at the end of page {number}: {page[-2]}"
    margin = int(MARGIN_MM / 25.4 * DPI)
    for number, rows in enumerate(images(pdf), 1):
        if any(min(row[:margin] + row[-margin:]) < 200 for row in rows):
            yield f"something runs into the margin of page {number}"


def main():
    found, printed, pages = [], 0, 0
    for pdf in sorted(pathlib.Path(sys.argv[1]).glob("*.pdf")):
        name = re.sub(r"-(a4|letter)$", "", pdf.stem)
        heads = [words(head) for head in json.loads(pdf.with_name(f"{name}.heads.json").read_text())]
        found += [f"{pdf.name}: {fault}" for fault in faults(pdf, heads)]
        printed, pages = printed + 1, pages + len(lines(pdf))
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"print: {printed} files of {pages} pages, {len(found)} faults")
    sys.exit(1 if found or not printed else 0)


main()
