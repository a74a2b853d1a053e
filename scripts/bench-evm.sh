#!/usr/bin/env bash
# Side by side, in one run: zgd, evmdlike (the same app without our modules, with
# evmd's wiring and settings, see cmd/zgd/bench/evmdlike) and anvil where npm has
# put it (tests/node_modules). One validator, equal consensus timeouts and block
# bounds, one load generator, interleaved rounds: zgd evmdlike anvil zgd evmdlike …
#
#   ROUNDS=5 TXS=3000 WORKLOADS="transfers erc20 swap calls logs" scripts/bench-evm.sh
#
# About four minutes on an idle machine; no round begins LIMIT_S seconds after the
# first. Prints a table with the median of the rounds and the spread. On a machine that
# does other work trust CPU per item, not items per second. OUT keeps the reports.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-3} txs=${TXS:-2000} batch=${BATCH:-20} window=${WINDOW:-1000} seconds=${QUERY_SECONDS:-3}
block_ms=${BLOCK_MS:-500} port=${PORT:-48000} limit_s=${LIMIT_S:-360}
read -r -a workloads <<<"${WORKLOADS:-transfers erc20 swap calls logs}"
out=${OUT:-$(mktemp -d)} bin=${BIN:-}
anvil=tests/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil
address=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 # account 0 of the well-known test mnemonic
mkdir -p "$out"
rm -f "$out"/*.jsonl

# the key of that account, public for years; it holds nothing outside a devnet
(umask 077; echo ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80 >"$out/key")
if [ -z "$bin" ]; then
  bin=$out/bin
  mkdir -p "$bin"
  go build -buildvcs=false -ldflags '-s -w' -o "$bin/" ./cmd/zgd
  go build -buildvcs=false -tags bench -ldflags '-s -w' -o "$bin/" ./cmd/zgd/bench/evmdlike
fi

declare -A pid rpc
stop() { for p in "${pid[@]}"; do kill "$p" 2>/dev/null || true; done; }
trap stop EXIT
sides=(zgd evmdlike)
like=(zgd evmd)
for i in 0 1; do
  side=${sides[i]} from=$((port + 100 * i))
  rm -rf "${out:?}/$side"
  "$bin/evmdlike" init --home "$out/$side" --like "${like[i]}" --account "$address" --ports-from "$from" --block-time "${block_ms}ms"
  "$bin/$side" start --home "$out/$side" >"$out/$side.log" 2>&1 &
  pid[$side]=$! rpc[$side]=http://127.0.0.1:$((from + 4))
done
if [ -x "$anvil" ]; then
  sides+=(anvil)
  "$anvil" --port $((port + 200)) --block-time "$(awk "BEGIN { print $block_ms / 1000 }")" --gas-limit 60000000 --silent \
    --base-fee 1000000000 >"$out/anvil.log" 2>&1 &
  pid[anvil]=$! rpc[anvil]=http://127.0.0.1:$((port + 200))
fi
for side in "${sides[@]}"; do
  for _ in $(seq 120); do
    curl -s -m 2 -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}' \
      "${rpc[$side]}" | grep -q '"result":"0x[1-9a-f]' && continue 2
    sleep 0.5
  done
  echo "$side does not make blocks; the end of its log:" >&2
  tail -n 5 "$out/$side.log" >&2
  exit 1
done

began=$SECONDS
for round in $(seq "$rounds"); do
  for workload in "${workloads[@]}"; do
    for side in "${sides[@]}"; do
      if [ $((SECONDS - began)) -gt "$limit_s" ]; then
        echo "stopped in round $round: $limit_s s are over" >&2
        break 3
      fi
      timeout 120 "$bin/zgd" bench evm --rpc "${rpc[$side]}" --key-file "$out/key" --pid "${pid[$side]}" --output json \
        --workload "$workload" --max --txs "$txs" --batch "$batch" --window "$window" --duration "${seconds}s" \
        >>"$out/$side.$workload.jsonl" || echo "$side $workload failed in round $round" >&2
    done
  done
done
for side in "${sides[@]}"; do
  echo "$side resident $(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/${pid[$side]}/status") MiB at most"
done
node scripts/bench-evm-table.mjs "$out" "${workloads[@]}"
