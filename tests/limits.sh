#!/usr/bin/env bash
# What the released program may weigh and take: its size on disk, and its memory over a whole run in the lab.
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
