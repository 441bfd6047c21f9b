#!/usr/bin/env bash
# Builds the program for Windows (x86_64-pc-windows-gnu) on Debian or Ubuntu, and installs what that and Wine need, as root.
#   build.sh [ARGUMENTS for cargo build]     prints the folder of mailtriage.exe at the end, with what Wine needs beside it
#
# The standard library for Windows comes from rustup. Where rustup is missing or reaches nothing, Debian's source of it is
# built by Debian's compiler of the same version (rustc-web), unpacked aside: it is not packaged ready for use.
set -euo pipefail
cd "$(dirname "$0")/../.."
SYSTEM=x86_64-pc-windows-gnu
ASIDE=${MT_ASIDE:-/var/cache/mailtriage-aside}/rust
PACKAGES=(gcc-mingw-w64-x86-64 binutils-mingw-w64-x86-64 wine64 tmux)

install() {
    local package missing=()
    for package in "${PACKAGES[@]}"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    apt-get -q update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}" >/dev/null
}

debian_rust() { # sets CARGO, and what the compiler wants in the environment
    local packages=(rustc-web cargo-web rust-web-src libstd-rust-web-dev) source sysroot
    if [[ ! -e $ASIDE/complete ]]; then
        rm -rf "$ASIDE"
        mkdir -p "$ASIDE/packages/partial"
        apt-get -q update >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --download-only \
            -o Dir::Cache::archives="$ASIDE/packages" install "${packages[@]}" >/dev/null
        for package in "$ASIDE"/packages/*.deb; do dpkg-deb -x "$package" "$ASIDE"; done
        rm -r "$ASIDE/packages"
        touch "$ASIDE/complete"
    fi
    export LD_LIBRARY_PATH="$ASIDE/usr/lib/x86_64-linux-gnu:$ASIDE/usr/lib"
    export RUSTC="$ASIDE/usr/bin/rustc" RUSTC_BOOTSTRAP=1
    # Where cargo looks for the source of the standard library.
    sysroot=$("$RUSTC" --print sysroot)
    source=$(find "$ASIDE/usr/src" -maxdepth 1 -name 'rustc-*' | head -1)
    mkdir -p "$sysroot/lib/rustlib/src"
    ln -sfn "$source" "$sysroot/lib/rustlib/src/rust"
    export __CARGO_TESTS_ONLY_SRC_ROOT="$sysroot/lib/rustlib/src/rust/library"
    CARGO=("$ASIDE/usr/bin/cargo" -Zbuild-std=std,panic_unwind)
}

# What Windows has and Wine 8 lacks, as libraries beside the program.
library() { x86_64-w64-mingw32-gcc -shared -o "$1" -x c - -ladvapi32; }
wine_gaps() { # FOLDER
    # The function that Rust's standard library takes its random numbers from.
    library "$1/bcryptprimitives.dll" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
C
    # A chain whose issuer publishes no list of revoked certificates: Windows lets it pass if it is told so
    # (CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS), Wine does not know that flag. suite.py registers this as the system's
    # revocation provider, which finds no certificate revoked.
    library "$1/norevocation.dll" <<'C'
#include <windows.h>
#include <wincrypt.h>
__declspec(dllexport) BOOL WINAPI CertDllVerifyRevocation(DWORD encoding, DWORD type, DWORD count, PVOID contexts[], DWORD flags,
    PCERT_REVOCATION_PARA para, PCERT_REVOCATION_STATUS status) {
    status->dwIndex = status->dwError = status->dwReason = 0;
    return TRUE;
}
C
    x86_64-w64-mingw32-gcc -o "$1/pane.exe" tests/windows/pane.c
    x86_64-w64-mingw32-gcc -o "$1/helper.exe" tests/windows/helper.c
}

main() {
    install
    CARGO=(cargo)
    rustup target add $SYSTEM >/dev/null 2>&1 || debian_rust
    "${CARGO[@]}" build --quiet --target $SYSTEM "$@" >&2
    local target folder=debug
    target=$("${CARGO[0]}" metadata --no-deps --format-version 1 | python3 -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')
    [[ " $* " != *" --release "* ]] || folder=release
    wine_gaps "$target/$SYSTEM/$folder"
    echo "$target/$SYSTEM/$folder"
}
main "$@"; exit
