#!/usr/bin/env python3
"""A second opinion on messages that came back: the samples of flufl.bounce (Mailman's reader of bounces), each read by it and by
mailtriage. Of those in which it finds a recipient, mailtriage must name one of the same, or say that it does not know the form;
never another one. MAILTRIAGE names the program; the argument is the folder of the samples (tests/data of the source archive)."""

import email
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from flufl.bounce import all_failures

PROGRAM = os.environ.get("MAILTRIAGE", "target/release/mailtriage")
# Of this many percent mailtriage must know the form; the others are mostly gateways of the 1990s.
LEAST = 80


def theirs(path):
    temporary, permanent = all_failures(email.message_from_bytes(path.read_bytes()))
    return {name.decode("ascii", "replace").lower() for name in (*temporary, *permanent)}


def ours(path):
    """The recipient that mailtriage names; None if it takes the text for no message that came back."""
    command = [PROGRAM, "check", "anna@example.com", "--only", "settings", "--no-references", "--format", "text"]
    done = subprocess.run([*command, "--error", f"@{path}"], capture_output=True, text=True, timeout=120, check=False)
    if not done.stdout:
        raise SystemExit(f"bounces: {path.name}: {done.stderr}")
    said = " ".join(done.stdout.split())
    found = re.search(r"A message(?: to (\S+))? (?:came back|is late)", said)
    return found and (found[1] or "")


def main():
    samples = sorted(pathlib.Path(sys.argv[1]).glob("*.txt"))
    with ThreadPoolExecutor(4) as pool:
        both = list(zip(samples, pool.map(theirs, samples), pool.map(ours, samples)))
    judged = [(path, names, name) for path, names, name in both if names]
    wrong = [f"{path.name}: {name}, not {', '.join(sorted(names))}" for path, names, name in judged if name and name.lower() not in names]
    unknown = [path.name for path, _, name in judged if not name]
    share = 100 - 100 * len(unknown) // max(len(judged), 1)
    print(f"bounces: {len(judged)} samples, {share} % known; not known: {' '.join(unknown)}")
    print("\n".join(wrong))
    sys.exit(bool(wrong) or not judged or share < LEAST)


if __name__ == "__main__":
    main()
