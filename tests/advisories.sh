#!/usr/bin/env bash
# Known vulnerabilities (RustSec) in what Cargo.lock names. The database comes from the network, or from a clone:
#   ADVISORY_DB=DIR tests/advisories.sh
# Where there is neither, it says that nothing was checked.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${ADVISORY_DB:-}" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # The name that cargo-deny makes of the database's address.
  git clone --quiet "$ADVISORY_DB" "$folder/advisory-db-3157b0e258782691"
  touch "$folder/advisory-db-3157b0e258782691/.git/FETCH_HEAD"
  sed "s#^\\[advisories\\]#&\ndb-path = \"$folder\"#" deny.toml >"$folder/deny.toml"
  cargo deny --offline --config "$folder/deny.toml" check advisories
  echo "advisories: as of $(git -C "$folder/advisory-db-3157b0e258782691" log -1 --format=%cs)"
elif ! said=$(cargo deny check advisories 2>&1); then
  grep -q 'failed to fetch advisory database' <<<"$said" || { echo "$said"; exit 1; }
  echo "advisories: NOT CHECKED, no database can be reached (ADVISORY_DB=DIR names a clone)"
fi
