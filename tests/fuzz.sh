#!/usr/bin/env bash
# Builds the fuzz targets (fuzz/) and runs them, with limits of time and memory for each input.
#   tests/fuzz.sh [SECONDS] [TARGET...]    each target for that long (60), or the named ones
#   tests/fuzz.sh keep [TARGET...]         adds to fuzz/corpus what earlier runs here found, as far as it reaches new code
# FUZZ_JOBS is how many run at the same time (2), FUZZ_SEED where the random numbers begin, FUZZ_TIMEOUT how many seconds an
# input may take (5): more where other work has the processor. With cargo-fuzz and a nightly
# toolchain, `cargo fuzz run TARGET` works too, there with AddressSanitizer; here the stable toolchain is enough, since our
# own code has next to no `unsafe`.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
TASK=fuzz
SECONDS_EACH=60
case "${1:-}" in
  keep) TASK=keep; shift ;;
  [0-9]*) SECONDS_EACH=$1; shift ;;
esac
TARGETS=("$@")
((${#TARGETS[@]})) || mapfile -t TARGETS < <(cd fuzz_targets && ls ./*.rs | sed 's|./||; s|\.rs$||')

# What cargo-fuzz passes for `--sanitizer none`.
RUSTFLAGS="-Cpasses=sancov-module"
for flag in level=4 inline-8bit-counters pc-table trace-compares; do
  RUSTFLAGS+=" -Cllvm-args=-sanitizer-coverage-$flag"
done
export RUSTFLAGS CARGO_TARGET_DIR="$PWD/target" CARGO_INCREMENTAL=0
# With a target of its own, build scripts and macros are built without these flags.
HOST=$(rustc -vV | sed -n 's/^host: //p')
cargo build --locked --quiet --bins --target "$HOST"
BUILT=$CARGO_TARGET_DIR/$HOST/debug
FOUND=$CARGO_TARGET_DIR/corpus
LOGS=$CARGO_TARGET_DIR/logs
mkdir -p "$LOGS"

fuzz() {
  mkdir -p "$FOUND/$1" "artifacts/$1" "corpus/$1"
  "$BUILT/$1" -max_total_time="$SECONDS_EACH" -timeout="${FUZZ_TIMEOUT:-5}" -rss_limit_mb=512 -max_len=20000 -artifact_prefix="artifacts/$1/" \
    ${FUZZ_SEED:+-seed=$FUZZ_SEED} "$FOUND/$1" "corpus/$1" >"$LOGS/$1" 2>&1 || { echo "fuzz: $1 failed:"; tail -n 30 "$LOGS/$1"; return 1; }
  echo "$1: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$LOGS/$1"), $(grep -o 'cov: [0-9]*' "$LOGS/$1" | tail -n 1)"
}

keep() {
  local most=25 chosen
  chosen=$(mktemp -d)
  "$BUILT/$1" -set_cover_merge=1 -max_len=20000 -timeout=5 -rss_limit_mb=512 "$chosen" "corpus/$1" "$FOUND/$1" >"$LOGS/$1" 2>&1
  # Those that reach the most are written first. Few and small ones only: the corpus is a part of the sources.
  find "$chosen" -type f -size -3k -printf '%T@ %p\n' | sort -n | head -n $most | cut -d' ' -f2- |
    xargs -r cp -n -t "corpus/$1"
  rm -r "$chosen"
  echo "$1: $(find "corpus/$1" -type f | wc -l) inputs kept"
}

failed=0
export -f fuzz keep
export SECONDS_EACH BUILT FOUND LOGS
printf '%s\n' "${TARGETS[@]}" | xargs -P "${FUZZ_JOBS:-2}" -I{} bash -c "$TASK {}" || failed=1
if ((failed)); then
  echo "fuzz: something was found; the inputs are in fuzz/artifacts" >&2
  exit 1
fi
[ $TASK = keep ] || echo "fuzz: ${#TARGETS[@]} targets, $SECONDS_EACH s each, nothing found"
