#!/usr/bin/env bash
# The second opinion: Postfix (OpenSSL), Exim (GnuTLS) and Dovecot submission, each with each TLS version alone and with
# certificates of every kind, seen by mailtriage and by openssl s_client, sslscan and swaks. One line each, theirs next to
# ours; a disagreement fails. Needs root, and what install.sh installs. All in one network namespace without a way out.
#
#   opinions.sh [SERVER …]     postfix exim dovecot; without a name, all of them
#
# Exim cannot be installed together with Postfix: install.sh unpacks it into ASIDE instead. OpenSMTPD is not here: Debian 12's
# (6.8.0p2) cannot sign on OpenSSL 3, so that every client's handshake with it fails.
# shellcheck disable=SC2317 # functions are called by their names
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MAILTRIAGE=$(realpath "${MAILTRIAGE:-$HERE/../../target/release/mailtriage}")
STATE=/run/mailtriage-opinions
ASIDE=${MT_ASIDE:-/var/cache/mailtriage-aside}
ADDRESS=anna@example.test
PASSWORD='correct horse'
MAIL4=203.0.113 WAN4=198.51.100 LAN4=192.168.77 ELSE6=2001:db8:51 # servers.sh wants them all
HOST=mail.example.test
declare -A AT=([postfix]=$MAIL4.11 [exim]=$MAIL4.12 [dovecot]=$MAIL4.13)
VERSIONS=(1.0 1.1 1.2 1.3)
disagreed=0 agreed=0

die() { echo "opinions: $*" >&2; exit 3; }
ns() { ip netns exec mt-opinions "$@"; }
as_user() { ns setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -i -C / PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"; }
serve() { ip netns exec mt-opinions "${@:2}" </dev/null >>"$STATE/log/servers" 2>&1 & } # SPACE COMMAND…, as servers.sh calls it
until_true() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; die "waited in vain: $*"; }
listens() { ns ss -Hltn "src $1 and sport = :$2" | grep -q .; }
# shellcheck source=servers.sh
source "$HERE/servers.sh"

