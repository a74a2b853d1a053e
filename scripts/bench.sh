#!/usr/bin/env bash
# Runs every benchmark, the one of the whole app included, and prints one table: name, time
# per operation, MB/s, allocations. `make bench` calls it; BENCH narrows the
# names, BENCHTIME sets the length of one run, BENCH_PKGS the packages.
set -euo pipefail
cd "$(dirname "$0")/.."

read -r -a packages <<<"${BENCH_PKGS:-./x/... ./sidecar/... ./tests/integration}"
machine() {
  printf 'machine: %s, %s cores; commit %s; %s\n' \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc)" \
    "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(go version | cut -d' ' -f3)"
}

# One package at a time: two benchmarks side by side would measure each other.
machine
go test -p 1 -run '^$' -bench "${BENCH:-.}" -benchtime "${BENCHTIME:-1s}" -timeout 60m "${packages[@]}" |
  awk '/^pkg:/ { pkg = $2; sub(/.*zgd-network\/zgd\//, "", pkg) }
       /^Benchmark/ { name = $1; sub(/^Benchmark/, "", name); rest = ""
         for (i = 3; i < NF; i += 2) rest = rest sprintf("%14s %-9s", $i, $(i+1))
         printf "%-24s %-44s %s\n", pkg, name, rest }
       /^(FAIL|panic|---)/ { print; bad = 1 }
       END { exit bad }'
