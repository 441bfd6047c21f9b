#!/usr/bin/env bash
# What docs/fleet.md says, with the real engines: Prometheus, promtool, Nagios, Icinga 2, DuckDB, Ansible, curl. The lab stands
# in for the mail servers; nothing leaves this computer but the installation of what is missing (root on Debian).
# MAILTRIAGE names the program, FLEET_ACCOUNTS how many accounts the batch has.
set -euo pipefail
cd "$(dirname "$0")/.."
PROGRAM=$(realpath "${MAILTRIAGE:-target/release/mailtriage}")
DOCS=$PWD/docs/fleet
WORK=$(mktemp -d)
chmod 755 "$WORK"
PIDS=()
finish() {
  for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$WORK"
}
trap finish EXIT
fail() { echo "fleet: $*" >&2; exit 1; }
# Waits until a command succeeds.
until_ok() {
  local what=$1; shift
  for _ in $(seq 1 150); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  fail "$what: not within 30 s"
}

declare -A FROM=([prometheus]=prometheus [nagios4]=nagios4-core [icinga2]=icinga2-bin [curl]=curl [openssl]=openssl)
MISSING=()
for program in "${!FROM[@]}"; do
  [ -n "$(PATH=$PATH:/usr/sbin type -P "$program")" ] || MISSING+=("${FROM[$program]}")