up() {
    down
    [[ ! -e /run/netns/mt-opinions ]] || die "namespace mt-opinions exists and is not mine"
    mkdir -m 755 "$STATE"
    touch "$STATE/made-by-opinions.sh"
    mkdir -m 1777 "$STATE/log"
    ip netns add mt-opinions
    ip -n mt-opinions link set lo up
    local server
    for server in "${!AT[@]}"; do ip -n mt-opinions addr add "${AT[$server]}/32" dev lo; done
    mkdir -p /etc/netns/mt-opinions
    echo "nameserver 127.0.0.1" >/etc/netns/mt-opinions/resolv.conf
    sed 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf >/etc/netns/mt-opinions/nsswitch.conf
    # The user of a server that is only unpacked: there for this namespace, and nowhere else.
    { cat /etc/passwd; printf '%s:x:%s:%s::/nonexistent:/usr/sbin/nologin\n' Debian-exim 64901 64901; } >/etc/netns/mt-opinions/passwd
    { cat /etc/group; printf '%s:x:%s:\n' Debian-exim 64901; } >/etc/netns/mt-opinions/group
    KEYS=rsa certificates_up # world.sh has EC keys
    # Exim reads its key without special rights.
    chmod 644 "$STATE"/tls/*.pem
}

down() {
    [[ -e $STATE/made-by-opinions.sh ]] || return 0
    local signal pids
    for signal in TERM KILL; do
        mapfile -t pids < <([[ ! -e /run/netns/mt-opinions ]] || ip netns pids mt-opinions)
        ((${#pids[@]})) || break
        kill -$signal "${pids[@]}" 2>/dev/null || true
        sleep 0.1
    done
    [[ ! -e /run/netns/mt-opinions ]] || ip netns del mt-opinions
    rm -rf /etc/netns/mt-opinions "$STATE"
}

# --- the servers: SERVER_start CERTIFICATE VERSION (empty: as the maker sets it) ----------------------------------------

# OpenSSL's own policy file, for servers that have no switch of their own.
policy() { # VERSION
    cat >"$STATE/openssl-policy.cnf" <<CNF
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = system
[system]
CipherString = DEFAULT:@SECLEVEL=0
CNF
    [[ -z $1 ]] || printf 'MinProtocol = TLSv%s\nMaxProtocol = TLSv%s\n' "${1%.0}" "${1%.0}" >>"$STATE/openssl-policy.cnf"
}

postfix_start() {
    local dir=$STATE/postfix protocols=
    [[ -z $2 ]] || protocols="TLSv${2%.0}"
    mkdir -p "$dir"/{conf,queue}
    install -d -o postfix "$dir/data"
    cat >"$dir/conf/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $STATE/log/mail
maillog_file_prefixes = $STATE
myhostname = $HOST
mydestination =
mynetworks = $MAIL4.0/24
alias_maps =
local_recipient_maps =
inet_interfaces = ${AT[postfix]}
virtual_mailbox_domains = example.test
virtual_mailbox_maps = inline:{ $ADDRESS=anna }
virtual_transport = discard:
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_chain_files = $STATE/tls/$1.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_mandatory_protocols = ${protocols:->=TLSv1.2}
smtpd_tls_protocols = ${protocols:->=TLSv1.2}
CONF
    [[ -z $2 ]] || echo "tls_high_cipherlist = ALL:@SECLEVEL=0" >>"$dir/conf/main.cf"
    cat >"$dir/conf/master.cf" <<CONF
smtp        inet  n - n - -   smtpd
submission  inet  n - n - -   smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
submissions inet  n - n - -   smtpd
  -o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
$POSTFIX_INSIDE
CONF
    settled
    ns postfix -c "$dir/conf" start </dev/null >>"$STATE/log/servers" 2>&1 || die "Postfix does not start: see $STATE/log"
    dovecot_conf postfix-auth "protocols =
service auth {
  unix_listener $dir/queue/private/auth {
    mode = 0600
    user = postfix
  }
}"
    serve here dovecot -F -c "$STATE/postfix-auth/dovecot.conf"
    until_true test -S "$dir/queue/private/auth"
}

exim_start() {
    local dir=$STATE/exim priority=NORMAL
    [[ -z $2 ]] || priority="NORMAL:-VERS-ALL:+VERS-TLS$2:+SHA1:+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
    install -d -o 64901 -g 64901 "$dir" "$dir/spool"
    cat >"$dir/exim.conf" <<CONF
exim_user = 64901
exim_group = 64901
spool_directory = $dir/spool
log_file_path = $STATE/log/exim-%slog
pid_file_path = $dir/pid
primary_hostname = $HOST
local_interfaces = ${AT[exim]}
daemon_smtp_ports = 25 : 587 : 465
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = $STATE/tls/$1.pem
tls_privatekey = $STATE/tls/$1.pem
tls_require_ciphers = $priority
auth_advertise_hosts = \${if def:tls_in_cipher{*}{}}
acl_smtp_rcpt = acl_rcpt
host_lookup =
rfc1413_query_timeout = 0s
qualify_domain = example.test
begin acl
acl_rcpt:
  accept authenticated = *
  deny message = relay not permitted
begin routers
all:
  driver = redirect
  data = :blackhole:
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_set_id = \$auth2
  server_condition = \${if and{{eq{\$auth2}{$ADDRESS}}{eq{\$auth3}{$PASSWORD}}}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_set_id = \$auth1
  server_condition = \${if and{{eq{\$auth1}{$ADDRESS}}{eq{\$auth2}{$PASSWORD}}}}
CONF
    chown root:64901 "$dir/exim.conf"
    # It accepts a configuration other than its own only from root, so it runs as root and drops that itself.
    serve here "$ASIDE/exim/usr/sbin/exim4" -C "$dir/exim.conf" -bdf
}

dovecot_conf() { # NAME MORE
    mkdir -p "$STATE/$1"
    printf '%s:{PLAIN}%s\n' "$ADDRESS" "$PASSWORD" >"$STATE/$1/users"
    cat >"$STATE/$1/dovecot.conf" <<CONF
base_dir = $STATE/$1/run
log_path = $STATE/log/$1
import_environment = TZ OPENSSL_CONF
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = $STATE/$1/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
$2
CONF
    chown -R root:dovecot "$STATE/$1" && chmod 640 "$STATE/$1/users"
}

dovecot_start() {
    policy "$2"
    # What it hands accepted mail to.
    serve here python3 "$HERE/other_servers.py" reference relay.test 127.0.0.1 "$STATE/tls/ref-a.pem"
    until_true listens 127.0.0.1 25
    dovecot_conf dovecot "protocols = submission
ssl = yes
ssl_cert = <$STATE/tls/$1.pem
ssl_key = <$STATE/tls/$1.pem
ssl_min_protocol = ANY
ssl_cipher_list = ALL:@SECLEVEL=0
hostname = $HOST
submission_relay_host = 127.0.0.1
submission_relay_trusted = no
mail_location = maildir:/tmp/none
service submission-login {
  inet_listener submission {
    address = ${AT[dovecot]}
    port = 587
  }
  inet_listener submissions {
    address = ${AT[dovecot]}
    port = 465
    ssl = yes
  }
}"
    serve here env "OPENSSL_CONF=$STATE/openssl-policy.cnf" dovecot -F -c "$STATE/dovecot/dovecot.conf"
}

stop_all() {
    local pids
    for _ in $(seq 40); do
        mapfile -t pids < <(ip netns pids mt-opinions)
        ((${#pids[@]})) || return 0
        kill -TERM "${pids[@]}" 2>/dev/null || true
        sleep 0.1
    done
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.2
}

# --- the opinions ------------------------------------------------------------------------------------------------------

# Each version alone, by s_client with everything allowed: "1.2 1.3"
s_client_versions() { # ADDRESS PORT
    local version flag out=() starttls=()
    [[ $2 == 465 ]] || starttls=(-starttls smtp)
    for version in "${VERSIONS[@]}"; do
        flag=${version%.0}
        flag=-tls${flag/./_}
        if as_user timeout 10 openssl s_client -connect "$1:$2" "${starttls[@]}" "$flag" -cipher 'ALL:@SECLEVEL=0' </dev/null 2>/dev/null |
            grep -q '^ *Protocol *: TLS\|^New, TLSv1.3\|^New, TLSv1'; then
            out+=("$version")
        fi
    done
    echo "${out[*]}"
}

sslscan_versions() { # ADDRESS PORT
    local starttls=()
    [[ $2 == 465 ]] || starttls=(--starttls-smtp)
    as_user timeout 60 sslscan --no-colour --no-ciphersuites --no-heartbleed --no-groups --no-fallback --no-renegotiation --no-compression \
        --no-check-certificate "${starttls[@]}" "$1:$2" 2>/dev/null | sed -n 's/^TLSv\(1\.[0-3]\) *enabled.*/\1/p' | xargs
}

