# The race: this tool beside the hand tools that ask the same questions, on lines of several lengths, in one run. Sourced by
# world.sh. What must hold is a ratio between two times of the same run; docs/performance.md has the tables.

RACE_RUNS=3      # of each; the median counts
RACE_TOO_SLOW=() # what did not hold

milliseconds() { local began; began=$(date +%s%N); "$@" >/dev/null 2>&1 </dev/null || true; echo $((($(date +%s%N) - began) / 1000000)); }
median() { local all; all=$(for _ in $(seq $RACE_RUNS); do milliseconds "$@"; done | sort -n); sed -n "$(((RACE_RUNS + 1) / 2))p" <<<"$all"; }
seconds() { printf '%d.%02d' $(($1 / 1000)) $(($1 % 1000 / 10)); }

# at_most WHAT MILLISECONDS ALLOWED: said, and remembered if it does not hold
at_most() {
    (($2 <= $3)) && return
    RACE_TOO_SLOW+=("$1: $(seconds "$2") s, at most $(seconds "$3") s allowed")
}

# What a technician would ask by hand, one after the other and without a pause: names, ports, TLS versions, the log-in.
hand_tools() {
    local port version
    as_user dig +time=2 +tries=1 mail.example.test A
    as_user dig +time=2 +tries=1 example.test MX
    for port in 25 465 587; do as_user nc -nz -w 5 $MAIL4.5 $port; done
    for version in -tls1 -tls1_1 -tls1_2 -tls1_3; do
        as_user timeout 20 openssl s_client -connect $MAIL4.5:465 $version -cipher DEFAULT@SECLEVEL=0 </dev/null
        as_user timeout 20 openssl s_client -connect $MAIL4.5:587 -starttls smtp $version -cipher DEFAULT@SECLEVEL=0 </dev/null
    done
    swaks_says
}

checked() { MT_DETAIL=$1 check "$RESULTS/race.json"; }

# race_healthy DELAY: a row of the first table
race_healthy() {
    local hand swaks fast usual full allowed
    prepare healthy-587
    (($1 == 0)) || fault_line "$1" 0
    hand=$(milliseconds hand_tools)
    swaks=$(median swaks_says)
    fast=$(median checked --fast)
    usual=$(median checked "")
    full=$(median checked --full)
    echo "| $1 ms | $(seconds "$hand") s | $(seconds "$swaks") s | $(seconds "$fast") s | $(seconds "$usual") s | $(seconds "$full") s |"
    # Room for a noisy machine: a third more, and what a process takes to start.
    allowed=$((swaks * 3 / 2 * 4 / 3 + 700))
    at_most "healthy at $1 ms, as a run usually ends, against swaks alone" "$usual" $allowed
    (($1 == 0)) || at_most "healthy at $1 ms, everything asked, against the hand tools" "$full" $((hand * 2 / 3))
}

# race_fault NAME ROW DELAY: a row of the second table
race_fault() {
    local fast usual full
    prepare "$2"
    (($3 == 0)) || fault_line "$3" 0
    fast=$(median checked --fast)
    usual=$(median checked "")
    full=$(median checked --full)
    echo "| $1 | $3 ms | $(seconds "$fast") s | $(seconds "$usual") s | $(seconds "$full") s | $(cause_of "$RESULTS/race.json") |"
    [[ $2 != healthy-25-blocked ]] || at_most "25 blocked beside a healthy 587, at $3 ms" "$usual" $((2000 + 20 * $3))
    [[ $2 != drop-587-* ]] || at_most "587 silent, at $3 ms" "$usual" $((7000 + 15 * $3))
}

# One port's TLS versions, beside the tools made for it, where they are installed.
race_tls() {
    local out=$RESULTS/race.json ours name line took
    prepare healthy-587
    (($1 == 0)) || fault_line "$1" 0
    OPTIONS="--only tls"
    check "$out" || true
    ours=$(python3 - "$out" <<'PY'
import json, sys
check = next(check for check in json.load(open(sys.argv[1]))["checks"] if check["id"] == "tls.587")
print(max(seen["at_ms"] for seen in check["evidence"] if "only" in seen["what"] and "weak" not in seen["what"]) - check["started_ms"])
PY
    )
    echo "| mailtriage | $1 ms | $(seconds "$ours") s | |"
    while read -r name line; do
        command -v "$name" >/dev/null || { echo "| $name | $1 ms | not installed | |"; continue; }
        # shellcheck disable=SC2086 # a list of words
        took=$(milliseconds as_user timeout 120 $line)
        echo "| $name | $1 ms | $(seconds "$took") s | $((took * 10 / (ours + 1) / 10)).$((took * 10 / (ours + 1) % 10)) |"
        [[ $name != sslscan ]] || (($1 < 200)) || at_most "TLS versions at $1 ms against sslscan" "$ours" $((took / 2))
    done <<RACERS
sslscan sslscan --no-colour --no-ciphersuites --no-heartbleed --no-groups --no-fallback --no-renegotiation --no-compression --no-check-certificate --starttls-smtp mail.example.test:587
testssl testssl --warnings off --color 0 -p -t smtp mail.example.test:587
nmap nmap -Pn -n -p 587 --script ssl-enum-ciphers $MAIL4.5
sslyze sslyze --starttls smtp --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3 --sslv3 mail.example.test:587
RACERS
}

# race DELAY …: the tables on stdout; ends with 1 if a ratio does not hold
race() {
    local delay
    mkdir -p "$RESULTS"
    [[ $# != 0 ]] || set -- 0 20 200 600
    printf '%s\n' "" "| round trip | dig, nc, openssl, swaks one after the other | swaks alone | \`--fast\` | \`check\` | \`--full\` |" "|---|---|---|---|---|---|"
    for delay; do race_healthy "$delay"; done
    printf '%s\n' "" "| fault | round trip | \`--fast\` | \`check\` | \`--full\` | verdict |" "|---|---|---|---|---|---|"
    for delay; do
        ((delay <= 200)) || continue
        race_fault "25 blocked, 587 healthy" healthy-25-blocked "$delay"
        race_fault "587 silent" drop-587-router "$delay"
    done
    printf '%s\n' "" "| TLS versions of 587 | round trip | time | times ours |" "|---|---|---|---|"
    for delay; do ((delay > 200)) || race_tls "$delay"; done
    for delay in "${RACE_TOO_SLOW[@]}"; do echo "too slow: $delay" >&2; done
    [[ ${#RACE_TOO_SLOW[@]} == 0 ]]
}
