#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (60s) each.
set -euo pipefail
cd "$(dirname "$0")/.."
for pkg in $(go list ./...); do
  for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
    echo "== $pkg $target"
    go test -fuzzminimizetime 2s -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-60s}" "$pkg"
  done
done