# What openssl says about the certificate, in the report's words.
s_client_certificate() { # ADDRESS PORT
    local starttls=()
    [[ $2 == 465 ]] || starttls=(-starttls smtp)
    as_user timeout 10 openssl s_client -connect "$1:$2" "${starttls[@]}" -CAfile "$STATE/tls/ca.pem" -no-CApath -verify_hostname $HOST \
        -cipher 'ALL:@SECLEVEL=0' </dev/null 2>/dev/null | awk '/Verify return code:/ && !n++ {
        split("0 valid 9 not-yet-valid 10 expired 18 self-signed 20 untrusted 21 untrusted 62 name-mismatch", w)
        for (i = 1; i in w; i += 2) if (w[i] == $4) print w[i + 1] }'
}

swaks_says() { # ADDRESS PORT PASSWORD
    local code=0 tls=--tls
    [[ $2 != 465 ]] || tls=--tls-on-connect
    as_user timeout 60 swaks --server "$1" --port "$2" $tls --auth PLAIN --auth-user $ADDRESS --auth-password "$3" --from $ADDRESS --to $ADDRESS \
        --quit-after AUTH --timeout 20 >"$STATE/log/swaks" 2>&1 || code=$?
    case $code in 0) echo accepted ;; 28) echo rejected ;; *) echo "exit-$code" ;; esac
}

