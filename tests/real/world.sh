#!/usr/bin/env bash
# The test bed with real servers: a small internet in network namespaces, in which one thing at a time is broken and
# the tool, run as an ordinary user, has to name it. Needs root and what install.sh installs.
#
#   mt-client ── mt-router ── mt-isp ──┬── mt-provider    mail.example.test: Postfix and Dovecot
#   .77.2   .77.1   the office's   the line    └── mt-elsewhere   ref-a.test, ref-b.test, a second resolver
#
# The namespaces are joined by veth pairs among themselves only: nothing sent in here can reach the machine's own network.
# Every scenario gets a new world, so that no fault has to be undone and nothing is remembered (ICMP rate limits, Postfix's
# counts of connections, DNS caches).
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MAILTRIAGE=${MAILTRIAGE:-$HERE/../../../target/debug/mailtriage}
STATE=${MT_STATE:-/run/mailtriage-world} # beside /run's other sockets: Postfix's user must be able to walk there
RESULTS=${MT_RESULTS:-$STATE-results}    # each scenario's report and log, kept after the run
SPACES=(client router isp provider elsewhere)
LAN4=192.168.77 LAN6=2001:db8:77
WAN4=198.51.100 WAN6=2001:db8:100
MAIL4=203.0.113 MAIL6=2001:db8:113
ELSE6=2001:db8:51 # its IPv4 addresses are 198.51.100.0/26; the ISP's line to the router is 198.51.100.128/30
ADDRESS=anna@example.test
PASSWORD='correct horse'

usage() {
    cat <<'USAGE'
world.sh up | down            make the world and leave it standing; take it away
world.sh run SCENARIO …       new world, break it, run the tool, compare; world.sh all: every scenario
world.sh verify [SCENARIO …]  the same without the tool: is it broken in the way the table says? (nc, dig, openssl, swaks)
world.sh break SCENARIO       new world with the scenario's faults, left standing
world.sh as-client COMMAND …  a command on the client, as the ordinary user that the tool runs as
world.sh list                 the scenarios

Environment: MAILTRIAGE (the program), MT_RESULTS (where reports go), MT_STATE.
USAGE
}

die() { echo "world: $*" >&2; exit 3; }
ns() { ip netns exec "mt-$1" "${@:2}" 9>&-; }                  # 9: the lock, not to be inherited by servers
serve() { ip netns exec "mt-$1" "${@:2}" </dev/null >>"$STATE/log/$1" 2>&1 9>&- & } # in the background; down ends it
until_true() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; die "waited in vain: $*"; }
deserted() { [[ -z $(ip netns pids "mt-$1") ]]; }
listens() { ns "$1" ss -Hltn "sport = :$2" | grep -q .; }

