#!/usr/bin/env bash
# The test bed with real servers: a small internet in network namespaces, in which one thing at a time is broken and
# the tool, run as an ordinary user, has to name it. Needs root and what install.sh installs.
#
#   mt-client ── mt-router ── mt-isp ─┬─ mt-provider    mail.example.test: Postfix and Dovecot
#   the caller   resolver             └─ mt-elsewhere   ref-a.test, ref-b.test, another resolver
#
# The namespaces are joined by veth pairs among themselves only: nothing sent in here can reach the machine's own network.
# Every scenario gets a new world, so that no fault has to be undone and nothing is remembered (ICMP rate limits, Postfix's
# counts of connections, DNS caches). Several runs at a time do not disturb each other: see in_mounts_of_its_own.
# shellcheck disable=SC2317,SC2086 # functions are called by their names in the table; constants contain no spaces
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TARGET=${CARGO_TARGET_DIR:-$HERE/../../target} # where cargo builds: here, or beside the checkout
[[ -d $TARGET ]] || TARGET=$HERE/../../../target
MAILTRIAGE=${MAILTRIAGE:-$TARGET/debug/mailtriage}
STATE=${MT_STATE:-/run/mailtriage-world} # beside /run's other sockets: Postfix's user must be able to walk there
RESULTS=${MT_RESULTS:-$STATE-results}    # each scenario's report and log, kept after the run
SPACES=(client router isp provider elsewhere)
LAN4=192.168.77 LAN6=2001:db8:77
WAN4=198.51.100 WAN6=2001:db8:100
MAIL4=203.0.113 MAIL6=2001:db8:113
ELSE6=2001:db8:51 # its IPv4 addresses are 198.51.100.0/26; the ISP's line to the router is 198.51.100.128/30
ADDRESS=anna@example.test
PASSWORD='correct horse'
DIFFERS=10 # a scenario was tried, and came out otherwise than its row says

usage() {
    cat <<'USAGE'
world.sh up | down            make the world and leave it standing; take it away
world.sh run SCENARIO …       new world, break it, run the tool, compare
world.sh all [SCENARIO …]     the same in two worlds at a time: every scenario of scenarios.tsv, or these
world.sh exchange [SCENARIO …], stories [SCENARIO …]  the same in four worlds at a time, of exchange.tsv or stories.tsv
world.sh verify [SCENARIO …]  the same without the tool: is it broken in the way the table says? (nc, dig, openssl, swaks)
world.sh break SCENARIO       new world with the scenario's faults, left standing
world.sh as-client COMMAND …  a command on the client, as the ordinary user that the tool runs as
world.sh repeat N SCENARIO    one world, N runs of the tool: how often which cause
world.sh secrets              the password is in no argument, environment, file, output or journal
world.sh moved                a case in the dashboard goes on after the computer has changed its network
world.sh race [DELAY …]       this tool beside dig, nc, openssl, swaks, sslscan, testssl.sh, nmap, sslyze at 0, 20, 200, 600 ms
world.sh list                 the scenarios

Environment: MAILTRIAGE (the program), MT_RESULTS (where reports go), MT_STATE,
MT_ALSO (one more fault for every scenario, such as "down ref-a"), MT_DETAIL (how much a run waits
for: --full unless set; --fast, or empty for what is usual).
USAGE
}

die() { echo "world: $*" >&2; exit 3; }
ns() { ip netns exec "mt-$1" "${@:2}" 9>&-; }                  # 9: the lock, not to be inherited by servers
serve() { ip netns exec "mt-$1" "${@:2}" </dev/null >>"$STATE/log/$1" 2>&1 9>&- & } # in the background; down ends it
until_true() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; die "waited in vain: $*"; }
listens() { ns "$1" ss -Hltn "sport = :$2" | grep -q .; }

# The tool gets no rights, no groups, no home and nothing of our environment.
UTS=() # a command as root that gives the tool's machine another name
as_user() { ns client "${UTS[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -i -C / PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"; }

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

# shellcheck source=servers.sh
source "$HERE/servers.sh"
# shellcheck source=faults.sh
source "$HERE/faults.sh"
# shellcheck source=exchange.sh
source "$HERE/exchange.sh"
# shellcheck source=stories.sh
source "$HERE/stories.sh"
# shellcheck source=race.sh
source "$HERE/race.sh"

