// Prints the table of scripts/bench-evm.sh: for each workload and side the median
// of the rounds, least and most of the CPU time per item, and ratios to evmdlike
// (above 1: better than evmdlike).
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const [folder, ...workloads] = process.argv.slice(2);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const read = (side, workload) => {
  const file = `${folder}/${side}.${workload}.jsonl`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
};

console.log(`machine: ${cpus()[0].model}, ${cpus().length} cores, load average ${loadavg()[0].toFixed(1)}`);
console.log('workload   side      runs  ms CPU/item  least..most      /s   p50 ms   p99 ms  gas/item  not in  CPU ratio  /s ratio');
for (const workload of workloads) {
  const peer = read('evmdlike', workload);
  for (const side of ['zgd', 'evmdlike', 'anvil']) {
    const runs = read(side, workload);
    if (runs.length === 0) continue;
    const of = (key, from = runs) => median(from.map((r) => r[key]));
    const cpu = runs.map((r) => r.cpu_ms_per_item);
    const ratio = (a, b) => (peer.length > 0 && b > 0 ? (a / b).toFixed(2) : '-');
    console.log([
      workload.padEnd(10), side.padEnd(9), String(runs.length).padStart(4), median(cpu).toFixed(3).padStart(12),
      `${Math.min(...cpu).toFixed(2)}..${Math.max(...cpu).toFixed(2)}`.padStart(13), of('included_per_s').toFixed(0).padStart(7),
      of('p50_ms').toFixed(0).padStart(8), of('p99_ms').toFixed(0).padStart(8), of('gas_per_tx').toFixed(0).padStart(9),
      String(runs.reduce((n, r) => n + r.failed + r.refused + r.lost, 0)).padStart(7),
      ratio(of('cpu_ms_per_item', peer), median(cpu)).padStart(10), ratio(of('included_per_s'), of('included_per_s', peer)).padStart(9),
    ].join(' '));
  }
}
