"""The program in a terminal, driven by keys."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time


def world(ca):
    """The options with which the program measures in the test bed."""
    options = ["--server", "mail.example.test", "--port", "587", "--security", "starttls", "--ca-file", ca]
    options += ["--resolver", "198.51.100.53", "--reference-host", "ref-a.test", "--reference-host", "ref-b.test"]
    return [*options, "--connectivity-url", "http://ref-a.test/generate_204"]


class Terminal:
    def __init__(self, program, home, *arguments):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", HOME=home)
            os.environ.pop("XDG_STATE_HOME", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            os.execv(program, [program, *arguments])

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
