#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what scripts/packages.txt lists and is not installed yet (Debian 12; as root, or with sudo).
# With nothing missing it needs neither rights nor network, and says nothing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! command -v dpkg-query >/dev/null; then
  echo "install-packages: this is no Debian; install the like of $here/packages.txt by hand" >&2
  exit 1
fi

missing=()
while read -r package _; do
  case $package in '' | '#'*) continue ;; esac
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
    missing+=("$package")
done <"$here/packages.txt"
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "install-packages: not root, and there is no sudo; install by hand: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive)

echo "install-packages: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -q &&
  "${as_root[@]}" apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 "${missing[@]}"; } \
  </dev/null >"$log" 2>&1; then
  cat "$log" >&2
  echo "install-packages: apt-get failed" >&2
  exit 1
fi
