# What can be broken: the words of the table's third column. Sourced by world.sh, whose names it uses.
# shellcheck shell=bash disable=SC2154,SC2034

# rule WHERE MATCH-AND-VERDICT: on the client's way out, through the router or the ISP, at the far end of the VPN, into a
# server
rule() {
    local space=$1 hook=forward
    case $1 in
    client) hook=output ;;
    provider) hook=input ;;
    resolver) space=router hook=input ;;
    vpn) # the other companies' servers are on that very machine
        space=elsewhere
        chain elsewhere "type filter hook input priority 0" "iifname clients ${*:2}"
        ;;
    esac
    chain "$space" "type filter hook $hook priority 0" "${*:2}"
}
chain() { # SPACE HOOK RULE: a chain of its own for each rule, so that several faults go together
    chains=$((${chains:-0} + 1))
    printf 'table inet fault {\nchain fault%s {\n%s\n%s\n}\n}\n' "$chains" "$2" "$3" | ns "$1" nft -f -
}
EITHER="meta l4proto { tcp, udp } th dport"
fault_drop() { rule "$3" "$EITHER $1 drop"; }                             # drop PORT at WHERE: no answer at all
fault_drop_to() { rule "$4" "ip daddr $2 tcp dport $1 drop"; } # PORT ADDRESS at WHERE: a list of permitted servers
fault_reset_to() { rule "$4" "ip daddr $2 tcp dport $1 reject with tcp reset"; }
fault_only() { rule "$3" "iifname lan meta l4proto tcp th dport != { $1 } drop"; } # PORTS at WHERE: all others are shut
fault_drop6() { rule "$3" "meta nfproto ipv6 tcp dport $1 drop"; }      # the same for IPv6 alone
fault_reject() { rule "$3" "$EITHER $1 reject"; }                         # ICMP port unreachable, nft's default
fault_prohibit() { rule "$3" "$EITHER $1 reject with icmpx admin-prohibited"; }
fault_reset() { rule "$3" "tcp dport $1 reject with tcp reset"; }
fault_deny() { # PORT: this machine's policy; connect() itself fails (EACCES)
    ip -n mt-client rule add ipproto tcp dport "$1" prohibit
    ip -n mt-client -6 rule add ipproto tcp dport "$1" prohibit
}
fault_lose() { rule "$3" "iifname lan numgen random mod 100 < $1 drop"; } # PERCENT of what the client sends
fault_narrow() { # packets over 1280 bytes vanish on the line to the ISP, and nobody says so
    ip -n mt-isp link set line mtu 1280
    ip -n mt-router link set wan mtu 1280
    chain isp "type filter hook output priority 0" "icmp code 4 drop"
    chain router "type filter hook output priority 0" "icmp code 4 drop"
}
fault_intercept() { # PORT at router: a stranger answers for every server
    serve router python3 "$HERE/other_servers.py" relay "$STATE/tls/relay.pem"
    redirect "$1"
}
fault_scanner() { # a box with a certificate of its own, of its own issuer, for every name, on every port that encrypts
    serve router python3 "$HERE/other_servers.py" scanner "$STATE/tls/scanner.pem"
    redirect 465
    redirect 587
    redirect 443
}
fault_mail_proxy() { # PORTS: a box that takes mail for every server, and does not encrypt
    serve router python3 "$HERE/other_servers.py" mail-proxy
    until_true listens router 2525
    chain router "type nat hook prerouting priority -100" "iifname lan tcp dport { $1 } redirect to :2525"
}
fault_login_alone() { # a server that refuses AUTH PLAIN as such and takes LOGIN
    serve provider python3 "$HERE/other_servers.py" login-alone "$STATE/tls/mail.pem"
    until_true listens provider 5870
    chain provider "type nat hook prerouting priority -100" "tcp dport 587 redirect to :5870"
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
fault_vpn() { # [NETWORK]: everything, or what goes to that network, leaves through an interface that is named as a VPN's
    cable client tun0 elsewhere clients
    plug client tun0 10.8.0.2/24
    plug elsewhere clients 10.8.0.1/24
    ns elsewhere sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0
    chain elsewhere "type nat hook postrouting priority 100" "ip saddr 10.8.0.0/24 oifname eth0 masquerade"
    if [[ ${1:-} ]]; then
        route client "$1" via 10.8.0.1
    else
        ip -n mt-client route replace default via 10.8.0.1
    fi
}
fault_public() { # ADDRESS: the client sends from a public address of its own, as a rented machine does
    ip -n mt-client addr add "$1/32" dev eth0
    ip -n mt-client route replace default via $LAN4.1 src "$1"
    route router "$1" dev lan
    route isp "$1" via $WAN4.130
}
fault_in_the_house() { # the server's name has the router's public address, which from inside leads nowhere
    chain router "type nat hook postrouting priority 100" "oifname wan masquerade"
    chain router "type nat hook prerouting priority -100" "iifname wan tcp dport { 25, 465, 587 } dnat ip to $MAIL4.5"
    everywhere mail.example.test A $WAN4.130
}
fault_web_proxy() { # the server's name leads to a content delivery network
    ip -n mt-elsewhere addr add $WAN4.30/26 dev eth0
    chain elsewhere "type filter hook input priority 0" "ip daddr $WAN4.30 tcp dport != { 80, 443 } drop"
    serve elsewhere python3 "$HERE/other_servers.py" web-proxy $WAN4.30 "$STATE/tls/ref-a.pem"
    until_true ns elsewhere sh -c "ss -Hltn 'src $WAN4.30 and sport = :443' | grep -q ."
    everywhere mail.example.test A $WAN4.30
}
fault_smtp_block() { # a shared host leads its users' mail to the mail server that runs there
    local name=server12.hosting.test
    UTS=(unshare --uts sh -c 'hostname "$0"; exec "$@"' $name)
    serve client python3 "$HERE/other_servers.py" own $name "$STATE/tls/relay.pem"
    until_true listens client 465
    chain client "type nat hook output priority -100" "meta skuid != 0 tcp dport { 25, 465, 587 } redirect"
}
fault_gateway() { # PORT: a program on the client passes every connection on to the server
    serve client python3 "$HERE/other_servers.py" pass "$1" $MAIL4.5
    until_true listens client "$1"
}
fault_door() { # PORT: the server takes mail there too
    chain provider "type nat hook prerouting priority -100" "ip daddr $MAIL4.5 tcp dport $1 redirect to :587"
}
fault_stop() { # SERVER: the host stays, and refuses
    kill "$(tr -d ' ' <"$STATE/postfix/queue/pid/master.pid")"
    while listens provider 587; do sleep 0.05; done
}
fault_down() { # NAME: an address is gone, and has been for long; the last router before it says so after 3 s
    ip -n mt-isp neigh flush all
    ! grep -q "^$1\$" "$STATE/gone" 2>/dev/null || return 0
    echo "$1" >>"$STATE/gone"
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
fault_dns() { dns_again router "$LAN4.1 $LAN6::1" "$@"; } # NAME TYPE VALUE: the client's own resolver says something else
fault_search() { # DOMAIN ADDRESS: a search domain in which every name exists
    echo "search $1" >>/etc/netns/mt-client/resolv.conf
    MORE_ZONES=("$1. redirect")
    dns_again router "$LAN4.1 $LAN6::1" "$1" A "$2"
}
fault_hijack() { # ADDRESS: the client's own resolver gives it to every name that does not exist
    local name zones=(". redirect" "test. nodefault")
    for name in $(zone | cut -d ' ' -f 1 | grep -v 'example\.test'); do zones+=("$name transparent"); done
    MORE_ZONES=("${zones[@]}")
    dns_again router "$LAN4.1 $LAN6::1" "" A "$1"
}
fault_truncated() { # every answer by UDP is cut short (RFC 1035 section 4.1.1, TC): the client has to ask by TCP
    serve router python3 "$HERE/other_servers.py" truncate
    until_true ns router sh -c 'ss -Hlun "sport = :5353" | grep -q .'
    chain router "type nat hook prerouting priority -100" "iifname lan udp dport 53 redirect to :5353"
}
fault_resolver_says() { # WORD at WHERE: nxdomain, servfail, nodata or one address for every name; at the router for every resolver
    serve router python3 "$HERE/other_servers.py" resolver "$1"
    until_true ns router sh -c 'ss -Hlun "sport = :5353" | grep -q .'
    local whom="ip daddr $LAN4.1"
    [[ $3 != router ]] || whom=
    chain router "type nat hook prerouting priority -100" "iifname lan $whom udp dport 53 redirect to :5353"
    chain router "type nat hook prerouting priority -100" "iifname lan $whom tcp dport 53 redirect to :5353"
}
fault_line() { # MILLISECONDS HOPS: the router's way out is long
    serve router python3 "$HERE/long_line.py" line-out "$1" "$2"
    until_true ip -n mt-router link show line-out
    ip -n mt-router link set line-out up
    ns router sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.line-out.rp_filter=0
    ip -n mt-router rule add iif lan lookup 100
    ip -n mt-router route add default dev line-out table 100
}
fault_ipv6() { everywhere mail.example.test AAAA $MAIL6::5; } # the server has an IPv6 address too
everywhere() { # NAME TYPE VALUE: all resolvers say so
    dns_again router "$LAN4.1 $LAN6::1" "$@"
    dns_again elsewhere $WAN4.53 "$@"
}
dns_again() {
    kill "${RESOLVER[$1]}"
    wait "${RESOLVER[$1]}" || true
    dns_up "$1" "$2" "$3. ${*:4}"
    until_true ns client dig +short +time=1 +tries=1 "@${2%% *}" "${3:-.}" "$4"
}
# Nobody has connected to Postfix yet: an smtpd reads what is here when the first one does.
fault_certificate() { ln -sf "$1.pem" "$STATE/tls/mail.pem"; }
fault_weak() { # WHAT: a server with TLS 1.2 whose dh, key, signature, signatures or suites are too weak
    local kind=$1
    cd "$STATE/tls"
    case $kind in
    key) KEYS=rsa BITS=1024 issue weak mail.example.test root "-30 days" "+60 days" ;;
    signature) KEYS=rsa DIGEST=sha1 issue weak mail.example.test root "-30 days" "+60 days" ;;
    *) KEYS=rsa issue weak mail.example.test root "-30 days" "+60 days" ;;
    esac
    [[ $kind != dh ]] || openssl dhparam -dsaparam -out dh.pem 1024 2>>"$STATE/log/openssl"
    # Python cannot choose the signature algorithms; OpenSSL's own configuration can.
    printf 'openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n' >weak.cnf
    [[ $kind != signatures ]] || echo 'SignatureAlgorithms = RSA+SHA1' >>weak.cnf
    cd - >/dev/null
    serve provider env OPENSSL_CONF="$STATE/tls/weak.cnf" python3 "$HERE/other_servers.py" weak "$kind" "$STATE/tls/weak.pem"
    until_true listens provider 2588
    chain provider "type nat hook prerouting priority -100" "tcp dport 587 redirect to :2588"
}
# The authority is on the system's list, not only given to the tool; no list at all
fault_installed_root() { PREFIX=(SSL_CERT_FILE="$STATE/tls/ca.pem") CA_FILE=(); }
fault_no_roots() { PREFIX=(SSL_CERT_FILE=/nonexistent SSL_CERT_DIR=/nonexistent) CA_FILE=(); }
fault_postfix() { # KEY=VALUE …
    postconf -c "$STATE/postfix/conf" "$@"
    settled
}
fault_postscreen() { # 587 greets in parts: "220-" at once, the rest six seconds later, as for every client that is new to it
    local conf=$STATE/postfix/conf was
    was=$(postconf -c "$conf" -M submission/inet)
    postconf -c "$conf" -M "smtpd/pass=smtpd pass - - n - - ${was#*inet*n*-*n*-*-}" \
        "submission/inet=submission inet n - n - 1 postscreen"
    fault_postfix postscreen_cache_map= postscreen_access_list=
    ns provider postfix -c "$conf" reload </dev/null >>"$STATE/log/provider" 2>&1
    until_true listens provider 587
}
fault_turn_away() { # PORTS: the server says in plain words that it has no service there, and hangs up
    listens provider 2421 || serve provider python3 "$HERE/other_servers.py" turn-away
    until_true listens provider 2421
    chain provider "type nat hook prerouting priority -100" "tcp dport { $1 } redirect to :2421"
}
fault_mechanisms() { # MECHANISM…: what Dovecot offers
    MECHANISMS=$*
    local pid
    pid=$(<"$STATE/dovecot/run/master.pid")
    kill "$pid"
    until_true test ! -e "/proc/$pid"
    rm -f "$STATE/postfix/queue/private/auth"
    dovecot_up
}
fault_token() { # TOKEN in place of the password; the endpoint knows ya29.right
    TYPED=$1 SECRET=--token-stdin
    serve provider python3 "$HERE/other_servers.py" introspect "$ADDRESS"
    until_true listens provider 8081
}
fault_references() { REFERENCES=("$@"); }
fault_descriptors() { PREFIX=(prlimit "--nofile=$1"); } # how many files and connections the tool may have open
fault_password() { TYPED=$*; }
fault_clock() { PREFIX=(FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "$1"); }