# ours FILE WHAT PORT: from the report
ours() {
    python3 - "$@" <<'PY'
import json, sys
report, what, port = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]
facts = {check["id"]: check["facts"] for check in report["checks"]}
if what == "versions":
    tls = facts.get("tls." + port, {})
    print(*[v[4:] for v in ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3") if tls.get(v) == "accepted"])
elif what == "certificate":
    print(facts.get("certificate." + port, {}).get("certificate", ""))
elif what == "login":
    print(facts.get("login", {}).get("result", ""))
PY
}

run_ours() { # ADDRESS PORT SECURITY OUT MORE…
    as_user timeout 60 "$MAILTRIAGE" check $ADDRESS --full --server $HOST --port "$2" --security "$3" --format json --ca-file "$STATE/tls/ca.pem" \
        --no-references --resolver 127.0.0.1 --connectivity-url http://127.0.0.1:1/ "${@:5}" >"$4" 2>"$4.stderr" || true
    # A server on the same machine has twenty connections in as many milliseconds: Exim needs a moment to notice that they are gone.
    sleep 1
}

say() { # SERVER CASE PORT WHAT OURS THEIRS…: theirs as NAME=VALUE
    local word=agree theirs value
    for theirs in "${@:6}"; do
        value=${theirs#*=}
        # Seeing nothing is not agreement.
        [[ -n $value && $value == "$5" ]] || word=DISAGREE
    done
    # A missing link is what others call untrusted: openssl has one word for both.
    [[ $4 != certificate || $5 != incomplete || ${6#*=} != untrusted ]] || word=agree
    if [[ $word == agree ]]; then agreed=$((agreed + 1)); else disagreed=$((disagreed + 1)); fi
    printf '%-9s %-10s %-13s %-4s %-12s mailtriage: %-18s %s\n' "$word" "$1" "$2" "$3" "$4" "$5" "${*:6}"
}

with() { # SERVER CERTIFICATE VERSION
    stop_all
    printf '127.0.0.1 localhost\n%s %s\n' "${AT[$1]}" $HOST >/etc/netns/mt-opinions/hosts
    dns_up here 127.0.0.1 "$HOST. A ${AT[$1]}"
    "$1_start" "$2" "$3"
    until_true listens "${AT[$1]}" 587
    until_true listens "${AT[$1]}" 465
}

opinions() { # SERVER
    local server=$1 at=${AT[$1]} version certificate port out=$STATE/report.json password
    for version in "${VERSIONS[@]}" ""; do
        with "$server" good "$version"
        run_ours "$at" 587 starttls "$out" --only tls
        for port in 587 465; do
            say "$server" "${version:-as shipped}" "$port" versions "$(ours "$out" versions "$port")" \
                "s_client=$(s_client_versions "$at" "$port")" "sslscan=$(sslscan_versions "$at" "$port")"
        done
    done
    for certificate in good expired early other-name self-signed link-missing full-chain; do
        with "$server" "$certificate" ""
        run_ours "$at" 587 starttls "$out" --only tls
        for port in 587 465; do
            say "$server" "$certificate" "$port" certificate "$(ours "$out" certificate "$port")" "s_client=$(s_client_certificate "$at" "$port")"
        done
    done
    with "$server" good ""
    for port in 587 465; do
        for password in "$PASSWORD" "not this one"; do
            run_ours "$at" "$port" "$([[ $port == 465 ]] && echo implicit || echo starttls)" "$out" --only login --password-stdin <<<"$password"
            say "$server" "$([[ $password == "$PASSWORD" ]] && echo "right" || echo "wrong")-password" "$port" login "$(ours "$out" login "$port")" \
                "swaks=$(swaks_says "$at" "$port" "$password")"
        done
    done
}

main() {
    [[ $(id -u) == 0 ]] || die "must be root: it makes a network namespace"
    trap down EXIT
    trap 'exit 130' INT TERM
    up
    local server
    for server in "${@:-postfix}"; do [[ -n ${AT[$server]:-} ]] || die "no server $server"; done
    [[ $# != 0 ]] || set -- postfix exim dovecot
    for server in "$@"; do opinions "$server"; done
    echo "$agreed agree, $disagreed disagree"
    [[ $disagreed == 0 ]]
}
main "$@"; exit
