#!/usr/bin/env bash
# Compiles and lints the program for Windows and macOS, up to the linker. Windows wants MinGW (tests/windows/build.sh installs
# it); for macOS no C compiler is at hand, and what C code there is only matters to a linker.
set -euo pipefail
cd "$(dirname "$0")/.."

lint() { # SYSTEM
    if ! rustup target add "$1" >/dev/null 2>&1; then
        echo "other systems: $1 is NOT CHECKED: its standard library cannot be had"
        return
    fi
    cargo clippy --target "$1" --all-targets --quiet -- -D warnings
    echo "other systems: $1 compiles, without warnings"
}

lint x86_64-pc-windows-gnu
export CC_x86_64_apple_darwin=true AR_x86_64_apple_darwin=true
lint x86_64-apple-darwin
