// Compiles our Solidity with the npm solc of tests/node_modules and writes what
// is committed beside the sources; scripts/solc.sh calls it. With --check it
// writes nothing and fails where a committed file is not what comes out.
import { createRequire } from 'node:module'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, basename } from 'node:path'

const solc = createRequire(join(process.cwd(), 'tests/package.json'))('solc')
const check = process.argv[2] === '--check'
const files = process.argv.slice(check ? 3 : 2)

const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'prague',
  metadata: { appendCBOR: false }, // the bytecode depends on the code alone
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

function compile(file) {
  const input = { language: 'Solidity', sources: { [file]: { content: readFileSync(file, 'utf8') } }, settings }
  const find = (path) => {
    for (const candidate of [path, join('tests/node_modules', path)]) {
      if (existsSync(candidate)) return { contents: readFileSync(candidate, 'utf8') }
    }
    return { error: `${path} is neither in the repository nor in tests/node_modules` }
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: find }))
  const errors = (output.errors ?? []).filter((e) => e.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map((e) => e.formattedMessage).join('\n'))
  return output.contracts[file]
}

// An interface gives its ABI as a bare array, IFlow.sol -> flow.abi.json; other
// files give every contract's ABI and creation code, Puppet.sol -> Puppet.json.
function products(file) {
  const contracts = compile(file), name = basename(file, '.sol'), folder = dirname(file)
  if (/^I[A-Z]/.test(name)) {
    return [[join(folder, `${name.slice(1).toLowerCase()}.abi.json`), contracts[name].abi]]
  }
  const all = {}
  for (const [contract, out] of Object.entries(contracts)) {
    if (out.evm.bytecode.object !== '') all[contract] = { abi: out.abi, bin: '0x' + out.evm.bytecode.object }
  }
  return Object.keys(all).length > 0 ? [[join(folder, `${name}.json`), all]] : [] // only imported by others
}

// One element a line keeps the files readable in a diff.
function text(value) {
  if (Array.isArray(value)) return '[\n' + value.map((v) => '  ' + JSON.stringify(v)).join(',\n') + '\n]\n'
  return JSON.stringify(value, null, 1) + '\n'
}

let stale = 0
for (const file of files) {
  for (const [path, value] of products(file)) {
    if (!check) writeFileSync(path, text(value))
    else if (!existsSync(path) || readFileSync(path, 'utf8') !== text(value)) {
      console.error(`${path} is not what ${file} compiles to: run scripts/solc.sh`)
      stale++
    }
  }
}
process.exit(stale === 0 ? 0 : 1)