# The tool gets no rights, no groups, no home and nothing of our environment.
as_user() { ns client setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -i -C / PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"; }

# --- the network -----------------------------------------------------------------------------------------------------

cable() { ip link add "$2" netns "mt-$1" type veth peer name "$4" netns "mt-$3"; }
plug() { # SPACE INTERFACE ADDRESS…
    local address
    ip -n "mt-$1" link set "$2" up
    for address in "${@:3}"; do ip -n "mt-$1" addr add "$address" dev "$2"; done
}
route() { ip -n "mt-$1" route add "${@:2}"; }

network_up() {
    local space
    for space in "${SPACES[@]}"; do
        ip netns add "mt-$space"
        ip -n "mt-$space" link set lo up
        # Forwarding only where somebody forwards; IPv4's ICMP limits written out, because hop finding depends on them;
        # addresses usable at once, and independent of each other.
        local forward=0
        [[ $space == router || $space == isp ]] && forward=1
        ns "$space" sysctl -qw net.ipv4.ip_forward=$forward net.ipv6.conf.all.forwarding=$forward \
            net.ipv4.icmp_ratelimit=1000 net.ipv4.icmp_ratemask=6168 \
            net.ipv4.conf.default.promote_secondaries=1 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
    done

    cable client eth0 router lan
    cable router wan isp line
    cable isp to-provider provider eth0
    cable isp to-elsewhere elsewhere eth0
    plug client eth0 $LAN4.2/24 $LAN6::2/64
    plug router lan $LAN4.1/24 $LAN6::1/64
    plug router wan $WAN4.130/30 $WAN6::2/64
    plug isp line $WAN4.129/30 $WAN6::1/64
    plug isp to-provider $MAIL4.1/24 $MAIL6::1/64
    plug isp to-elsewhere $WAN4.1/26 $ELSE6::1/64
    plug provider eth0 $MAIL4.5/24 $MAIL4.6/24 $MAIL6::5/64
    plug elsewhere eth0 $WAN4.10/26 $WAN4.20/26 $WAN4.53/26 $ELSE6::10/64 $ELSE6::20/64

    route client default via $LAN4.1
    route client default via $LAN6::1
    route router default via $WAN4.129
    route router default via $WAN6::1
    route isp $LAN4.0/24 via $WAN4.130
    route isp $LAN6::/64 via $WAN6::2
    route provider default via $MAIL4.1
    route provider default via $MAIL6::1
    route elsewhere default via $WAN4.1
    route elsewhere default via $ELSE6::1
    # The rest of the internet is silent, as an unused address really is; and it is not there.
    route isp blackhole default
    ip -n mt-isp -6 route add blackhole default

    # What a name is looked up with, in each namespace: never the machine's own resolver, nor its resolved or mDNS.
    for space in "${SPACES[@]}"; do
        mkdir -p "/etc/netns/mt-$space"
        echo "nameserver $WAN4.53" >"/etc/netns/mt-$space/resolv.conf"
        [[ ! -e /etc/hosts ]] || printf '127.0.0.1 localhost\n::1 localhost\n' >"/etc/netns/mt-$space/hosts"
        [[ ! -e /etc/nsswitch.conf ]] || sed 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf >"/etc/netns/mt-$space/nsswitch.conf"
    done
    echo "nameserver $LAN4.1" >/etc/netns/mt-client/resolv.conf
}

# --- the servers -----------------------------------------------------------------------------------------------------

# dns SPACE PIDFILE ADDRESSES -- extra records, which stand in place of the zone's of the same name and type
dns_up() {
    local space=$1 address record extra=("${@:3}")
    {
        echo "server:"
        for address in $2; do echo "    interface: $address"; done
        cat <<CONF
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    chroot: ""
    username: ""
    directory: "$STATE"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    num-threads: 1
    module-config: "iterator"
    # Nothing but what is written here exists …
    local-zone: "." static
    local-data: ". SOA ns.test. nobody.test. 1 3600 900 86400 60"
    local-zone: "example.test." static
    local-data: "example.test. SOA ns.test. nobody.test. 1 3600 900 86400 60"
    # … except a name whose own servers fail: their address is one that unbound will not ask, so it answers SERVFAIL.
    local-zone: "servfail.test." transparent
CONF
        zone | while read -r record; do
            for address in "${extra[@]}"; do [[ ${record% *} != "${address% *}" ]] || continue 2; done
            echo "    local-data: '$record'"
        done
        for record in "${extra[@]}"; do echo "    local-data: '$record'"; done
        printf 'forward-zone:\n    name: "servfail.test."\n    forward-addr: 127.0.0.1@5999\n'
        printf 'remote-control:\n    control-enable: no\n'
    } >"$STATE/unbound-$space.conf"
    serve "$space" unbound -d -p -c "$STATE/unbound-$space.conf"
}
zone() {
    cat <<ZONE
mail.example.test. A $MAIL4.5
example.test. MX 10 mail.example.test.
example.test. TXT "v=spf1 mx -all"
_submissions._tcp.example.test. SRV 0 1 465 mail.example.test.
_submission._tcp.example.test. SRV 10 1 587 mail.example.test.
nodata.example.test. TXT "a name without an address"
ref-a.test. A $WAN4.10
ref-a.test. AAAA $ELSE6::10
ref-b.test. A $WAN4.20
ref-b.test. AAAA $ELSE6::20
5.113.0.203.in-addr.arpa. PTR mail.example.test.
ZONE
}

# The run's own authority, and with it one chain for each fault. "openssl ca" because it takes both dates.
certificates_up() {
    mkdir -m 755 "$STATE/tls"
    cd "$STATE/tls"
    : >index.txt
    cat >openssl.cnf <<'CNF'
[ca]
default_ca = run
[run]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:$ENV::NAME
CNF
    issue root "Test bed root" "" "-10 years" "+10 years"
    issue middle "Test bed intermediate" root "-5 years" "+5 years"
    issue good mail.example.test root "-30 days" "+60 days"
    issue expired mail.example.test root "-90 days" "-3 days"
    issue early mail.example.test root "+3 days" "+90 days"
    issue other-name mail.other.test root "-30 days" "+60 days"
    issue self-signed mail.example.test "" "-30 days" "+60 days"
    issue link-missing mail.example.test middle "-30 days" "+60 days"
    issue ref-a ref-a.test root "-30 days" "+60 days"
    issue ref-b ref-b.test root "-30 days" "+60 days"
    cp root.crt ca.pem
    chmod 644 ca.pem
    cd - >/dev/null
}
issue() { # FILE NAME ISSUER (empty: itself) FROM TO → FILE.pem: key and certificate
    local by=(-selfsign -keyfile "$1.key") kind=leaf
    [[ -z $3 ]] || by=(-keyfile "$3.key" -cert "$3.crt")
    [[ $1 != root && $1 != middle ]] || kind=root
    stamp() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
    {
        openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
        NAME=$2 openssl req -new -config openssl.cnf -key "$1.key" -subj "/CN=$2" -out "$1.csr"
        NAME=$2 openssl ca -batch -notext -config openssl.cnf -extensions $kind -in "$1.csr" -out "$1.crt" \
            -startdate "$(stamp "$4")" -enddate "$(stamp "$5")" "${by[@]}"
    } >>"$STATE/log/openssl" 2>&1 || die "openssl: see $STATE/log/openssl"
    cat "$1.key" "$1.crt" >"$1.pem"
}

postfix_up() {
    local dir=$STATE/postfix
    mkdir -p "$dir"/{conf,queue}
    install -d -o postfix "$dir/data"
    cat >"$dir/conf/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $STATE/log/mail
maillog_file_prefixes = $STATE
myhostname = mail.example.test
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
inet_interfaces = all
virtual_mailbox_domains = example.test
virtual_mailbox_maps = inline:{ $ADDRESS=anna }
virtual_transport = discard:
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_chain_files = $STATE/tls/mail.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sender_login_maps = inline:{ $ADDRESS=$ADDRESS }
CONF
    local submission="  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes
  -o smtpd_recipient_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject_unlisted_recipient,reject
  -o smtpd_reject_unlisted_recipient=yes"
    cat >"$dir/conf/master.cf" <<CONF
smtp        inet  n - n - -   smtpd
submission  inet  n - n - -   smtpd
  -o smtpd_tls_security_level=encrypt
$submission
submissions inet  n - n - -   smtpd
  -o smtpd_tls_wrappermode=yes
$submission
pickup    unix    n - n 60 1  pickup
cleanup   unix    n - n - 0   cleanup
qmgr      unix    n - n 300 1 qmgr
tlsmgr    unix    - - n 1000? 1 tlsmgr
proxymap  unix    - - n - -   proxymap
rewrite   unix    - - n - -   trivial-rewrite
bounce    unix    - - n - 0   bounce
defer     unix    - - n - 0   bounce
anvil     unix    - - n - 1   anvil
discard   unix    - - n - -   discard
postlog   unix-dgram n - n - 1 postlogd
CONF
    settled
    ns provider postfix -c "$dir/conf" start </dev/null >>"$STATE/log/provider" 2>&1 || die "Postfix does not start: see $STATE/log"
}

# Postfix waits until a file that has just been changed is two seconds old.
settled() { touch -d '-1 minute' "$STATE/postfix/conf/main.cf"; }

dovecot_up() { # who knows the passwords; Postfix asks it over a socket in its queue directory
    mkdir -p "$STATE/dovecot"
    printf '%s:{PLAIN}%s\n' "$ADDRESS" "$PASSWORD" >"$STATE/dovecot/users"
    cat >"$STATE/dovecot/dovecot.conf" <<CONF
base_dir = $STATE/dovecot/run
log_path = $STATE/log/dovecot
protocols =
ssl = no
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = $STATE/dovecot/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
service auth {
  unix_listener $STATE/postfix/queue/private/auth {
    mode = 0600
    user = postfix
  }
}
CONF
    chown -R root:dovecot "$STATE/dovecot" && chmod 640 "$STATE/dovecot/users"
    serve provider dovecot -F -c "$STATE/dovecot/dovecot.conf"
}

# --- up and down -----------------------------------------------------------------------------------------------------

up() {
    down
    [[ ! -S /run/nscd/socket ]] || die "nscd runs here: it would answer the client's look-ups from the machine's own network"
    mkdir -p /run/netns
    for space in "${SPACES[@]}"; do [[ ! -e /run/netns/mt-$space ]] || die "namespace mt-$space exists and is not mine"; done
    mkdir -m 755 "$STATE" "$STATE/log" # from here on it is ours, and down takes it away
    chmod 1777 "$STATE/log"
    network_up
    dns_up router "$LAN4.1 $LAN6::1"
    dns_up elsewhere $WAN4.53
    certificates_up
    ln -sf good.pem "$STATE/tls/mail.pem"
    serve elsewhere python3 "$HERE/other_servers.py" reference ref-a.test $WAN4.10,$ELSE6::10 "$STATE/tls/ref-a.pem"
    serve elsewhere python3 "$HERE/other_servers.py" reference ref-b.test $WAN4.20,$ELSE6::20 "$STATE/tls/ref-b.pem"
    postfix_up
    dovecot_up
    until_true test -S "$STATE/postfix/queue/private/auth"
    until_true listens elsewhere 443
    until_true ns client dig +short +time=1 +tries=1 mail.example.test
    until_true ns client dig +short +time=1 +tries=1 @$WAN4.53 mail.example.test
}

down() {
    [[ -d $STATE ]] || return 0
    local space pids
    for signal in TERM KILL; do
        pids=$(for space in "${SPACES[@]}"; do [[ ! -e /run/netns/mt-$space ]] || ip netns pids "mt-$space"; done)
        [[ -n $pids ]] || break
        kill -$signal $pids 2>/dev/null || true
        [[ $signal == KILL ]] || sleep 0.1
    done
    wait
    for space in "${SPACES[@]}"; do
        [[ ! -e /run/netns/mt-$space ]] || ip netns del "mt-$space"
        rm -rf "/etc/netns/mt-$space"
    done
    [[ ! -d /etc/netns ]] || rmdir --ignore-fail-on-non-empty /etc/netns
    rm -rf "$STATE"
}

# --- what can be broken: the words of the table's third column -------------------------------------------------------

# rule WHERE MATCH-AND-VERDICT: on the client's way out, through router or ISP, into a server
rule() {
    local space=$1 hook=forward
    case $1 in client) hook=output ;; provider) hook=input ;; resolver) space=router hook=input ;; esac
    chain "$space" "type filter hook $hook priority 0" "${*:2}"
}
chain() { # SPACE HOOK RULE: a chain of its own for each rule, so that several faults go together
    chains=$((${chains:-0} + 1))
    printf 'table inet fault {\nchain fault%s {\n%s\n%s\n}\n}\n' "$chains" "$2" "$3" | ns "$1" nft -f -
}
PORT="meta l4proto { tcp, udp } th dport"
fault_drop() { rule "$3" "$PORT $1 drop"; }                             # drop PORT at WHERE: no answer at all
fault_drop6() { rule "$3" "meta nfproto ipv6 tcp dport $1 drop"; }      # the same for IPv6 alone
fault_reject() { rule "$3" "$PORT $1 reject"; }                         # ICMP port unreachable, nft's default
fault_prohibit() { rule "$3" "$PORT $1 reject with icmpx admin-prohibited"; }
fault_reset() { rule "$3" "tcp dport $1 reject with tcp reset"; }
fault_deny() { # DENY PORT: this machine's policy; connect() itself fails (EACCES)
    ip -n mt-client rule add ipproto tcp dport "$1" prohibit
    ip -n mt-client -6 rule add ipproto tcp dport "$1" prohibit
}
fault_lose() { rule "$3" "iifname lan numgen random mod 100 < $1 drop"; } # PERCENT of what the client sends
fault_intercept() { # PORT at router: a stranger answers for every server
    serve router python3 "$HERE/other_servers.py" relay
    redirect "$1"
}
fault_portal() { # a network with a sign-in page: the web is the page, all else is silent
    serve router python3 "$HERE/other_servers.py" portal
    redirect 80
    rule router "iifname lan drop"
}
redirect() {
    until_true listens router "$1"
    chain router "type nat hook prerouting priority -100" "iifname lan tcp dport $1 redirect"
}
fault_stop() { # SERVER: the host stays, and refuses
    kill "$(tr -d ' ' <"$STATE/postfix/queue/pid/master.pid")"
    while listens provider 587; do sleep 0.05; done
}
fault_down() { # NAME: an address is gone, and has been for long; the last router before it says so after 3 s
    ip -n mt-isp neigh flush all
    case $1 in
    mail) ip -n mt-provider addr del $MAIL4.5/24 dev eth0 ;;
    ref-a) ip -n mt-elsewhere addr del $WAN4.10/26 dev eth0 && ip -n mt-elsewhere addr del $ELSE6::10/64 dev eth0 ;;
    ref-b) ip -n mt-elsewhere addr del $WAN4.20/26 dev eth0 && ip -n mt-elsewhere addr del $ELSE6::20/64 dev eth0 ;;
    esac
}
fault_unplug() {
    case $1 in
    client) ip -n mt-client link set eth0 down ;;
    router) ip -n mt-router link set wan down ;; # the router knows: network unreachable
    isp) ip -n mt-isp link set line down ;;      # it does not: host unreachable after 3 s
    esac
}
fault_dns() { # NAME TYPE VALUE: the client's own resolver says something else
    kill $(ip netns pids mt-router)
    until_true deserted router
    dns_up router "$LAN4.1 $LAN6::1" "$1. ${*:2}"
    until_true ns client dig +short +time=1 +tries=1 "$1"
}
fault_ipv6() { fault_dns mail.example.test AAAA $MAIL6::5; }
# Nobody has connected to Postfix yet: an smtpd reads what is here when the first one does.
fault_certificate() { ln -sf "$1.pem" "$STATE/tls/mail.pem"; }
fault_postfix() { # KEY=VALUE …
    postconf -c "$STATE/postfix/conf" "$@"
    settled
}
fault_password() { TYPED=$*; }
fault_clock() { PREFIX=(FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "$1"); }