done
if ((${#MISSING[@]})); then
  [ "$(id -u)" = 0 ] || fail "not installed: ${MISSING[*]}"
  # Installed, not started.
  POLICY=/usr/sbin/policy-rc.d
  if [ ! -e $POLICY ]; then printf '#!/bin/sh\nexit 101\n' >$POLICY; chmod +x $POLICY; else POLICY=; fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${MISSING[@]}" icinga2-common python3-venv >/dev/null
  [ -z "$POLICY" ] || rm -f "$POLICY"
fi
ACCOUNTS=${FLEET_ACCOUNTS:-200}
PYTHON=${FLEET_VENV:-$WORK/venv}
[ -x "$PYTHON/bin/ansible-playbook" ] || { python3 -m venv "$PYTHON"; "$PYTHON/bin/pip" install --quiet duckdb ansible-core; }
PORT=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
API_PORT=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')

# Many accounts, while the rest goes on; their results are looked at further below.
python3 - "$WORK/accounts.csv" "$ACCOUNTS" <<'PY'
import sys
with open(sys.argv[1], "w") as out:
    out.write("email,practice,ticket\n")
    for number in range(int(sys.argv[2])):
        out.write(f'user{number}@example.com,{["no-password", "password-wrong"][number % 2]},"T ""{number}"""\n')
PY
BEGAN=$SECONDS
"$PROGRAM" check --batch "$WORK/accounts.csv" --fast --parallel 32 --format row --output "$WORK/results.jsonl" 2>"$WORK/batch.log" &
BATCH=$!
PIDS+=("$BATCH")

for scenario in healthy-587 587-silent no-password line-lossy; do
  "$PROGRAM" practice $scenario --format prometheus >"$WORK/metrics" || true
  promtool check metrics <"$WORK/metrics" >"$WORK/lint" 2>&1 || fail "$scenario: $(cat "$WORK/lint")"
done
promtool check config "$DOCS/prometheus.yml" >/dev/null
(cd "$DOCS" && promtool test rules alerts_test.yml >/dev/null)
echo "promtool: metrics of 4 scenarios, the configuration, rules and their tests"

# The configuration of the documentation, its targets in the lab.
sed -e 's/^\[modules.submission\]$/&\npractice = "587-silent"/' "$DOCS/modules.toml" >"$WORK/modules.toml"
"$PROGRAM" serve --listen "127.0.0.1:$PORT" --config "$WORK/modules.toml" 2>"$WORK/serve.log" &
PIDS+=($!)
sed -e "s/127.0.0.1:9587/127.0.0.1:$PORT/" -e 's/scrape_interval: .*/scrape_interval: 10s/' -e 's/scrape_timeout: .*/scrape_timeout: 9s/' \
  "$DOCS/prometheus.yml" >"$WORK/prometheus.yml"
cp "$DOCS/alerts.yml" "$WORK/"
prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" --web.listen-address="127.0.0.1:$API_PORT" \
  --log.level=error >"$WORK/prometheus.log" 2>&1 &
PIDS+=($!)

# Nagios runs the documentation's command: the service of the documentation is only verified, two in the lab are run.
mkdir -p "$WORK/nagios/results"
sed "s#/usr/bin/mailtriage#$PROGRAM#" "$DOCS/nagios.cfg" >"$WORK/nagios/docs.cfg"
sed -e '/^define host/,/^}/d' -e '/^define service/,/^}/d' "$WORK/nagios/docs.cfg" >"$WORK/nagios/command.cfg"
cat >"$WORK/nagios/lab.cfg" <<'CFG'
define host {
    host_name           lab
    address             127.0.0.1
    max_check_attempts  1
    contacts            helpdesk
}
define service {
    host_name           lab
    service_description silent
    check_command       check_mailtriage!practice 587-silent --warning certificate_days=21:
    max_check_attempts  1
    check_period        24x7
    contacts            helpdesk
}
define service {
    host_name           lab
    service_description fine
    check_command       check_mailtriage!practice healthy-587 --warning connect_time=5 --critical certificate_days=7:
    max_check_attempts  1
    check_period        24x7
    contacts            helpdesk
}
CFG
main() {
  cat <<CFG
log_file=$WORK/nagios/$1.log
object_cache_file=$WORK/nagios/$1.objects
precached_object_file=$WORK/nagios/$1.precached
status_file=$WORK/nagios/$1.status
temp_file=$WORK/nagios/$1.tmp
temp_path=$WORK/nagios
lock_file=$WORK/nagios/$1.lock
check_result_path=$WORK/nagios/results
state_retention_file=$WORK/nagios/$1.retention
query_socket=$WORK/nagios/$1.qh
nagios_user=nobody
nagios_group=nogroup
check_external_commands=0
service_inter_check_delay_method=n
status_update_interval=1
use_syslog=0
CFG
}
{ main docs; echo "cfg_file=$WORK/nagios/docs.cfg"; } >"$WORK/nagios/docs.main"
{ main lab; echo "cfg_file=$WORK/nagios/command.cfg"; echo "cfg_file=$WORK/nagios/lab.cfg"; } >"$WORK/nagios/lab.main"
[ "$(id -u)" != 0 ] || chown -R nobody:nogroup "$WORK/nagios"
nagios4 -v "$WORK/nagios/docs.main" >"$WORK/verify" || fail "nagios: $(grep -i error "$WORK/verify")"
# A folder that only its owner may enter hides the program from others.
as_nobody() { if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups "$@"; else "$@"; fi; }
if ! as_nobody test -x "$PROGRAM"; then
  cp "$PROGRAM" "$WORK/mailtriage"
  sed -i "s#$PROGRAM#$WORK/mailtriage#" "$WORK"/nagios/*.cfg
fi
as_nobody nagios4 "$WORK/nagios/lab.main" >"$WORK/nagios.log" 2>&1 &
PIDS+=($!)

sed "s#/usr/bin/mailtriage#$PROGRAM#" "$DOCS/icinga2.conf" >"$WORK/icinga2.conf"
{ echo 'include <itl>'; echo "include \"$WORK/icinga2.conf\""; } >"$WORK/icinga2.main"
mkdir "$WORK/icinga"
[ "$(id -u)" != 0 ] || chown nagios "$WORK/icinga"
icinga2 daemon -C -c "$WORK/icinga2.main" -D DataDir="$WORK/icinga" -D LogDir="$WORK/icinga" -D CacheDir="$WORK/icinga" \
  -D SpoolDir="$WORK/icinga" >"$WORK/icinga.log" 2>&1 || fail "icinga2: $(tail -5 "$WORK/icinga.log")"
grep -q "Instantiated 1 Service" "$WORK/icinga.log" || fail "icinga2: $(tail -5 "$WORK/icinga.log")"
echo "Icinga 2 takes the command, the host and the service"

# TLS and the log-in, by the documentation's web configuration.
cp "$DOCS/web.yml" "$WORK/"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$WORK/mailtriage.key" -out "$WORK/mailtriage.crt" 2>/dev/null
"$PROGRAM" serve --listen 127.0.0.1:0 --web-config "$WORK/web.yml" 2>"$WORK/tls.log" &
PIDS+=($!)
until_ok "serve with TLS" grep -q listening "$WORK/tls.log"
TLS_PORT=$(sed -n 's#.*https://127.0.0.1:\([0-9]*\)/#\1#p' "$WORK/tls.log")
ask() { curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$WORK/mailtriage.crt" "$@" "https://localhost:$TLS_PORT/metrics"; }
[ "$(ask)$(ask --user prometheus:wrong)$(ask --user prometheus:secret)" = 401401200 ] || fail "TLS and log-in: $(ask)"
echo "curl: TLS, refused without the password, let in with it"

(cd "$WORK" && HOME=$WORK ANSIBLE_LOCALHOST_WARNING=False "$PYTHON/bin/ansible-playbook" -i localhost, -c local "$DOCS/playbook.yml" \
  -e "ansible_python_interpreter=$PYTHON/bin/python program=$PROGRAM results=$WORK/rows address=x" -e '{"arguments": "practice 587-silent"}' >"$WORK/ansible.log" 2>&1) ||
  fail "ansible: $(tail -20 "$WORK/ansible.log")"
grep -q "cannot-send: Port 587 is blocked on the way out (blocked-network, certain)" "$WORK/ansible.log" || fail "ansible: no verdict"
grep -q '"computer": "localhost"' "$WORK/rows/rows.jsonl" || fail "ansible: no row"
echo "Ansible: the playbook ran on localhost, and collected its row"

query() { curl --silent --get --data-urlencode "query=$1" "http://127.0.0.1:$API_PORT/api/v1/query"; }
scraped() { grep -q '"2"\]' <<<"$(query 'count(probe_success == 0)')" && grep -q '"1"\]' <<<"$(query 'up{job="mailtriage"}')"; }
until_ok "Prometheus scrapes serve" scraped
grep -q '"cause":"blocked-network"' <<<"$(query 'mailtriage_verdict_info{instance="smtp.example.com"}')" || fail "Prometheus: no verdict"
python3 - "$DOCS/dashboard.json" "http://127.0.0.1:$API_PORT" <<'PY'
import json, sys, urllib.parse, urllib.request
dashboard = json.load(open(sys.argv[1]))
asked = empty = 0
for panel in dashboard["panels"]:
    for target in panel["targets"]:
        text = target["expr"].replace("$job", ".*").replace("$instance", ".*")
        answer = json.load(urllib.request.urlopen(f"{sys.argv[2]}/api/v1/query?" + urllib.parse.urlencode({"query": text})))
        assert answer["status"] == "success", target
        asked += 1
        empty += not answer["data"]["result"]
# Where port 587 is silent, nothing behind it is measured; rates need two scrapes.
assert empty <= 7, f"{empty} of {asked} queries of the dashboard find nothing"
rules = json.load(urllib.request.urlopen(f"{sys.argv[2]}/api/v1/rules"))["data"]["groups"][0]["rules"]
assert len(rules) == 7 and all(rule["health"] != "err" for rule in rules), rules
print(f"Prometheus: scrapes serve; {asked} queries of the dashboard, {len(rules)} rules")
PY

service() { # its block in the status file
  awk -v name="service_description=$1" 'BEGIN { RS = "}" } index($0, name "\n")' "$WORK/nagios/lab.status"
}
checked() { grep -q has_been_checked=1 <<<"$(service silent)" && grep -q has_been_checked=1 <<<"$(service fine)"; }
until_ok "Nagios runs the plugin" checked
grep -q "current_state=2" <<<"$(service silent)" || fail "Nagios: $(service silent)"
grep -q "plugin_output=CRITICAL - Port 587 is blocked on the way out" <<<"$(service silent)" || fail "Nagios: $(service silent)"
grep -q "long_plugin_output=Subject: " <<<"$(service silent)" || fail "Nagios: no long text"
grep -q "current_state=0" <<<"$(service fine)" || fail "Nagios: $(service fine)"
grep -q "performance_data=.*connect_time=0.*s;5;;0.*certificate_days=60;;7:;0" <<<"$(service fine)" || fail "Nagios: $(service fine)"
echo "Nagios: ran the plugin, with states, long text and performance data"

CODE=0
wait "$BATCH" || CODE=$?
[ "$CODE" = 1 ] && [ "$(wc -l <"$WORK/results.jsonl")" = "$ACCOUNTS" ] || fail "batch: $CODE, $(tail -3 "$WORK/batch.log")"
TOOK=$((SECONDS - BEGAN))
"$PYTHON/bin/python" - "$WORK" "$DOCS/queries.sql" "$ACCOUNTS" <<'PY'
import os, sys
import duckdb
os.chdir(sys.argv[1])
many = int(sys.argv[3])
lines = open("results.jsonl").readlines()
# A thousand, whatever the batch had.
open("results.jsonl", "w").writelines(lines * (1000 // many))
results = [duckdb.sql(text) for text in open(sys.argv[2]).read().split(";") if text.strip().strip("-")]
# The first one makes the view.
rows = [found.fetchall() for found in results[1:]]
assert [row[3] for row in rows[0]] == [500, 500], rows[0]
assert rows[1] and rows[2] and not rows[3], rows
assert duckdb.sql("SELECT max(length(line)) FROM read_csv('results.jsonl', columns={line: 'VARCHAR'}, header=false, delim='\x01', quote='')").fetchall()[0][0] < 4096
print("DuckDB: reads 1,000 lines, each under 4 KB")
PY

echo "fleet: all engines agree; $ACCOUNTS accounts took $TOOK s"
