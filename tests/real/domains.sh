#!/usr/bin/env bash
# A second opinion on what a sender's domain publishes: SPF and DMARC records of every kind (domains.tsv), served by unbound
# in a namespace without a way out, read by mailtriage and by checkdmarc (PyPI). Needs root, and what install.sh installs.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C.UTF-8
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MAILTRIAGE=$(realpath "${MAILTRIAGE:-$HERE/../../target/release/mailtriage}")
export MAILTRIAGE
SPACE=mt-domains
STATE=$(mktemp -d)
chmod 755 "$STATE"
ns() { ip netns exec $SPACE "$@"; }
down() {
    local pids
    mapfile -t pids < <(ip netns pids $SPACE 2>/dev/null || true)
    ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
    ip netns del $SPACE 2>/dev/null || true
    rm -rf /etc/netns/$SPACE "$STATE"
}
[[ ! -e /run/netns/$SPACE ]] || { echo "domains: namespace $SPACE exists already" >&2; exit 3; }
trap down EXIT

python3 -m venv "$STATE/venv"
"$STATE/venv/bin/pip" install --quiet checkdmarc

ip netns add $SPACE
ip -n $SPACE link set lo up
mkdir -p /etc/netns/$SPACE
echo "nameserver 127.0.0.1" >/etc/netns/$SPACE/resolv.conf
sed 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf >/etc/netns/$SPACE/nsswitch.conf

{
    printf 'server:\n interface: 127.0.0.1\n access-control: 127.0.0.0/8 allow\n chroot: ""\n username: ""\n directory: "%s"\n' "$STATE"
    printf ' pidfile: ""\n use-syslog: no\n module-config: "iterator"\n local-zone: "." static\n'
    printf ' local-data: ". SOA ns.test. nobody.test. 1 3600 900 86400 60"\n'
    while IFS=$'\t' read -r domain spf dmarc _; do
        [[ -n $domain && $domain != "#"* ]] || continue
        printf " local-data: '%s. NS ns.test.'\n local-data: '%s. MX 10 mail.good.test.'\n" "$domain" "$domain"
        [[ $spf == - ]] || while read -r text; do printf " local-data: '%s. TXT \"%s\"'\n" "$domain" "$text"; done <<<"${spf// | /$'\n'}"
        [[ $dmarc == - ]] || while read -r text; do printf " local-data: '_dmarc.%s. TXT \"%s\"'\n" "$domain" "$text"; done <<<"${dmarc// | /$'\n'}"
    done <"$HERE/domains.tsv"
    printf " local-data: 'mail.good.test. A 127.0.0.9'\n"
    printf 'remote-control:\n control-enable: no\n'
} >"$STATE/unbound.conf"
ns unbound -d -p -c "$STATE/unbound.conf" </dev/null >"$STATE/unbound.log" 2>&1 &
for _ in $(seq 50); do ns dig +short +time=1 +tries=1 TXT good.test @127.0.0.1 2>/dev/null | grep -q spf1 && break; sleep 0.1; done

ns "$STATE/venv/bin/python" "$HERE/domains.py" "$HERE/domains.tsv"
