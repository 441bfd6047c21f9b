"""Kills the program at random moments of a run: the next start must offer the session again and restore what was kept."""

import fcntl
import glob
import os
import pty
import random
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

PROGRAM = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 12


class Terminal:
    def __init__(self, home, *arguments):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", HOME=home)
            os.environ.pop("XDG_STATE_HOME", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            os.execv(PROGRAM, [PROGRAM, *arguments])

    def read(self, seconds, until=None):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if until and until in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", self.seen):
                return True
            if select.select([self.fd], [], [], left)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    return False
                if not data:
                    return False
                self.seen += data
        return until is None

    def press(self, keys):
        os.write(self.fd, keys)

    def kill(self, how=signal.SIGKILL):
        os.kill(self.pid, how)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def journals(home):
    return glob.glob(home + "/.local/state/mailtriage/journal/*.jsonl")


taken = 0
for number in range(ROUNDS):
    home = tempfile.mkdtemp()
    wait = random.uniform(0.0, 6.0)
    one = Terminal(home, "anna@example.test", "--ascii")
    one.read(wait)
    one.press(b"m")
    one.read(0.1)
    one.press(b"a note of round %d\r" % number)
    one.read(random.uniform(0, 0.3))
    # A second session at the same time is not offered the first one, which is still running.
    two = Terminal(home, "--ascii")
    assert two.read(5, b"New case") and b"interrupted" not in two.seen, two.seen
    two.kill(signal.SIGTERM)
    one.kill()
    found = journals(home)
    lines = sum(open(path, "rb").read().count(b"\n") for path in found)
    if not found:
        print(f"round {number}: killed after {wait:.2f} s, before there was anything to keep")
        continue
    again = Terminal(home, "--ascii")
    assert again.read(5, b"interrupted"), again.seen
    again.press(b"\x1b[B\r")
    assert again.read(5, b"session restored"), again.seen
    whole = b"a note of round" in open(found[0], "rb").read()
    again.kill(signal.SIGTERM)
    taken += 1
    print(f"round {number}: killed after {wait:.2f} s, {lines} lines kept{', with the note' if whole else ''}; restored")
    shutil.rmtree(home)
print(f"kills: {taken} of {ROUNDS} sessions restored")
sys.exit(taken < ROUNDS / 2)
