#!/usr/bin/env bash
# The pages of HTML in a real browser, and README and docs, by judges that are not ours: Chromium, axe, html-validate, poppler,
# markdownlint.
#   tests/html.sh          some telling scenarios, and comparisons of them: under two minutes
#   tests/html.sh all      every scenario
# MAILTRIAGE names the program. Installs what it needs: packages of Debian as root, the rest into a temporary folder
# (HTML_TOOLS names one to keep).
set -euo pipefail
cd "$(dirname "$0")/.."
PROGRAM=$(realpath "${MAILTRIAGE:-target/release/mailtriage}")
TELLING="587-silent captive-portal certificate-expired certificate-link-missing comes-back-as-spam exchange-shut
  healthy-587 intercepted line-lossy password-wrong sender-not-allowed tls-old"
fail() { echo "html: $*" >&2; exit 1; }

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

NEEDS=()
command -v chromium >/dev/null || NEEDS+=(chromium)
command -v pdftotext >/dev/null || NEEDS+=(poppler-utils)
command -v python3 >/dev/null || NEEDS+=(python3)
command -v npm >/dev/null || NEEDS+=(nodejs npm)
if [ "${#NEEDS[@]}" -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${NEEDS[@]}" >/dev/null
fi
export HTML_TOOLS=${HTML_TOOLS:-$WORK/tools}
if [ ! -d "$HTML_TOOLS/node_modules" ]; then
  mkdir -p "$HTML_TOOLS"
  cp tests/html/package.json "$HTML_TOOLS/"
  npm install --prefix "$HTML_TOOLS" --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
fi

mkdir "$WORK/reports" "$WORK/pages"
# The lab's runs take their time, but mostly wait.
if [ "${1:-}" = all ]; then SCENARIOS=$(basename -a -s .toml src/practice/scenarios/*.toml); else SCENARIOS=$TELLING; fi
report() { "$1" practice "$2" --format json >"$3/reports/$2.json" || [ $? != 2 ]; }
export -f report
xargs -n 1 -P 8 <<<"$SCENARIOS" bash -c 'report "$0" "$2" "$1"' "$PROGRAM" "$WORK"
cd "$WORK"
page() { "$PROGRAM" "${@:2}" --format html --output "pages/$1.html" || [ $? != 2 ] || fail "no page $1"; }
for scenario in $SCENARIOS; do page "$scenario" open "reports/$scenario.json"; done
page for-the-network open reports/587-silent.json --for network --redact all
page compare-two compare reports/587-silent.json reports/password-wrong.json
page compare-many compare reports
# The same over and over: what a fleet looks like, with groups, outliers and a course of time.
python3 - <<'PY'
import json, pathlib
folder = pathlib.Path("fleet")
folder.mkdir()
for number in range(60):
    fails = number % 3 > 0
    report = json.loads(pathlib.Path("reports", ("587-silent" if fails else "healthy-587") + ".json").read_text())
    report["id"] = f"case{number}"
    report["account"]["address"] = f"user{number}@example.com"
    report["machine"].update(hostname=f"PC-{number}", seen_as="198.51.100.1" if fails and number != 7 else "203.0.113.9")
    (folder / f"{number}.json").write_text(json.dumps(report))
report["id"] = "case1"
report["runs"][-1]["started"] = "2099-01-01T00:00:00Z"
(folder / "later.json").write_text(json.dumps(report))
PY
page compare-fleet compare fleet
cd - >/dev/null

node tests/html/open.mjs "$WORK/pages" || fail "a page is not as it should be in Chromium"
python3 tests/html/print.py "$WORK/pages" || fail "a page is torn on paper"
"$HTML_TOOLS/node_modules/.bin/html-validate" --config tests/html/htmlvalidate.json "$WORK"/pages/*.html || fail "a page is not valid"
"$HTML_TOOLS/node_modules/.bin/markdownlint-cli2" --config tests/html/.markdownlint-cli2.jsonc \
  README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md "docs/**/*.md" || fail "Markdown is not as it should be"

# Judges that accept anything would accept this too.
mkdir "$WORK/bad"
sed 's|</h1>|</h2><div style="width:2000px"><img src="https://example.invalid/x.png">|' "$WORK/pages/587-silent.html" >"$WORK/bad/bad.html"
if node tests/html/open.mjs "$WORK/bad" >"$WORK/said" 2>&1; then fail "Chromium and axe accept a bad page"; fi
for what in "too wide" image-alt "asks for https"; do grep -q "$what" "$WORK/said" || fail "nobody noticed: $what"; done
if "$HTML_TOOLS/node_modules/.bin/html-validate" --config tests/html/htmlvalidate.json "$WORK/bad/bad.html" >/dev/null 2>&1; then
  fail "the validator accepts a bad page"
fi
printf '# A\n\n### B\n' >"$WORK/bad/bad.md"
if "$HTML_TOOLS/node_modules/.bin/markdownlint-cli2" --config tests/html/.markdownlint-cli2.jsonc "$WORK/bad/bad.md" >/dev/null 2>&1; then
  fail "markdownlint accepts a bad page"
fi
echo "html: $(ls "$WORK"/pages/*.html | wc -l) pages in Chromium, on paper and by the validator, README and docs: no fault (${SECONDS} s)"
