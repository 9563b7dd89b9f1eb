#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/build.sh [PRESET [TARGET...]]
# Configures and builds a preset of CMakePresets.json (dev unless told otherwise) in build/PRESET.
# Quiet when all goes well; the compiler's words when not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:-dev}
shift || true
targets=()
[[ $# -eq 0 ]] || targets=(--target "$@")
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  if ! "$@" </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    echo "build: failed: $*" >&2
    exit 1
  fi
}

echo "build: $preset ${*:-(everything)}" >&2
quietly cmake --preset "$preset" "${launcher[@]}"
quietly cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}"
