#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/fuzz.sh [EXECUTIONS [TARGET...]]
# Runs every fuzz target (or those named, such as log_decoder) for so many executions, a million unless
# told otherwise, as many at once as there are processors, under AddressSanitizer and
# UndefinedBehaviorSanitizer. Prints a line for each; the exit status is 1 if one found something. Needs
# the packages clang-14 and libclang-rt-14-dev. New inputs and what crashes are kept in build/fuzzing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

executions=${1:-1000000}
shift || true
case $executions in
'' | *[!0-9]*) echo "usage: scripts/fuzz.sh [EXECUTIONS [TARGET...]]" >&2 && exit 2 ;;
esac
scripts/build.sh fuzz
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  for program in build/fuzz/fuzz/*_fuzz; do
    name=$(basename "$program")
    targets+=("${name%_fuzz}")
  done
fi

# One target: its own corpus grows in build/fuzzing; the repository's is only read.
one() {
  local name=$1 executions=$2 corpus found log begun result=clean
  case $name in
  scan) corpus=(fixtures/corpus/scan fixtures/corpus/decoder fixtures/decoder fixtures/captures/seed) ;;
  *_decoder | splitter) corpus=(fixtures/corpus/decoder fixtures/decoder fixtures/captures/seed) ;;
  *) corpus=("fixtures/corpus/$name") ;;
  esac
  found=build/fuzzing/$name
  log=build/fuzzing/$name.log
  mkdir -p "$found"
  export ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=32  # faster, and no less strict
  begun=$(date +%s)
  "build/fuzz/fuzz/${name}_fuzz" -runs="$executions" -max_len=4096 -rss_limit_mb=4096 \
    -entropic=0 -reduce_inputs=0 -print_final_stats=1 -artifact_prefix="$found-" "$found" "${corpus[@]}" >"$log" 2>&1 || result="FAILED, see $log"
  printf '%-24s %10s executions %6d s  %s\n' "$name" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" $(($(date +%s) - begun)) "$result"
  [[ $result == clean ]]
}
export -f one
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'one "$@"' _ {} "$executions" ||
  exit 1
