#!/usr/bin/env bash
# setup.sh demo|test installs what the demo or the tests need on Debian: as root by apt, else it names
# what is missing.
set -euo pipefail
need=()
have() { command -v "$1" >/dev/null 2>&1; }
have go || { echo "Go 1.26 or newer is missing: install it and put it on PATH."; exit 1; }
have gcc || need+=(gcc libc6-dev)
have espeak-ng || need+=(espeak-ng)
if [ "${1:-test}" = test ]; then
  have ffmpeg || need+=(ffmpeg)
  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need+=(postgresql)
  have chromium || need+=(chromium)
  have node && have npm || echo "Node 20.19 or newer with npm is missing: the tests that use it say so and are left out."
fi
[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! have apt-get; then
  echo "These Debian packages are missing, install them as root: apt-get install ${need[*]}"
  exit 1
fi
echo "installing ${need[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get install -y -q --no-install-recommends "${need[@]}" >/dev/null