# --- up and down -----------------------------------------------------------------------------------------------------

up() {
    down
    [[ ! -S /run/nscd/socket ]] || die "nscd runs here: it would answer the client's look-ups from the machine's own network"
    mkdir -p /run/netns
    for space in "${SPACES[@]}"; do [[ ! -e /run/netns/mt-$space ]] || die "namespace mt-$space exists and is not mine"; done
    mkdir -m 755 "$STATE" # fails where there is something; from the mark on it is ours, and down takes it away
    touch "$STATE/made-by-world.sh"
    mkdir -m 1777 "$STATE/log"
    network_up
    dns_up router "$LAN4.1 $LAN6::1"
    dns_up elsewhere $WAN4.53
    certificates_up
    ln -sf good.pem "$STATE/tls/mail.pem"
    serve elsewhere python3 "$HERE/other_servers.py" reference ref-a.test $WAN4.10,$ELSE6::10 "$STATE/tls/ref-a.pem"
    serve elsewhere python3 "$HERE/other_servers.py" reference ref-b.test $WAN4.20,$ELSE6::20 "$STATE/tls/ref-b.pem"
    [[ ${WITHOUT_MAIL:-} ]] || { postfix_up; dovecot_up; }
    until_true listens elsewhere 443
    until_true ns client dig +short +time=1 +tries=1 mail.example.test
    until_true ns client dig +short +time=1 +tries=1 @$WAN4.53 mail.example.test
}

