#!/usr/bin/env bash
# Installs what world.sh needs, on Debian or Ubuntu, as root. May be run again at any time.
#
# The mail servers are wanted only inside the namespaces that world.sh makes: while packages are unpacked,
# policy-rc.d keeps any service from starting, and what is newly installed is not started at the next boot either.
set -euo pipefail

PACKAGES=(postfix dovecot-core dovecot-submissiond unbound nftables iproute2 swaks libnet-ssleay-perl openssl bind9-dnsutils
          netcat-openbsd faketime curl tinyproxy-bin python3 util-linux sslscan libidn12 libgnutls-dane0)
# Cannot be installed together with Postfix: only unpacked. opinions.sh starts it from there; its libraries are above.
ASIDE=${MT_ASIDE:-/var/cache/mailtriage-aside}
SERVICES=(postfix dovecot unbound)
POLICY=/usr/sbin/policy-rc.d

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

missing=()
for package in "${PACKAGES[@]}"; do installed "$package" || missing+=("$package"); done
if ((${#missing[@]} == 0)) && [[ -e $ASIDE/exim/usr/sbin/exim4 ]]; then
    echo "install: everything is there"
    exit 0
fi
[[ $(id -u) == 0 ]] || { echo "install: must be root to install ${missing[*]}" >&2; exit 3; }

kept=$(mktemp -d)
restore_policy() {
    rm -f "$POLICY"
    [[ ! -e $kept/policy-rc.d ]] || mv "$kept/policy-rc.d" "$POLICY"
    rm -rf "$kept"
}
[[ ! -e $POLICY ]] || cp -a "$POLICY" "$kept/policy-rc.d"
trap restore_policy EXIT
rm -f "$POLICY"
printf '#!/bin/sh\nexit 101\n' >"$POLICY"
chmod 755 "$POLICY"

export DEBIAN_FRONTEND=noninteractive
quietly() { "$@" >"$kept/log" 2>&1 || { cat "$kept/log" >&2; exit 3; }; }
# "No configuration": world.sh brings its own, and nothing in /etc/postfix is touched.
quietly debconf-set-selections <<<'postfix postfix/main_mailer_type select No configuration'
quietly apt-get -q update
quietly apt-get -q -y --no-install-recommends install "${missing[@]}"
if [[ ! -e $ASIDE/exim/usr/sbin/exim4 ]]; then
    mkdir -p "$ASIDE"
    (cd "$kept" && quietly apt-get -q -o APT::Sandbox::User=root download exim4-daemon-light)
    quietly dpkg-deb -x "$kept"/exim4-daemon-light_*.deb "$ASIDE/exim"
fi

if [[ -d /run/systemd/system ]]; then
    for service in "${SERVICES[@]}"; do
        [[ " ${missing[*]} " != *" ${service/dovecot/dovecot-core} "* ]] || systemctl -q disable "$service" || true
    done
fi
echo "install: installed ${missing[*]:-nothing}; Exim is in $ASIDE"
