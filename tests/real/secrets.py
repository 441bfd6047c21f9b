"""Where a password must not be: arguments, environments, files, screen, standard output and error, the journal of a session
that was killed. One real log-in each way; what the process and its children show is looked at all the while.

    secrets.py PROGRAM CA.pem FILE     FILE holds the password: in our own arguments it would be found
"""

import base64
import glob
import os
import subprocess
import sys
import tempfile
import threading
import time

# This script comes by standard input, and has no folder of its own.
sys.path.insert(0, os.environ["MT_HERE"])
from terminal import Terminal, world

PROGRAM, CA, FILE = sys.argv[1:4]
PASSWORD = open(FILE).read()
ADDRESS = "anna@example.test"
NEEDLES = {
    "plain": PASSWORD.encode(),
    "base64": base64.b64encode(PASSWORD.encode()),
    "AUTH PLAIN": base64.b64encode(f"\0{ADDRESS}\0{PASSWORD}".encode()),
    "AUTH PLAIN with authorization identity": base64.b64encode(f"{ADDRESS}\0{ADDRESS}\0{PASSWORD}".encode()),
    "URL": PASSWORD.replace(" ", "%20").encode(),
    "UTF-16": PASSWORD.encode("utf-16-le"),
}
looked, found = 0, []


def look(where, data):
    global looked
    looked += 1
    found.extend(f"{where}: {kind}" for kind, needle in NEEDLES.items() if needle in data)


class Watch(threading.Thread):
    """Reads the arguments and environments of a process and its descendants until it is gone."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid

    def family(self):
        pids = [self.pid]
        for pid in pids:
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                try:
                    pids += [int(child) for child in open(path).read().split()]
                except OSError:
                    pass
        return pids

    def run(self):
        while os.path.exists(f"/proc/{self.pid}/stat"):
            for pid in self.family():
                for what in ("cmdline", "environ"):
                    try:
                        look(f"{what} of {pid}", open(f"/proc/{pid}/{what}", "rb").read())
                    except OSError:
                        continue
            time.sleep(0.02)


def check(home, expected, *options, **more):
    process = subprocess.Popen([PROGRAM, "check", ADDRESS, *world(CA), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={"HOME": home, "PATH": "/usr/bin:/bin", "RUST_BACKTRACE": "full", "RUST_LOG": "trace"})
    Watch(process.pid).start()
    out, err = process.communicate(more.get("typed", b""), timeout=90)
    look("standard output", out)
    look("standard error", err)
    assert process.returncode == expected, (options, process.returncode, err)


def dashboard(home):
    """The log-in box, by keyboard; then the session is killed, and its journal stays."""
    terminal = Terminal(PROGRAM, home, ADDRESS, "--ascii", *world(CA))
    Watch(terminal.pid).start()
    def journal():
        return b"".join(open(path, "rb").read() for path in glob.glob(home + "/.local/state/mailtriage/journal/*.jsonl"))

    # The screen is drawn in pieces; what has happened is in the journal.
    terminal.read(20)
    terminal.press(b"p")
    terminal.read(1)
    terminal.press(PASSWORD.encode() + b"\r")
    for _ in range(30):
        terminal.read(1)
        if b"accepted on port 587" in journal():
            break
    look("screen", terminal.seen)
    terminal.kill()
    assert b"accepted on port 587" in journal(), "the log-in was not reached"


folder_of_all = tempfile.TemporaryDirectory()
home = folder_of_all.name
for form in ("text", "json", "markdown", "html"):
    check(home, 0, "--password-stdin", "--format", form, "--verbose", "--output", f"{home}/report.{form}", typed=PASSWORD.encode() + b"\n")
check(home, 0, "--password-command", f"cat {FILE}; env >{home}/env-of-child")
check(home, 1, "--password-stdin", "--user", "nobody@example.test", typed=PASSWORD.encode() + b"\n")
dashboard(home)
files = [os.path.join(folder, name) for folder, _, names in os.walk(home) for name in names]
for path in files:
    look(path, open(path, "rb").read())
print(f"secrets: looked at {looked} texts, {len(files)} files among them; the password is in {len(found)}")
for line in sorted(set(found)):
    print(line)
sys.exit(bool(found))
