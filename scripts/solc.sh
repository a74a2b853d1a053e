#!/usr/bin/env bash
# Compiles every Solidity file of ours with the npm solc pinned in tests/package.json
# and writes the ABIs and bytecode that are committed beside the sources:
#
#   scripts/solc.sh            # all files
#   scripts/solc.sh --check    # only say what is out of date
#   scripts/solc.sh FILE...    # these files
#
# Needs `npm ci` in tests/ once.
set -euo pipefail
cd "$(dirname "$0")/.."

check=()
if [ "${1:-}" = --check ]; then
  check=(--check)
  shift
fi
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
  mapfile -t files < <(find x tests -name '*.sol' -not -path '*/node_modules/*' -not -path '*/foundry/*' | LC_ALL=C sort)
fi
[ -d tests/node_modules/solc ] || { echo 'scripts/solc.sh: run `npm ci` in tests/ first' >&2; exit 1; }
exec node scripts/solc.mjs "${check[@]}" "${files[@]}"
