#!/usr/bin/env python3
"""What `cargo xtask dist` wrote for others to read, by readers that are not ours: the bill of materials by CycloneDX's own
validator, the manifests as YAML, JSON and Ruby; every file that a manifest names is there, with its checksum.

    manifests.py FOLDER      needs cyclonedx-python-lib[json-validation] and PyYAML
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

DIST = pathlib.Path(sys.argv[1])


def checksum(address):
    """The checksum of the file that an address ends in."""
    return hashlib.sha256((DIST / address.rsplit("/", 1)[1]).read_bytes()).hexdigest()


(bill,) = DIST.glob("*.cdx.json")
wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(bill.read_text())
assert wrong is None, wrong
print(f"manifests: {len(json.loads(bill.read_text())['components'])} components in {bill.name}")

winget = {}
for file in (DIST / "manifests/winget").glob("*.yaml"):
    manifest = yaml.safe_load(file.read_text())
    winget[manifest["ManifestType"]] = manifest
    assert file.name.startswith(manifest["PackageIdentifier"]), file
if winget:
    assert set(winget) == {"version", "installer", "defaultLocale"}, winget
    assert len({(one["PackageIdentifier"], one["PackageVersion"]) for one in winget.values()}) == 1, winget
    (installer,) = winget["installer"]["Installers"]
    assert installer["InstallerSha256"].lower() == checksum(installer["InstallerUrl"]), installer
    scoop = json.loads((DIST / "manifests/scoop/mailtriage.json").read_text())
    zipped = scoop["architecture"]["64bit"]
    assert zipped["hash"] == checksum(zipped["url"]), zipped
    print("manifests: winget, Scoop")

formula = DIST / "manifests/homebrew/mailtriage.rb"
text = formula.read_text()
assert re.search(r'sha256 "(\w+)"', text)[1] == checksum(re.search(r'url "([^"]+)"', text)[1])
if shutil.which("ruby"):
    subprocess.run(["ruby", "-c", formula], check=True, stdout=subprocess.DEVNULL)
    print("manifests: Homebrew")
else:
    print("manifests: Homebrew, whose Ruby is NOT CHECKED: there is no ruby")
