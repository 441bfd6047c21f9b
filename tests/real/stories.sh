# What goes wrong in people's stories (stories.tsv): more words for the column "faults". Sourced by world.sh, whose names
# it uses; the words that several tables need are in faults.sh.
# shellcheck shell=bash disable=SC2154,SC2034

STORY=(python3 "$HERE/story_servers.py")

# story WORD [PORTS] [CERTIFICATE]: in place of Postfix at these ports, a server that behaves so: see SERVERS there
fault_story() {
    local port to
    serve provider "${STORY[@]}" server "$1" "$STATE/tls/${3:-good}.pem"
    until_true listens provider 7465
    for port in $(tr , ' ' <<<"${2:-25,465,587}"); do
        case $port in 25) to=7025 ;; 465 | 993 | 995) to=7465 ;; *) to=7587 ;; esac
        chain provider "type nat hook prerouting priority -100" "tcp dport $port redirect to :$to"
    done
}
# box WORD PORTS at WHERE: something on the way, or on the client itself, that meddles with connections to all servers
fault_box() {
    local certificate=$STATE/tls/inspected.pem
    [[ $1 != inspect ]] || (cd "$STATE/tls" && issue inspected mail.example.test inspector "-30 days" "+60 days")
    serve "$4" "${STORY[@]}" box "$1" "$certificate"
    until_true listens "$4" 7000
    if [[ $4 == client ]]; then
        chain client "type nat hook output priority -100" "meta skuid != 0 tcp dport { $2 } redirect to :7000"
    else
        chain router "type nat hook prerouting priority -100" "iifname lan tcp dport { $2 } redirect to :7000"
    fi
}
fault_filtered() { # WORD at WHERE: DNS that has its own answer for the mail server's name; at the router, for every resolver
    serve router "${STORY[@]}" dns "$1" $WAN4.53
    until_true ns router sh -c 'ss -Hlun "sport = :5354" | grep -q .'
    local whom="ip daddr $LAN4.1"
    [[ $3 != router ]] || whom=
    chain router "type nat hook prerouting priority -100" "iifname lan $whom udp dport 53 redirect to :5354"
}
fault_names() { # "NAME TYPE VALUE" several of them, joined by " | ": all resolvers say so
    local records=() record all="$*"
    while read -r record; do records+=("${record%% *}. ${record#* }"); done <<<"${all// | /$'\n'}"
    local space addresses
    for space in router elsewhere; do
        addresses="$LAN4.1 $LAN6::1"
        [[ $space == router ]] || addresses=$WAN4.53
        kill "${RESOLVER[$space]}"
        wait "${RESOLVER[$space]}" || true
        dns_up $space "$addresses" "${records[@]}"
        until_true ns client dig +short +time=1 +tries=1 "@${addresses%% *}" example.test MX
    done
}
fault_large() { # BYTES PORTS at router: packets above this size vanish, if they go to these ports
    rule router "iifname lan tcp dport { $2 } meta length > $1 drop"
}
fault_narrow6() { # IPv6 goes through a tunnel: packets over 1280 bytes vanish there, and nobody says so
    chain isp "type filter hook forward priority 0" "meta nfproto ipv6 oifname line meta length > 1280 drop"
}
fault_refuse6() { # PORT at provider: the server listens there on IPv4 alone
    rule "$3" "meta nfproto ipv6 tcp dport { $1 } reject with tcp reset"
}
fault_drop4() { rule "$3" "meta nfproto ipv4 tcp dport { $1 } drop"; } # PORTS at WHERE: the same for IPv4 alone
fault_no_ipv6() { # nor a way out over it
    ip -n mt-client -6 addr flush dev eth0 scope global
    ip -n mt-client -6 route flush default 2>/dev/null || true
}
fault_nat64() { # an IPv6-only network whose resolver makes up addresses (DNS64), and whose gateway translates them
    local prefix=64:ff9b::
    ip -n mt-provider -6 addr add ${prefix}cb00:7105/128 dev eth0
    ip -n mt-isp -6 route add ${prefix}/96 via $MAIL6::5
    ip -n mt-router -6 route add ${prefix}/96 via $WAN6::1
    fault_names "mail.example.test AAAA ${prefix}cb00:7105 | mail.example.test A $MAIL4.5"
    ip -n mt-client -4 addr flush dev eth0
    echo "nameserver $LAN6::1" >/etc/netns/mt-client/resolv.conf
}
fault_second() { # "gone", "refuses" or a certificate: the server's name has a second address, which is no good
    local at=$MAIL4.66
    case $1 in
    gone) ;;
    refuses) at=$MAIL4.6 && rule provider "ip daddr $at tcp dport { 25, 465, 587 } reject with tcp reset" ;;
    *)
        at=$MAIL4.6
        serve provider "${STORY[@]}" server name-needed "$STATE/tls/$1.pem"
        until_true listens provider 7465
        chain provider "type nat hook prerouting priority -100" "ip daddr $at tcp dport 587 redirect to :7587"
        chain provider "type nat hook prerouting priority -100" "ip daddr $at tcp dport 465 redirect to :7465"
        ;;
    esac
    fault_names "mail.example.test A $MAIL4.5 | mail.example.test A $at"
}
fault_at_most() { # N at router: no more connections than this at a time from one computer
    chain router "type filter hook forward priority 0" "iifname lan tcp flags syn ct count over $1 drop"
}
fault_bans() { # what is in this set is shut out; who connects to PORTS gets into it
    printf 'table inet story {\nset banned {\ntype ipv4_addr\nflags dynamic\n}\nchain ban {\ntype filter hook input priority -10\n%s\nip saddr @banned drop\n}\n}\n' \
        "${1:+tcp dport { $1 \} add @banned { ip saddr \}}" | ns provider nft -f -
}
fault_web_there() { # the server has a website too
    serve provider "${STORY[@]}" web $MAIL4.5 "$STATE/tls/good.pem"
    until_true listens provider 443
}
fault_web_only() { # the domain's own name leads to a website
    ip -n mt-elsewhere addr add $WAN4.40/26 dev eth0
    chain elsewhere "type filter hook input priority 0" "ip daddr $WAN4.40 tcp dport != { 80, 443 } reject with tcp reset"
    serve elsewhere "${STORY[@]}" web $WAN4.40 "$STATE/tls/ref-a.pem"
    fault_names "example.test A $WAN4.40"
}
fault_parked() { # NAME: it is parked, at a machine that takes any mail on port 25
    ip -n mt-elsewhere addr add $WAN4.41/26 dev eth0
    serve elsewhere "${STORY[@]}" server parked "$STATE/tls/other-name.pem"
    until_true listens elsewhere 7025
    chain elsewhere "type nat hook prerouting priority -100" "ip daddr $WAN4.41 tcp dport { 25, 587 } redirect to :7025"
    chain elsewhere "type filter hook input priority 0" "ip daddr $WAN4.41 tcp dport { 465, 443 } drop"
    fault_names "$1 A $WAN4.41"
}
fault_reset_data() { # PORT at router: who connects may, and is reset at the first word
    rule "$3" "iifname lan tcp dport $1 tcp flags & psh == psh reject with tcp reset"
}
fault_second_mute() { # the server's name has a second address, at which port 587 accepts and says nothing
    serve provider "${STORY[@]}" server mute "$STATE/tls/good.pem"
    until_true listens provider 7465
    chain provider "type nat hook prerouting priority -100" "ip daddr $MAIL4.6 tcp dport 587 redirect to :7587"
    fault_names "mail.example.test A $MAIL4.5 | mail.example.test A $MAIL4.6"
}
fault_no_ipv4_of_server() { # the server has an IPv6 address alone, and this network has none
    fault_names "mail.example.test A - | mail.example.test AAAA $MAIL6::5"
    fault_no_ipv6
}
fault_dovecot_gone() { # who knows the passwords is not there
    kill "$(<"$STATE/dovecot/run/master.pid")"
    rm -f "$STATE/postfix/queue/private/auth"
}
fault_swapped() { # 587 encrypts from the start, 465 by STARTTLS
    chain provider "type nat hook prerouting priority -100" "tcp dport 587 redirect to :465"
    chain provider "type nat hook prerouting priority -100" "tcp dport 465 redirect to :587"
}
fault_dead_first_resolver() { # a VPN has put its own resolver first, and is not there
    printf 'nameserver 10.8.0.53\nnameserver %s\n' "$LAN4.1" >/etc/netns/mt-client/resolv.conf
}
fault_other_relay() { # PORT: the internet provider leads it to a relay of its own, with a sound certificate
    (cd "$STATE/tls" && issue isp smtp.isp.test root "-30 days" "+60 days")
    serve router python3 "$HERE/other_servers.py" relay "$STATE/tls/isp.pem"
    until_true listens router 587
    chain router "type nat hook prerouting priority -100" "iifname lan tcp dport $1 redirect to :587"
}
fault_unpaid() { # the line is suspended: a page on 80, and everything else is refused
    serve router python3 "$HERE/other_servers.py" portal
    redirect 80
    rule router "iifname lan reject with icmpx admin-prohibited"
}
fault_rate() { # KBIT: the router's way out is full
    ip netns exec mt-router tc qdisc add dev wan root tbf rate "$1kbit" burst 4kb latency 800ms
}
