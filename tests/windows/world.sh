#!/usr/bin/env bash
# The Windows program under Wine, as an ordinary user, in a small network of its own: Postfix and Dovecot, a DNS server and
# two other companies' servers on one side, the caller's PC on the other. What is tried is in suite.py; here is what it needs
# and what is broken meanwhile. Needs root, tests/real/install.sh and build.sh.
#
#   world.sh FOLDER [TEST …]     FOLDER: where mailtriage.exe is; a TEST is a function of suite.py
#
# MAILTRIAGE: the same version of the program for this system, to compare with.
# shellcheck disable=SC2317,SC2034 # functions are called by their names; servers.sh uses these names
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REAL=$HERE/../real
STATE=/run/mailtriage-windows
ADDRESS=anna@example.test
PASSWORD='correct horse'
MAIL4=203.0.113 WAN4=198.51.100 LAN4=192.168.77 ELSE6=2001:db8:51
SPACES=(client provider elsewhere)

die() { echo "windows: $*" >&2; tail -n 5 "$STATE"/log/* >&2 2>/dev/null; exit 3; }
ns() { ip netns exec "mt-win-$1" "${@:2}"; }
serve() { ns "$@" </dev/null >>"$STATE/log/servers" 2>&1 & }
until_true() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; die "waited in vain: $*"; }
listens() { ns "$1" ss -Hltn "sport = :$2" | grep -q .; }
as_user() {
    ns client setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -i -C "$STATE/home" \
        PATH=/usr/bin:/bin LANG=C.UTF-8 SHELL=/bin/sh HOME="$STATE/home" TMPDIR="$STATE/home" WINEDEBUG=-all "$@"
}
cable() { ip link add "$2" netns "mt-win-$1" type veth peer name "$4" netns "mt-win-$3"; } # SPACE INTERFACE SPACE INTERFACE
plug() { ip -n "mt-win-$1" link set "$2" up && ip -n "mt-win-$1" addr add "$3" dev "$2"; } # SPACE INTERFACE ADDRESS
# shellcheck source=tests/real/servers.sh
source "$REAL/servers.sh"

up() {
    local space
    down
    for space in "${SPACES[@]}"; do [[ ! -e /run/netns/mt-win-$space ]] || die "namespace mt-win-$space exists and is not mine"; done
    mkdir -m 755 "$STATE"
    touch "$STATE/made-by-windows.sh"
    mkdir -m 1777 "$STATE/log"
    for space in "${SPACES[@]}"; do
        ip netns add "mt-win-$space"
        ip -n "mt-win-$space" link set lo up
        mkdir -p "/etc/netns/mt-win-$space"
        printf '127.0.0.1 localhost\n::1 localhost\n' >"/etc/netns/mt-win-$space/hosts"
        sed 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf >"/etc/netns/mt-win-$space/nsswitch.conf"
        echo "nameserver $LAN4.1" >"/etc/netns/mt-win-$space/resolv.conf"
    done
    cable client eth0 provider lan
    cable provider wan elsewhere eth0
    plug client eth0 $LAN4.2/24
    plug provider lan $LAN4.1/24
    plug provider lan $MAIL4.5/32
    plug provider wan $WAN4.1/24
    for address in $WAN4.10/24 $WAN4.20/24 $WAN4.53/24; do plug elsewhere eth0 "$address"; done
    ip -n mt-win-client route add default via $LAN4.1
    ip -n mt-win-elsewhere route add default via $WAN4.1
    ns provider sysctl -qw net.ipv4.ip_forward=1
    # A connect that nothing answers ends after three seconds with the system's own error, before our time limit.
    ns client sysctl -qw net.ipv4.tcp_syn_retries=1
    dns_up provider $LAN4.1
    dns_up elsewhere $WAN4.53
    # RSA: Wine 8 refuses an ECDSA signature now and then.
    KEYS=rsa certificates_up
    # With its root: Wine takes a chain that ends early for a good one.
    cat "$STATE"/tls/{good.pem,root.crt} >"$STATE/tls/mail.pem"
    serve elsewhere python3 "$REAL/other_servers.py" reference ref-a.test $WAN4.10 "$STATE/tls/ref-a.pem"
    serve elsewhere python3 "$REAL/other_servers.py" reference ref-b.test $WAN4.20 "$STATE/tls/ref-b.pem"
    postfix_up
    dovecot_up
    until_true ns client dig +short +time=1 +tries=1 mail.example.test
    until_true listens elsewhere 443
}

down() {
    [[ -e $STATE/made-by-windows.sh ]] || return 0
    local space signal pids
    for signal in TERM KILL; do
        mapfile -t pids < <(for space in "${SPACES[@]}"; do [[ ! -e /run/netns/mt-win-$space ]] || ip netns pids "mt-win-$space"; done)
        ((${#pids[@]})) || break
        kill -$signal "${pids[@]}" 2>/dev/null || true
        [[ $signal == KILL ]] || sleep 0.3
    done
    wait
    for space in "${SPACES[@]}"; do
        [[ ! -e /run/netns/mt-win-$space ]] || ip netns del "mt-win-$space"
        rm -rf "/etc/netns/mt-win-$space"
    done
    rmdir /etc/netns 2>/dev/null || true
    rm -rf "$STATE"
}

# The caller's PC: readable by its user wherever the checkout is.
pc_up() { # FOLDER
    mkdir -m 755 "$STATE/pc" "$STATE/pc/outlook"
    install -d -o 65534 -g 65534 "$STATE/home"
    install -m 755 "$1"/{bcryptprimitives.dll,norevocation.dll,pane.exe,helper.exe} "$STATE/pc"
    x86_64-w64-mingw32-strip -o "$STATE/pc/mailtriage.exe" "$1/mailtriage.exe"
    install -m 755 "$MAILTRIAGE" "$STATE/pc/mailtriage"
    install -m 644 "$HERE"/../stored/outlook/*.reg "$STATE/pc/outlook"
    install -m 644 "$HERE"/{suite,computer,exchange}.py "$STATE/pc"
    install -m 644 "$STATE/tls/root.crt" "$STATE/pc/root.pem"
}
suite() { as_user RELEASE="$release" python3 "$STATE/pc/suite.py" "$@" || failed=1; }

block() { # VERDICT of nftables, for port 587
    printf 'table inet fault {\nchain fault {\ntype filter hook input priority 0\ntcp dport 587 %s\n}\n}\n' "$1" | ns provider nft -f -
}
open_again() { ns provider nft delete table inet fault; }

main() {
    [[ $(id -u) == 0 ]] || die "must be root: it makes network namespaces"
    (($# > 0)) || die "where is mailtriage.exe?"
    MAILTRIAGE=$(realpath "${MAILTRIAGE:-$HERE/../../target/release/mailtriage}")
    failed=0
    trap down EXIT
    trap 'exit 130' INT TERM
    up
    pc_up "$1"
    release=$([[ $(basename "$1") != release ]] || echo yes)
    shift
    if (($#)); then
        suite "$@"
    else
        suite
        block "reject with tcp reset"
        suite refused
        open_again
        block drop
        suite silent
        open_again
        ip -n mt-win-client rule add ipproto tcp dport 587 prohibit
        suite forbidden
    fi
    return $failed
}
main "$@"; exit
