// The network under test and the result lines: "ok NAME", or "FAIL NAME: WHY"
// and exit code 1.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const network = JSON.parse(readFileSync(process.env.ZG_NETWORK, 'utf8'))

// key n is dev<n>'s; every script uses keys of its own, they run side by side.
export const key = (n) => '0x' + readFileSync(network.accounts[n].private_key_file, 'utf8').trim()

// artifact is what forge built of foundry/src: {abi, bytecode}.
export function artifact(file, contract) {
  const { abi, bytecode } = JSON.parse(readFileSync(join(process.env.ZG_ARTIFACTS, `${file}.sol`, `${contract}.json`), 'utf8'))
  return { abi, bytecode: bytecode.object }
}

const show = (v) => JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? `${x}` : x)) ?? String(v)

export function check(name, holds, detail = '') {
  if (holds) return console.log(`ok ${name}`)
  console.log(`FAIL ${name}: ${typeof detail === 'string' ? detail : show(detail)}`)
  process.exitCode = 1
}

export const equal = (name, got, want) => check(name, show(got) === show(want), `got ${show(got)}, want ${show(want)}`)

// gap is a check of what is known not to hold yet (README.md, "Gaps"): it says so
// and fails nothing.
export const gap = (name, holds, detail = '') => console.log(holds ? `ok ${name}` : `gap ${name}: ${detail}`)

// refused wants an error whose text (with all its causes) matches.
export async function refused(name, attempt, pattern) {
  try {
    check(name, false, `accepted: ${show(await (typeof attempt === 'function' ? attempt() : attempt))}`)
  } catch (e) {
    const text = [e.shortMessage, e.message, e.details, e.cause?.message, e.cause?.details, show(e.info ?? null)].join(' | ')
    check(name, pattern.test(text), text)
  }
}

// rpc is a bare JSON-RPC call: the answer, or {error}.
export async function rpc(method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await (await fetch(network.evm_rpc, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json()
  return answer.error ? { error: answer.error } : answer.result
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// until waits for a value that is not null, undefined or false.
export async function until(what, read, limitMs = 15_000) {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(50)) {
    const got = await read()
    if (got) return got
  }
  throw new Error(`not within ${limitMs} ms: ${what}`)
}

process.on('unhandledRejection', (e) => {
  console.log(`FAIL the script ended early: ${e?.stack ?? e}`)
  process.exit(1)
})
