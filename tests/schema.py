#!/usr/bin/env python3
"""Holds every practice scenario's JSON report against the JSON Schema that the program prints, by a validator that is
not ours (jsonschema). MAILTRIAGE names the program."""

import json
import os
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from jsonschema import Draft202012Validator

PROGRAM = os.environ.get("MAILTRIAGE", "target/release/mailtriage")


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
    if not done.stdout:
        raise SystemExit(f"mailtriage {' '.join(arguments)}: {done.stderr}")
    return json.loads(done.stdout)


def main():
    schema = run("schema")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    folder = pathlib.Path(__file__).parent.parent / "src/practice/scenarios"
    names = sorted(path.stem for path in folder.glob("*.toml"))
    redacted = {name: level for name, level in zip(names, ["none", "names", "all"] * len(names))}

    def faults(name):
        report = run("practice", name, "--format", "json", "--redact", redacted[name])
        return [f"{name}: {'/'.join(map(str, fault.path))}: {fault.message}" for fault in validator.iter_errors(report)]

    with ThreadPoolExecutor(8) as pool:
        found = [fault for faults_of_one in pool.map(faults, names) for fault in faults_of_one]
    # A validator that accepts anything would accept this too.
    wrong = run("practice", names[0], "--format", "json")
    wrong["checks"][0]["outcome"] = "fine"
    if validator.is_valid(wrong):
        found.append("a report with a wrong word is called valid")
    print("\n".join(found) or f"schema: {len(names)} reports are valid")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
