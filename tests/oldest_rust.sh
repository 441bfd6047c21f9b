#!/usr/bin/env bash
# Compiles the program, its tests and examples with the oldest Rust that Cargo.toml promises. What each dependency promises,
# `cargo xtask dist --check` asks; that our own code uses nothing newer, clippy (`incompatible_msrv`).
set -euo pipefail
cd "$(dirname "$0")/.."

oldest=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["packages"][0]["rust_version"])')
[[ $oldest == *.*.* ]] || oldest=$oldest.0
if ! rustup toolchain install "$oldest" --profile minimal >/dev/null 2>&1; then
    echo "oldest Rust: $oldest is NOT CHECKED: it cannot be had"
    exit
fi
# Without rustup's wrapper, the version that is asked for would be passed over where CARGO or RUSTC is set.
unset CARGO RUSTC
CARGO_TARGET_DIR=target/oldest rustup run "$oldest" cargo check --locked --all-targets --quiet
echo "oldest Rust: $oldest compiles it"