# --- scenarios -------------------------------------------------------------------------------------------------------

rows() { grep -v -e '^#' -e '^$' "$HERE/scenarios.tsv"; }

# prepare NAME: reads its row into the globals below and makes its world
prepare() {
    local fault account faults
    IFS=$'\t' read -r NAME account faults OPTIONS WANT_EXIT WANT_CAUSE WITNESS < <(rows | grep -P "^$1\t") || die "no scenario $1"
    TYPED=$PASSWORD PREFIX=() SETTINGS=() PORT_TYPED=${account%/*} SECURITY=${account#*/}
    [[ $account == - ]] || SETTINGS=(--server mail.example.test --port "$PORT_TYPED" --security "$SECURITY")
    [[ $OPTIONS != - ]] || OPTIONS=
    up
    while read -r -a fault; do
        [[ ${fault[0]} != - ]] || continue
        "fault_${fault[0]}" "${fault[@]:1}"
    done <<<"${faults//; /$'\n'}"
}

# The same log-in with swaks, up to RCPT; its exit code.
swaks_says() {
    local tls=--tls code=0
    [[ $SECURITY != implicit ]] || tls=--tls-on-connect
    as_user timeout 60 swaks --server mail.example.test --port "$PORT_TYPED" $tls --tls-verify --tls-ca-path "$STATE/tls/ca.pem" \
        --auth PLAIN --auth-user $ADDRESS --auth-password "$TYPED" --from $ADDRESS --to $ADDRESS --quit-after RCPT \
        --timeout 10 >"$RESULTS/$NAME.swaks" 2>&1 || code=$?
    echo $code
}

