// Compiles Token.sol and Pool.sol with the solc of tests/node_modules into
// Token.json and Pool.json: {"abi": …, "bin": "0x…"}. The output is committed;
// with --check nothing is written and a difference is an error.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const here = new URL('./', import.meta.url);
const solc = createRequire(new URL('../../../../../tests/package.json', here))('solc');
const names = ['Token', 'Pool'];

const output = JSON.parse(solc.compile(JSON.stringify({
  language: 'Solidity',
  sources: Object.fromEntries(names.map((n) => [`${n}.sol`, { content: readFileSync(new URL(`${n}.sol`, here), 'utf8') }])),
  settings: {
    evmVersion: 'paris', // no opcode that a young chain may lack
    optimizer: { enabled: true, runs: 200 },
    metadata: { bytecodeHash: 'none' },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  },
})));
const errors = (output.errors ?? []).filter((e) => e.severity === 'error');
if (errors.length > 0) {
  console.error(errors.map((e) => e.formattedMessage).join('\n'));
  process.exit(1);
}
for (const name of names) {
  const { abi, evm } = output.contracts[`${name}.sol`][name];
  const text = JSON.stringify({ abi, bin: `0x${evm.bytecode.object}` }, null, 1) + '\n';
  const file = new URL(`${name}.json`, here);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name}.json does not come from ${name}.sol: run node compile.mjs`);
    process.exit(1);
  }
  console.log(`${name}: ${evm.bytecode.object.length / 2} bytes`);
}
