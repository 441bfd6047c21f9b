# The servers of the test bed. Sourced by world.sh, whose names it uses; each *_up starts one and returns at once.
# shellcheck shell=bash disable=SC2154

# dns_up SPACE ADDRESSES RECORD…: the zone; each RECORD replaces the zone's own of that name and type
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
    $([[ " ${MORE_ZONES[*]:-} " == *" . redirect "* ]] || echo 'local-zone: "." static')
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
        # "-" in place of a value: no such record.
        for record in "${extra[@]}"; do [[ $record == *" -" ]] || echo "    local-data: '$record'"; done
        for record in "${MORE_ZONES[@]}"; do echo "    local-zone: \"${record% *}\" ${record#* }"; done
        further_zones
        printf 'forward-zone:\n    name: "servfail.test."\n    forward-addr: 127.0.0.1@5999\n'
        printf 'remote-control:\n    control-enable: no\n'
    } >"$STATE/unbound-$space.conf"
    serve "$space" unbound -d -p -c "$STATE/unbound-$space.conf"
    RESOLVER[$space]=$!
}
declare -A RESOLVER # its process, in each space
MORE_ZONES=()       # "NAME TYPE" of further local zones of unbound
further_zones() { :; } # lines of unbound's configuration for what else a test bed has: it makes this function anew
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
portal.test. A $LAN4.1
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
    issue full-chain mail.example.test middle "-30 days" "+60 days"
    issue relay gateway.hotel.test "" "-30 days" "+60 days"
    issue inspector "Company inspection" "" "-5 years" "+5 years"
    issue scanner "mail.example.test,DNS:ref-a.test,DNS:ref-b.test" inspector "-30 days" "+60 days"
    issue ref-a ref-a.test root "-30 days" "+60 days"
    issue ref-b ref-b.test root "-30 days" "+60 days"
    cp root.crt ca.pem
    chmod 644 ca.pem
    cd - >/dev/null
}
issue() { # FILE NAME ISSUER (empty: itself) FROM TO → FILE.pem: key and certificate
    local by=(-selfsign -keyfile "$1.key") kind=leaf
    [[ -z $3 ]] || by=(-keyfile "$3.key" -cert "$3.crt")
    [[ $1 != root && $1 != middle && $1 != inspector ]] || kind=root
    stamp() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
    {
        if [[ ${KEYS:-ec} == rsa ]]; then openssl genrsa -traditional -out "$1.key" "${BITS:-2048}"; else openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; fi
        NAME=$2 openssl req -new -config openssl.cnf -key "$1.key" -subj "/CN=${2%%,*}" -out "$1.csr"
        NAME=$2 openssl ca -batch -notext -config openssl.cnf -md "${DIGEST:-sha256}" -extensions $kind -in "$1.csr" -out "$1.crt" \
            -startdate "$(stamp "$4")" -enddate "$(stamp "$5")" "${by[@]}"
    } >>"$STATE/log/openssl" 2>&1 || die "openssl: see $STATE/log/openssl"
    cat "$1.key" "$1.crt" >"$1.pem"
    # As public issuers send it: with the certificates above it, too large for one small packet.
    [[ $1 != full-chain ]] || cat middle.crt root.crt >>"$1.pem"
}

# Postfix's own services, which no client sees.
POSTFIX_INSIDE='pickup    unix    n - n 60 1  pickup
cleanup   unix    n - n - 0   cleanup
qmgr      unix    n - n 300 1 qmgr
tlsmgr    unix    - - n 1000? 1 tlsmgr
proxymap  unix    - - n - -   proxymap
rewrite   unix    - - n - -   trivial-rewrite
bounce    unix    - - n - 0   bounce
defer     unix    - - n - 0   bounce
anvil     unix    - - n - 1   anvil
discard   unix    - - n - -   discard
postlog   unix-dgram n - n - 1 postlogd'

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
submission_discard_ehlo_keywords =
smtpd_sender_login_maps = inline:{ $ADDRESS=$ADDRESS }
CONF
    local submission="  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes
  -o smtpd_recipient_restrictions=reject_sender_login_mismatch,permit_sasl_authenticated,reject_unlisted_recipient,reject
  -o smtpd_reject_unlisted_recipient=yes"
    cat >"$dir/conf/master.cf" <<CONF
smtp        inet  n - n - -   smtpd
submission  inet  n - n - -   smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_discard_ehlo_keywords=\$submission_discard_ehlo_keywords
$submission
submissions inet  n - n - -   smtpd
  -o smtpd_tls_wrappermode=yes
$submission
$POSTFIX_INSIDE
CONF
    settled
    ns provider postfix -c "$dir/conf" start </dev/null >>"$STATE/log/provider" 2>&1 || die "Postfix does not start: see $STATE/log"
}

# Postfix waits until a file that has just been changed is two seconds old.
settled() { touch -d '-1 minute' "$STATE/postfix/conf/main.cf"; }

# Who knows the tokens, if tokens are accepted: Dovecot asks an endpoint (RFC 7662) about each.
oauth_conf() {
    [[ ${MECHANISMS:-} == *oauth* ]] || return 0
    cat >"$STATE/dovecot/oauth2.conf" <<CONF
introspection_url = http://127.0.0.1:8081/introspect?token=
introspection_mode = get
username_attribute = email
active_attribute = active
active_value = true
scope = smtp
CONF
    printf 'passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = %s/dovecot/oauth2.conf\n}\n' "$STATE"
}

dovecot_up() { # who knows the passwords; Postfix asks it over a socket in its queue directory
    mkdir -p "$STATE/dovecot"
    printf '%s:{PLAIN}%s\n' "$ADDRESS" "$PASSWORD" >"$STATE/dovecot/users"
    cat >"$STATE/dovecot/dovecot.conf" <<CONF
base_dir = $STATE/dovecot/run
log_path = $STATE/log/dovecot
protocols =
ssl = no
auth_mechanisms = ${MECHANISMS:-plain login}
passdb {
  driver = passwd-file
  args = $STATE/dovecot/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
$(oauth_conf)
service auth {
  unix_listener $STATE/postfix/queue/private/auth {
    mode = 0600
    user = postfix
  }
}
CONF
    chown -R root:dovecot "$STATE/dovecot" && chmod 640 "$STATE/dovecot/users"
    serve provider dovecot -F -c "$STATE/dovecot/dovecot.conf"
    # Postfix waits ten seconds for it and then hangs up on whoever has just been encrypted: a fault of its own.
    until_true log_in_service_answers
}

log_in_service_answers() { # it speaks first
    timeout 1 python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
sys.exit(not s.recv(7) == b"VERSION")' "$STATE/postfix/queue/private/auth"
}

