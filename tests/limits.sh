#!/usr/bin/env bash
# How large the released program may be: its size on disk, and its memory over a whole run in the lab.
set -euo pipefail
cd "$(dirname "$0")/.."
TARGET=${CARGO_TARGET_DIR:-$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')}
PROGRAM=$TARGET/release/mailtriage
MOST_BYTES=$((10 * 1000 * 1000))
MOST_RESIDENT_KB=25000

bytes=$(stat -c %s "$PROGRAM")
echo "binary: $bytes bytes, at most $MOST_BYTES"
((bytes <= MOST_BYTES)) || { echo "limits: the binary is too large" >&2; exit 1; }

resident=$(python3 - "$PROGRAM" <<'PY'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "practice", "healthy-465", "--format", "json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
)
echo "memory: $resident kB resident at most over a run, at most $MOST_RESIDENT_KB"
((resident <= MOST_RESIDENT_KB)) || { echo "limits: a run takes too much memory" >&2; exit 1; }

# From the start to the first frame, in a pseudo-terminal: the best of several, since other work on the machine can only slow it down.
first=$(python3 - "$PROGRAM" <<'PY'
import fcntl, os, pty, signal, struct, sys, termios, time
best = 9.9
for _ in range(8):
    began = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execv(sys.argv[1], [sys.argv[1], "practice", "587-silent"])
    seen = b""
    while b"Result" not in seen:
        seen += os.read(fd, 65536)
    best = min(best, time.monotonic() - began)
    os.kill(pid, signal.SIGTERM)
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
print(int(best * 1000))
PY
)
echo "first frame: $first ms after the start, at most 50"
((first <= 50)) || { echo "limits: the first frame takes too long" >&2; exit 1; }
