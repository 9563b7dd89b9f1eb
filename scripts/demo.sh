#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/demo.sh
# Installs what is missing, builds vmtrail, replays the bundled capture of a live migration, and asks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

./scripts/install-packages.sh
./scripts/build.sh release vmtrail

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
vmtrail=build/release/app/vmtrail

say() {
  printf '\n'
  printf '%s\n' "$@"
}
run() {
  printf '\n$ vmtrail'
  printf ' %s' "${@/$state/DIR}"
  printf '\n'
  "$vmtrail" "$@" </dev/null
}

say "Three events of a live migration, as a production Ceilometer logged them. The last one comes from" \
  "the host that the instance has left, with a stale copy of it: taken at its word, it ends at the source."
run replay fixtures/captures/seed/ceilometer-collector.log --state "$state"
say "Where is it? (Any unique prefix of the id will do, or the name.)"
run where 87be4b45 --state "$state"
say "How did it get there?"
run history 87be4b45 --state "$state"
say "Which migrations were there, and how did they end?"
run migrations --state "$state"
