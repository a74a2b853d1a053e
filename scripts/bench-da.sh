#!/usr/bin/env bash
# Measures data availability (B1 to B8 and B12 of the protocol paper, §6n; of B10
# what is sustained, with the chain in memory) and prints a table with what each
# figure is held to, then what follows for 50 Gbit/s: which points are measured,
# which computed, and where it ends. `make bench-da` calls it.
# BENCHTIME sets the runs of each benchmark; PLOT=FILE.svg writes the plot, too.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${BENCHTIME:-8x}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

printf 'machine: %s, %s cores; load %s; commit %s; %s; %s\n\n' \
  "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)" \
  "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(go version | cut -d' ' -f3)" "$(date -u +%F)"
bench() { go test -p 1 -run "$2" -v -bench "$3" -benchtime "$time" -timeout 30m "$1" >>"$log" || { tail -30 "$log"; exit 1; }; }
bench ./sidecar/da/encode '^TestMemoryOfOneBlob$' 'Whole|Parts|Cores|Read'
bench ./sidecar/da/node '^$' '^BenchmarkVerify$'
bench ./x/dasigners/keeper '^$' '^BenchmarkConfirmBatch$'
time=3x bench ./sidecar/da/client '^$' '^BenchmarkSustained$'
scripts/bench-da.awk -v cores="$(nproc)" -v plot="${PLOT:-}" "$log"
printf '\nload at the end: %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
