# Outlook's way to Exchange: Microsoft's servers and a company's own, and what can be broken there, for the rows of
# exchange.tsv. Sourced by world.sh, whose names it uses.
# shellcheck shell=bash disable=SC2154,SC2034

# contoso.test is at Microsoft 365, fabrikam.test has an Exchange server of its own. Their names are not local data, but a
# zone, because unbound follows an alias in zones alone.
RECORDS=()
further_zones() {
    ((${#RECORDS[@]})) || return 0
    local domain
    {
        echo ". 60 IN SOA ns.test. nobody.test. 1 3600 900 86400 60"
        echo ". 60 IN NS ns.test."
        for record in "${RECORDS[@]}"; do echo "${record/ / 60 IN }"; done
    } >"$STATE/further.zone"
    for domain in contoso.test fabrikam.test workspace.test mx.microsoft outlook.com office365.com microsoftonline.com google.com gmail.com; do
        echo "    local-zone: \"$domain.\" transparent"
    done
    printf 'auth-zone:\n    name: "."\n    zonefile: "%s"\n    for-upstream: yes\n    for-downstream: yes\n' "$STATE/further.zone"
}
publish() { # RECORD…: "NAME. TYPE VALUE"
    RECORDS+=("$@")
    resolvers_again
}
resolvers_again() { # ZONE…: further local zones of the client's own resolver
    resolver_again elsewhere $WAN4.53
    MORE_ZONES+=("$@")
    resolver_again router "$LAN4.1 $LAN6::1"
}
resolver_again() { # SPACE ADDRESSES
    kill "${RESOLVER[$1]}"
    wait "${RESOLVER[$1]}" || true
    dns_up "$1" "$2"
    until_true ns client dig +short +time=1 +tries=1 "@${2%% *}" ref-a.test
}
fault_record() { # NAME TYPE VALUE: in place of whatever the name has otherwise; TYPE "none": it has nothing
    local record kept=()
    for record in "${RECORDS[@]}"; do [[ $record == "$1. "* ]] || kept+=("$record"); done
    RECORDS=("${kept[@]}")
    [[ $2 != none ]] || { resolvers_again; return; }
    publish "$1. ${*:2}"
}
fault_blocked_name() { # NAME WORD: the client's own resolver says always_nxdomain, always_refuse, always_null (0.0.0.0) …
    resolvers_again "$1. $2"
}
fault_name_leads_to() { # NAME ADDRESS: the client's own resolver sends it elsewhere
    MORE_ZONES+=("$1. redirect")
    dns_again router "$LAN4.1 $LAN6::1" "$1" A "$2"
}

# web_at SPACE ADDRESS CHAIN ROLE [OPTION…]: a row of ROLES in exchange_servers.py
web_at() {
    local interface=eth0
    [[ $1 != router ]] || interface=lan
    ip -n "mt-$1" addr add "$2/32" dev $interface
    serve "$1" python3 "$HERE/exchange_servers.py" web "${@:2}"
    until_true ns "$1" sh -c "ss -Hltn 'src $2 and sport = :80' | grep -q ."
}
certified() { (cd "$STATE/tls" && issue "$@"); }

MICROSOFT=outlook.office365.com,DNS:autodiscover.outlook.com,DNS:autodiscover-s.outlook.com,DNS:login.microsoftonline.com
fault_tenant() { # [ROLE OF OUTLOOK.OFFICE365.COM [OPTION…]]: anna@contoso.test has a mailbox at Microsoft 365
    ADDRESS=anna@contoso.test SECRET=
    [[ -e $STATE/tls/microsoft.pem ]] || certified microsoft "$MICROSOFT" root "-30 days" "+60 days"
    certified website contoso.test root "-30 days" "+60 days"
    web_at elsewhere $WAN4.40 "$STATE/tls/microsoft.pem" "${1:-microsoft}" "${@:2}"
    web_at elsewhere $WAN4.41 "$STATE/tls/microsoft.pem" sign-in "${@:2}"
    web_at provider $MAIL4.90 "$STATE/tls/website.pem" "${WEBSITE:-website}"
    publish "contoso.test. A $MAIL4.90" "contoso.test. MX 10 contoso-test.mail.protection.outlook.com." \
        "autodiscover.contoso.test. CNAME autodiscover.outlook.com." \
        "autodiscover.outlook.com. A $WAN4.40" "autodiscover-s.outlook.com. A $WAN4.40" \
        "outlook.office365.com. A $WAN4.40" "login.microsoftonline.com. A $WAN4.41" \
        "contoso-test.mail.protection.outlook.com. A $WAN4.42"
}
fault_post() { # NAME PORT ROLE [DOMAIN]: a mail server of Microsoft's or Google's; a row of POST in exchange_servers.py
    certified post "$1" root "-30 days" "+60 days"
    ip -n mt-elsewhere addr add $WAN4.43/32 dev eth0
    serve elsewhere python3 "$HERE/exchange_servers.py" post $WAN4.43 "$STATE/tls/post.pem" "$2" "$3" "$1" "${4:-contoso.test}"
    until_true ns elsewhere sh -c "ss -Hltn 'src $WAN4.43 and sport = :$2' | grep -q ."
    fault_record "$1" A $WAN4.43
}
fault_log_in() { SECRET=--password-stdin TYPED=$1; } # PASSWORD, after the tenant
fault_says() { SAID=(--error "$*"); } # TEXT: what the device's log shows
fault_workspace() { # anna@workspace.test is at Google
    ADDRESS=anna@workspace.test SECRET=
    publish "workspace.test. MX 1 aspmx.l.google.com."
}
fault_website() { WEBSITE=$1; } # ROLE, before the tenant: what answers at https://contoso.test
fault_autodiscover() { # ROLE NAME-IN-CERTIFICATE: autodiscover.contoso.test is a server of its own
    certified other "$2" root "-30 days" "+60 days"
    web_at provider $MAIL4.91 "$STATE/tls/other.pem" "$1"
    fault_record autodiscover.contoso.test A $MAIL4.91
}
fault_company() { # ROLE [OPTION…]: anna@fabrikam.test has a mailbox at the company's own Exchange
    ADDRESS=anna@fabrikam.test SECRET=
    [[ -e $STATE/tls/company.pem ]] || certified company "mail.fabrikam.test,DNS:autodiscover.fabrikam.test,DNS:fabrikam.test" root "-30 days" "+60 days"
    web_at provider $MAIL4.96 "$STATE/tls/company.pem" "$@"
    publish "mail.fabrikam.test. A $MAIL4.96" "fabrikam.test. MX 10 mail.fabrikam.test." \
        "autodiscover.fabrikam.test. A $MAIL4.96"
}
fault_company_certificate() { # HOW, before the company: expired, self-signed or other-name
    case $1 in
    expired) certified company "mail.fabrikam.test,DNS:autodiscover.fabrikam.test" root "-90 days" "-3 days" ;;
    self-signed) certified company "mail.fabrikam.test,DNS:autodiscover.fabrikam.test" "" "-30 days" "+60 days" ;;
    other-name) certified company "server.fabrikam.local" root "-30 days" "+60 days" ;;
    esac
}

