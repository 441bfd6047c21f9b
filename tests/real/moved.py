"""A case in the dashboard while the computer changes its network: the first run asks a DNS server that is gone; then the
computer gets another address and another DNS server, as from another Wi-Fi, and `r` looks at it anew.

    moved.py PROGRAM CA.pem TURN     TURN is a pipe: whoever reads it moves the computer, then writes to it
"""

import fcntl
import glob
import os
import re
import struct
import sys
import tempfile
import termios

sys.path.insert(0, os.environ["MT_HERE"])
from terminal import Terminal, world

PROGRAM, CA, TURN = sys.argv[1:4]


def shown(terminal):
    """The whole screen: another size has all of it drawn again."""
    terminal.read(1)
    terminal.seen = b""
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 41, 121, 0, 0))
    terminal.read(2)
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    terminal.read(1)
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b" ", terminal.seen).decode(errors="replace")


def wait_for(terminal, home, runs):
    """Until so many runs have ended, by the session's journal."""
    for _ in range(60):
        terminal.read(0.5)
        lines = [line for path in glob.glob(home + "/.local/state/mailtriage/journal/*.jsonl") for line in open(path)]
        if sum('"ended"' in line for line in lines) >= runs:
            return
    sys.exit(f"moved: run {runs} never ended; the journal ends: {lines[-3:]}")


with tempfile.TemporaryDirectory() as home:
    terminal = Terminal(PROGRAM, home, "anna@example.test", "--ascii", *world(CA))
    terminal.read(1)
    wait_for(terminal, home, 1)
    before = shown(terminal)
    with open(TURN, "w") as turn:
        turn.write("move\n")
    with open(TURN) as turn:
        turn.read()
    terminal.press(b"r")
    wait_for(terminal, home, 2)
    after = shown(terminal)
    terminal.kill()
says = {"before": "DNS server is not working" in before, "after": "No fault found up to the log-in" in after}
print("moved: with the DNS server that is gone: " + ("it is the cause" if says["before"] else before))
print("moved: after r, in the other network: " + ("no fault" if says["after"] else after))
sys.exit(not all(says.values()))