run_one() {
    local out=$RESULTS/$1.json code=0 began cause seconds verdict=ok swaks=
    prepare "$1"
    began=$(date +%s%N)
    # shellcheck disable=SC2086 # OPTIONS is a list of words
    as_user "${PREFIX[@]}" timeout -k 5 90 "$PROGRAM" check $ADDRESS --format json --password-stdin --ca-file "$STATE/tls/ca.pem" \
        --reference-host ref-a.test --reference-host ref-b.test \
        --connectivity-url http://ref-a.test/generate_204 --connectivity-url http://ref-b.test/generate_204 \
        --resolver $WAN4.53 "${SETTINGS[@]}" $OPTIONS <<<"$TYPED" >"$out" 2>"$RESULTS/$1.stderr" || code=$?
    seconds=$((($(date +%s%N) - began) / 10000000))
    cause=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["diagnosis"]["cause"])' "$out" 2>/dev/null) || cause="(no report)"
    [[ $cause == "$WANT_CAUSE" && $code == "$WANT_EXIT" ]] || verdict=FAILED
    # Where a log-in is reached, another program's word on the same credentials has to agree.
    if [[ $WITNESS =~ swaks=(0|28)$ ]]; then
        swaks=$(swaks_says)
        [[ $swaks == "${BASH_REMATCH[1]}" && $((code == 0)) == $((swaks == 0)) ]] || verdict=FAILED
        swaks="swaks: $([[ $swaks == 0 ]] && echo accepted || echo "refused ($swaks)"), mailtriage: $cause"
    fi
    [[ $verdict == ok ]] || swaks+=" wanted $WANT_CAUSE/$WANT_EXIT, see $out"
    printf '%-7s %-30s %-28s exit %-3s %6s s  %s\n' "$verdict" "$1" "$cause" "$code" "$((seconds / 100)).$(printf %02d $((seconds % 100)))" "$swaks"
    [[ $verdict == ok ]]
}