fault_past_proxy() { # NAME, before the proxy: the servers that are reached without it; to them the way is open
    PREFIX+=("no_proxy=$1")
    PAST="ip daddr != $MAIL4.96"
}
fault_proxy() { # open, refuses, wants-log-in, gone: the proxy that this computer is told to use; only it gets out
    local conf=$STATE/tinyproxy.conf
    PREFIX+=("https_proxy=http://$LAN4.1:3128")
    rule router "iifname lan ${PAST:-} meta l4proto tcp th dport { 80, 443 } drop"
    [[ $1 != gone ]] || return 0
    printf 'Port 3128\nListen %s\nTimeout 20\nConnectPort 443\n' $LAN4.1 >"$conf"
    case $1 in
    refuses)
        echo ref-a.test >"$STATE/allowed"
        printf 'Filter "%s"\nFilterDefaultDeny Yes\n' "$STATE/allowed" >>"$conf"
        ;;
    wants-log-in) echo "BasicAuth anna secret" >>"$conf" ;;
    esac
    serve router tinyproxy -d -c "$conf"
    until_true listens router 3128
}
fault_proxy_script() { # ROLE PROXY: GNOME's settings name a script; ROLE answers there, or "nowhere", "silent"; PROXY as above, or "none"
    local at=$LAN4.251
    if [[ $2 != none ]]; then
        fault_proxy "$2"
        unset 'PREFIX[-1]' # no variable names it
    fi
    case $1 in
    nowhere) ;;
    silent) fault_record pac.fabrikam.test A 100.64.0.9 ;;
    *)
        certified script pac.fabrikam.test root "-30 days" "+60 days"
        web_at router $at "$STATE/tls/script.pem" "$1"
        fault_record pac.fabrikam.test A $at
        ;;
    esac
    mkdir -p "$STATE/desktop/glib-2.0/settings"
    printf "[system/proxy]\nmode='auto'\nautoconfig-url='http://pac.fabrikam.test/proxy.pac'\n" >"$STATE/desktop/glib-2.0/settings/keyfile"
    chmod -R a+rX "$STATE/desktop"
    PREFIX+=(XDG_CURRENT_DESKTOP=GNOME GSETTINGS_BACKEND=keyfile "XDG_CONFIG_HOME=$STATE/desktop")
}
fault_inspect() { # [trusted]: a box opens every web page on its way, with a certificate of its own issuer
    certified opened "$MICROSOFT,DNS:contoso.test,DNS:ref-a.test,DNS:ref-b.test" inspector "-30 days" "+60 days"
    serve router python3 "$HERE/exchange_servers.py" inspect "$STATE/tls/opened.pem"
    redirect 443
    [[ ${1:-} != trusted ]] || {
        cat "$STATE/tls/root.crt" "$STATE/tls/inspector.crt" >"$STATE/tls/ca.pem"
        PREFIX+=("SSL_CERT_FILE=$STATE/tls/ca.pem")
    }
}
fault_block_page() { # at the router, under a certificate of its own
    web_at router $LAN4.250 "$STATE/tls/relay.pem" blocked-page
}