down() {
    [[ -e $STATE/made-by-world.sh ]] || return 0
    local space signal pids
    for signal in TERM KILL; do
        mapfile -t pids < <(for space in "${SPACES[@]}"; do [[ ! -e /run/netns/mt-$space ]] || ip netns pids "mt-$space"; done)
        ((${#pids[@]})) || break
        kill -$signal "${pids[@]}" 2>/dev/null || true
        [[ $signal == KILL ]] || sleep 0.1
    done
    wait
    for space in "${SPACES[@]}"; do
        [[ ! -e /run/netns/mt-$space ]] || ip netns del "mt-$space"
        rm -rf "/etc/netns/mt-$space"
    done
    rm -rf "$STATE"
}

# --- scenarios -------------------------------------------------------------------------------------------------------

# rows [TABLE …]: of these tables, or of all
rows() {
    local table
    (($#)) || set -- scenarios exchange stories
    for table in "$@"; do grep -v -e '^#' -e '^$' "$HERE/$table.tsv"; done
}

# prepare NAME: reads its row into the globals below and makes its world
prepare() {
    local fault account faults
    IFS=$'\t' read -r NAME account faults OPTIONS WANT_EXIT WANT_CAUSE WITNESS < <(rows | grep -P "^$1\t") || die "no scenario $1"
    TYPED=$PASSWORD SECRET=--password-stdin PREFIX=() CA_FILE=(--ca-file "$STATE/tls/ca.pem") REFERENCES=(ref-a.test ref-b.test) SETTINGS=() SAID=() PORT_TYPED=${account%/*} SECURITY=${account#*/}
    [[ $account == - ]] || SETTINGS=(--server mail.example.test --port "$PORT_TYPED" --security "$SECURITY")
    [[ $OPTIONS != - ]] || OPTIONS=
    ! grep -q "^$1	" "$HERE/exchange.tsv" || WITHOUT_MAIL=yes # nobody there connects to mail.example.test
    up
    while read -r -a fault; do
        [[ ${fault[0]} != - ]] || continue
        "fault_${fault[0]}" "${fault[@]:1}"
    done < <(printf '%s\n' "${faults//; /$'\n'}" ${MT_ALSO:+"${MT_ALSO//; /$'\n'}"})
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

# check OUT: the tool on the client, its report into OUT
check() {
    local reference compared=()
    for reference in "${REFERENCES[@]}"; do
        compared+=(--reference-host "$reference" --connectivity-url "http://$reference/generate_204")
    done
    # shellcheck disable=SC2086 # OPTIONS is a list of words
    as_user "${PREFIX[@]}" timeout -k 5 90 "$PROGRAM" check $ADDRESS ${MT_DETAIL---full} --format json $SECRET "${CA_FILE[@]}" \
        "${compared[@]}" --resolver $WAN4.53 "${SETTINGS[@]}" "${SAID[@]}" $OPTIONS <<<"$TYPED" >"$1" 2>"${1%.json}.stderr"
}
# The cause and how certain it is said to be, as CAUSE:CERTAINTY.
cause_of() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1]))["diagnosis"]; print(d["cause"], d["certainty"], sep=":")' "$1" 2>/dev/null || echo "(no report)"; }
# What else the report accuses.
also_in() { python3 -c 'import json, sys; print(*["also " + cause for cause in json.load(open(sys.argv[1]))["diagnosis"]["also"]])' "$1" 2>/dev/null; }

run_one() {
    local out=$RESULTS/$1.json code=0 began cause seconds verdict=ok swaks remarks
    prepare "$1"
    began=$(date +%s%N)
    check "$out" || code=$?
    seconds=$((($(date +%s%N) - began) / 10000000))
    cause=$(cause_of "$out")
    [[ "|$WANT_CAUSE|" == *"|$cause|"* || "|$WANT_CAUSE|" == *"|${cause%:*}|"* ]] && [[ "|$WANT_EXIT|" == *"|$code|"* ]] || verdict=FAILED
    remarks=$(also_in "$out" || true)
    # Where a log-in is reached, another program must agree about the same credentials.
    if [[ $WITNESS =~ swaks=(0|28)$ ]]; then
        swaks=$(swaks_says)
        [[ $swaks == "${BASH_REMATCH[1]}" && $((code == 0)) == $((swaks == 0)) ]] || verdict=FAILED
        remarks+=" swaks: $([[ $swaks == 0 ]] && echo accepted || echo "refused ($swaks)"), mailtriage: $cause"
    fi
    [[ $verdict == ok ]] || remarks+=" wanted $WANT_CAUSE/$WANT_EXIT, see $out"
    printf '%-7s %-30s %-28s exit %-3s %6s s  %s\n' "$verdict" "$1" "$cause" "$code" "$((seconds / 100)).$(printf %02d $((seconds % 100)))" "$remarks"
    [[ $verdict == ok ]] || return $DIFFERS
}

# repeat COUNT SCENARIO: one world, many runs; how often which cause
repeat() {
    local run
    mkdir -p "$RESULTS"
    prepare "$2"
    for run in $(seq "$1"); do
        check "$RESULTS/repeat.json" || true
        cause_of "$RESULTS/repeat.json"
    done | sort | uniq -c
}

# What a term of the witness column is about, seen with an ordinary tool.
witness() {
    local subject=${1%=*} name host port at starttls=()
    name=${subject%%:*} port=${subject##*:}
    case $name in
    swaks) swaks_says ;;
    https)
        as_user "${PREFIX[@]}" curl -s -m 5 -o /dev/null --cacert "$STATE/tls/ca.pem" -w '%{http_code}\n' "https://${subject#*:}" |
            grep -v 000 || echo "curl-${PIPESTATUS[0]}" ;;
    dns)
        at=()
        [[ $port != *@* ]] || at=("@${port#*@}")
        as_user dig +time=2 +tries=1 "${at[@]}" "${port%@*}" | awk '
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
    [[ ${#wrong[@]} == 0 ]] || return $DIFFERS
}

# each FUNCTION SCENARIO…: one world and one line each, and the sum
each() {
    local passed=0 failed=0 name code
    mkdir -p "$RESULTS"
    for name in "${@:2}"; do
        # Not "if …": bash would go on after a fault that could not be made. In the background: so a signal is heard at once.
        ("$1" "$name") &
        child=$! code=0
        wait "$child" || code=$?
        case $code in
        0) passed=$((passed + 1)) ;;
        "$DIFFERS") failed=$((failed + 1)) ;;
        *) failed=$((failed + 1)) && echo "FAILED  $name: could not be tried" ;;
        esac
        down
    done
    echo "$passed passed, $failed failed"
    [[ $failed == 0 ]] || exit 1
}

# in_mounts_of_its_own STATE ARGUMENT…: this script once more, where nobody else's namespaces are seen and nobody else
# sees ours, so that those of several runs may have the same names. The empty directories stay: to remove them would take
# away the mounts of a run beside this one.
in_mounts_of_its_own() {
    mkdir -p /run/netns /etc/netns
    MT_ALONE=1 MT_STATE=$1 MT_RESULTS=$RESULTS exec unshare --mount --propagation private bash -c \
        'mount -t tmpfs tmpfs /run/netns && mount -t tmpfs tmpfs /etc/netns && exec bash "$@"' - "${BASH_SOURCE[0]}" "${@:2}"
}

# in_worlds COUNT SCENARIO…: in so many worlds at a time, since a run mostly waits.
in_worlds() {
    local count=$1 part failed=0 parts=() rows_here
    shift
    for part in $(seq 0 $((count - 1))); do
        mapfile -t rows_here < <(printf '%s\n' "$@" | awk -v part="$part" -v count="$count" 'NR % count == part')
        ((${#rows_here[@]})) || continue
        in_mounts_of_its_own "$STATE-$part-$$" run "${rows_here[@]}" &
        parts+=($!)
    done
    trap 'kill "${parts[@]}" 2>/dev/null || true; wait' EXIT
    for part in "${parts[@]}"; do wait "$part" || failed=1; done
    return $failed
}

clean_up() {
    trap '[[ -z ${child:-} ]] || kill "$child" 2>/dev/null || true; down' EXIT
    trap 'exit 130' INT TERM
}

main() {
    [[ $(id -u) == 0 ]] || die "must be root: it makes network namespaces"
    local command=${1:-} names
    shift || true
    case $command in
    as-client | list) ;;
    up | down | break) # what they leave standing is one for all
        exec 9>"$STATE.lock"
        flock -n 9 || die "another one is running" ;;
    *)
        if [[ ! ${MT_ALONE:-} ]]; then
            exec 9>"$RESULTS.lock"
            flock -n 9 || RESULTS=$RESULTS-$$ # in use: a folder of our own
            case $command in
            all) mapfile -t names < <(rows scenarios | cut -f 1) && in_worlds 2 "${@:-${names[@]}}" && return ;;
            # Nothing there is judged by milliseconds.
            exchange | stories) mapfile -t names < <(rows "$command" | cut -f 1) && in_worlds 4 "${@:-${names[@]}}" && return ;;
            esac
            [[ ! $command =~ ^(all|exchange|stories)$ ]] || return 1
            in_mounts_of_its_own "$STATE-$$" "$command" "$@"
        fi ;;
    esac
    case $command in
    up) clean_up; up; trap - EXIT ;;
    down) down ;;
    break) clean_up; prepare "$1"; trap - EXIT ;;
    list) rows | cut -f 1 ;;
    as-client) as_user "$@" ;;
    secrets)
        clean_up
        prepare healthy-587
        printf %s "$PASSWORD" >"$STATE/password"
        as_user "MT_HERE=$HERE" python3 - "$(realpath "$MAILTRIAGE")" "$STATE/tls/ca.pem" "$STATE/password" <"$HERE/secrets.py"
        ;;
    moved)
        clean_up
        prepare healthy-587
        echo "nameserver $LAN4.99" >/etc/netns/mt-client/resolv.conf
        mkfifo -m 666 "$STATE/turn"
        {
            read -r _ <"$STATE/turn"
            ip -n mt-client addr flush dev eth0
            plug client eth0 $LAN4.77/24
            route client default via $LAN4.1
            echo "nameserver $LAN4.1" >/etc/netns/mt-client/resolv.conf
            echo moved >"$STATE/turn"
        } &
        as_user "MT_HERE=$HERE" python3 - "$(realpath "$MAILTRIAGE")" "$STATE/tls/ca.pem" "$STATE/turn" <"$HERE/moved.py"
        ;;
    race)
        clean_up
        PROGRAM=$(realpath "$MAILTRIAGE")
        race "$@"
        ;;
    repeat)
        clean_up
        PROGRAM=$(realpath "$MAILTRIAGE")
        repeat "$@"
        ;;
    verify) clean_up; mapfile -t names < <(rows | cut -f 1); each verify_one "${@:-${names[@]}}" ;;
    run)
        clean_up
        PROGRAM=$(realpath "$MAILTRIAGE")
        setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$PROGRAM" || die "nobody cannot run $PROGRAM (set MAILTRIAGE)"
        [[ $# != 0 ]] || die "which scenario? (world.sh list)"
        each run_one "$@" ;;
    *) usage; exit 2 ;;
    esac
}
main "$@"; exit # on one line: the file may be edited while it runs
