#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/test.sh [PRESET]
# Installs what is missing, builds, and runs every test; ends with the summary of ctest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:-dev}
./scripts/install-packages.sh
./scripts/build.sh "$preset"
ctest --preset "$preset" --output-on-failure --parallel "$(nproc)" --no-tests=error </dev/null
