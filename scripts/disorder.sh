#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: scripts/disorder.sh [OPTION...]
# Builds the disorder harness and prints its table: 10,000 lives a row, each in six forms (some minutes).
# Options go to the harness: --trials N, --seed N, --row NAME, --split, --examples, --list, --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

./scripts/build.sh release disorder
exec ./build/release/tests/disorder "$@"