# What a term of the witness column is about, seen with an ordinary tool.
witness() {
    local subject=${1%=*} name host port starttls=()
    name=${subject%%:*} port=${subject##*:}
    case $name in
    swaks) swaks_says ;;
    dns)
        host=${port%@*}
        as_user dig +time=2 +tries=1 "$host" $([[ $port != *@* ]] || echo "@${port#*@}") | awk '
            /status:/ { sub(".*status: ", ""); sub(",.*", ""); word = $0 } /ANSWER: 0/ { none = 1 }
            END { print !word ? "silent" : word == "NOERROR" && none ? "NODATA" : word }' ;;
    tls)
        [[ $port == 465 ]] || starttls=(-starttls smtp)
        as_user timeout 20 openssl s_client -connect $MAIL4.5:"$port" "${starttls[@]}" -CAfile "$STATE/tls/ca.pem" \
            -verify_hostname mail.example.test </dev/null 2>/dev/null | awk '/Verify return code:/ && !n++ {
            split("0 ok 9 early 10 expired 18 self-signed 20 no-issuer 21 no-issuer 62 name", w)
            for (i = 1; i in w; i += 2) if (w[i] == $4) print w[i + 1] }' ;;
    *)
        case $name in mail) host=$MAIL4.5 ;; mail6) host=$MAIL6::5 ;; a) host=$WAN4.10 ;; b) host=$WAN4.20 ;; esac
        as_user nc -nvz -w 5 "$host" "$port" 2>&1 | sed -n 's/.*succeeded.*/open/p; s/.*refused.*/refused/p; s/.*timed out.*/silent/p
            s/.*No route to host.*/no-route/p; s/.*Network is unreachable.*/no-network/p; s/.*ermission denied.*/denied/p' ;;
    esac
}
verify_one() {
    local term seen began wrong=() all=()
    prepare "$1"
    for term in ${WITNESS/#-/}; do
        began=$(date +%s%N)
        seen=$(witness "$term") || true
        all+=("${term%=*}=$seen($((($(date +%s%N) - began) / 1000000))ms)")
        [[ $seen == "${term##*=}" ]] || wrong+=("$term")
    done
    printf '%-7s %-30s %s%s\n' "$([[ ${#wrong[@]} == 0 ]] && echo ok || echo FAILED)" "$1" "${all[*]}" "${wrong:+  WANTED ${wrong[*]}}"
    [[ ${#wrong[@]} == 0 ]]
}

# each FUNCTION SCENARIO…: a world each, a line each, and the sum
each() {
    local passed=0 failed=0 name
    mkdir -p "$RESULTS"
    for name in "${@:2}"; do
        # Not "if …": bash would go on after a fault that could not be made.
        set +e
        (set -e; "$1" "$name")
        case $? in 0) passed=$((passed + 1)) ;; *) failed=$((failed + 1)) ;; esac
        set -e
        down
    done
    echo "$passed passed, $failed failed"
    [[ $failed == 0 ]] || exit 1
}

[[ $(id -u) == 0 ]] || die "must be root: it makes network namespaces"
command=${1:-}
shift || true
if [[ $command != as-client && $command != list ]]; then
    exec 9>"$STATE.lock"
    flock -n 9 || die "another one is running"
fi
clean_up() { trap down EXIT; trap 'exit 130' INT TERM; }

case $command in
up) clean_up; up; trap - EXIT ;;
down) down ;;
break) clean_up; prepare "$1"; trap - EXIT ;;
list) rows | cut -f 1 ;;
as-client) as_user "$@" ;;
verify) clean_up; mapfile -t names < <(rows | cut -f 1); each verify_one "${@:-${names[@]}}" ;;
run | all)
    clean_up
    PROGRAM=$(realpath "$MAILTRIAGE")
    setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$PROGRAM" || die "nobody cannot run $PROGRAM (set MAILTRIAGE)"
    mapfile -t names < <(rows | cut -f 1)
    [[ $command == all ]] && set -- "${names[@]}"
    each run_one "$@" ;;
*) usage; exit 2 ;;
esac
