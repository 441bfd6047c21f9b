"""A computer with Windows, as Wine makes it: its registry, its files, a console of it; and what the program has found there. What
is tried with it is in suite.py.
"""

import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import shutil
import subprocess
import tempfile
import time

PC = pathlib.Path(__file__).parent
EXE = PC / "mailtriage.exe"
HOME = pathlib.Path(os.environ["HOME"])
WINE = "/usr/lib/wine/wine64"
ADDRESS = "anna@example.test"
PASSWORD = "correct horse"
REFERENCES = [
    word
    for host in ("ref-a.test", "ref-b.test")
    for word in ("--reference-host", host, "--connectivity-url", f"http://{host}/generate_204")
]
REVOCATION = r"HKEY_LOCAL_MACHINE\Software\Microsoft\Cryptography\OID\EncodingType 1\CertDllVerifyRevocation\DEFAULT"
SYSTEM = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet"


# The runs that were killed and made again.
KILLED = []
MOST_KILLED = 3


class Windows:
    """A computer with its own registry and drive C:, made once, from nothing or as a copy."""

    def __init__(self, name, like=None):
        self.folder = HOME / name
        self.environment = dict(os.environ, WINEPREFIX=str(self.folder), WINEDLLOVERRIDES="mscoree,mshtml=")
        if self.folder.exists():
            return
        if like:
            # Nobody writes Windows' own files, and they are large: they are the same ones. The registry is a copy.
            like.stop()
            shutil.copytree(like.folder, self.folder, symlinks=True, copy_function=os.link)
            for file in self.folder.glob("*.reg"):
                file.unlink()
                shutil.copy(like.folder / file.name, file)
            like.start()
        self.folder.mkdir(exist_ok=True)
        self.start()
        if not like:
            self.wine("winecfg", "-v", "win11")
            library = (windows_path(PC / "norevocation.dll") + "\0\0").encode("utf-16-le")
            self.put(registry(key(REVOCATION, f'"Dll"=hex(7):{hexadecimal(library)}')))

    def start(self):
        """Starts its services, which stay: they would keep the output of whatever started them."""
        for command in (["/usr/lib/wine/wineserver", "-p"], [WINE, "wineboot"]):
            nowhere = subprocess.DEVNULL
            subprocess.run(command, env=self.environment, stdout=nowhere, stderr=nowhere, timeout=180, check=True)

    def stop(self):
        """Shuts it down; the registry is written to its files."""
        for how in ("-k", "-w"):
            subprocess.run(["/usr/lib/wine/wineserver", how], env=self.environment, timeout=120, check=False)

    def wine(self, *arguments, **options):
        return subprocess.run(
            [WINE, *map(str, arguments)], env=self.environment, capture_output=True, timeout=180, check=False, **options
        )

    def put(self, registry):
        """Takes over a .reg file's text."""
        file = self.folder / "put.reg"
        file.write_text(registry.replace("\n", "\r\n"), "utf-16", newline="")
        done = self.wine("regedit", "/S", windows_path(file))
        assert done.returncode == 0, done.stderr
        file.unlink()

    def roaming(self):
        """The folder of %APPDATA%."""
        return next((self.folder / "drive_c/users").glob("*/AppData/Roaming"))

    def run(self, *arguments, **options):
        """Runs the program. One run in some four hundred is killed by SIGSEGV after it has written everything: that is
        Wine's Unix side on its way out, since a fault of the program's own code is an exception there and becomes an exit
        code. Such a run is made again; more than a few of them fail the suite."""
        done = self.wine(EXE, *arguments, **options)
        if done.returncode == -signal.SIGSEGV:
            KILLED.append(arguments)
            done = self.wine(EXE, *arguments, **options)
        return done

    def check(self, *options, port=587, security="starttls", password=PASSWORD):
        """A run with a log-in, as JSON, with its exit code."""
        done = self.run(
            *("check", ADDRESS, "--format", "json", "--password-stdin", "--resolver", "198.51.100.53", *REFERENCES),
            *("--server", "mail.example.test", "--port", port, "--security", security, *options),
            input=password.encode() + b"\n",
        )
        return report(done), done.returncode


def report(done):
    assert done.stdout, done.stderr.decode()
    return json.loads(done.stdout)


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


def facts(of, check):
    return next((found["facts"] for found in of["checks"] if found["id"] == check), {})


def evidence(of, check):
    return json.dumps(next(found["evidence"] for found in of["checks"] if found["id"] == check))


def verdict(of):
    return ":".join([of["diagnosis"]["cause"], of["diagnosis"]["certainty"]])


def same(seen, wanted, what=""):
    assert seen == wanted, f"{what} is {seen!r}, should be {wanted!r}"


def key(name, *values):
    return "\n".join([f"[{name}]", *values, "", ""])


def hexadecimal(data):
    return ",".join(f"{byte:02x}" for byte in data)


def registry(*keys):
    return "Windows Registry Editor Version 5.00\n\n" + "".join(keys)


class Console:
    """The program in a console, by keys; what it writes is shown by a terminal of its own (pane.c says why)."""

    def __init__(self, windows, *arguments, before=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=HOME))
        os.mkfifo(self.folder / "written")
        starter = [windows_path(word) if isinstance(word, pathlib.Path) else word for word in (*before, EXE)]
        run = shlex.join([WINE, str(PC / "pane.exe"), *starter, *arguments])
        script = self.folder / "run.sh"
        script.write_text(f'trap : INT\ncd "{self.folder}"\n{run} >written\necho "ended with $?"\nsleep 600\n')
        self.tmux("new-session", "-d", "-s", "keys", "-x", "120", "-y", "40", "sh", str(script), env=windows.environment)
        reader = f'cat "{self.folder}/written"; echo; echo program has ended; sleep 600'
        self.tmux("new-session", "-d", "-s", "screen", "-x", "120", "-y", "40", reader)

    def tmux(self, *words, env=None):
        words = ["tmux", "-u", "-S", str(self.folder / "socket"), "-f", "/dev/null", *words]
        done = subprocess.run(words, env=env, capture_output=True, timeout=60, check=False)
        return done.stdout.decode("utf-8", "replace")

    def wait_for(self, text, of="screen", seconds=40):
        end = time.monotonic() + seconds
        while not (found := re.search(text, shows := self.tmux("capture-pane", "-p", "-S", "-100", "-t", of))):
            assert time.monotonic() < end, f"{text!r} never came; there is\n{shows}"
            time.sleep(0.1)
        return found

    def press(self, *keys):
        for one in keys:
            self.tmux("send-keys", "-t", "keys", one)
            # Escape and a key right after it would be one key with Alt.
            time.sleep(0.5)

    def ends_with(self, code):
        same(int(self.wait_for(r"ended with (\d+)", "keys")[1]), code, "exit code")

    def close(self):
        """Closes the window."""
        self.tmux("kill-session", "-t", "keys")


@contextlib.contextmanager
def console(*arguments, **options):
    window = Console(*arguments, **options)
    try:
        yield window
    finally:
        window.tmux("kill-server")
