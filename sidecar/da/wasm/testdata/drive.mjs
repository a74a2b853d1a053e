// Runs cases of wasm_test.go in one process: node drive.mjs WASM_EXEC MODULE < cases.json
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { load, sample } from '../sampler.mjs'

const [exec, module] = process.argv.slice(2)
const cases = JSON.parse(readFileSync(0, 'utf8'))
const begin = performance.now()
await import(pathToFileURL(exec))
await load(readFileSync(module))
const out = { loadMillis: performance.now() - begin, verdicts: {} }

// callbacks that no server can be
const odd = {
  never: () => new Promise(() => {}),
  throws: () => { throw new Error('thrown at once') },
  rejects: () => Promise.reject('a word'),
  nothing: () => undefined,
  text: () => 'text',
  endless: () => new Uint8Array(1 << 20),
  thenable: () => ({ get then() { throw new Error('thrown by then') } }),
}

for (const { name, callback, options } of cases) {
  let calls = 0
  const progress = () => { calls++ }
  const from = performance.now()
  try {
    const verdict = await (callback ? globalThis.zgSample({ ...options, preimage: odd[callback], chunk: odd[callback], progress }) : sample({ ...options, progress }))
    out.verdicts[name] = { ...verdict, calls, millis: performance.now() - from }
  } catch (error) {
    out.verdicts[name] = { error: error.message }
  }
}
console.log(JSON.stringify(out))
process.exit(0) // the module would wait for calls
