// newHeads, logs and newPendingTransactions over WebSocket, with viem and bare.
import Socket from 'ws'
import { check, equal, network, until } from './lib/network.mjs'
import { client, deploy, live, mined, wallet } from './lib/viem.mjs'

const me = wallet(6)
const probe = await deploy(me, 'Probe', 'Probe')

// bare: what a subscriber is sent
const socket = new Socket(network.evm_ws, { origin: 'http://localhost:3000' }) // as a web page does
await new Promise((open, failed) => socket.on('open', open).on('error', failed))
const answers = new Map(), sent = new Map()
socket.on('message', (text) => {
  const m = JSON.parse(text)
  if (m.id) answers.set(m.id, m)
  else sent.set(m.params.subscription, [...(sent.get(m.params.subscription) ?? []), m.params.result])
})
let id = 0
async function ask(method, ...params) {
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }))
  return until(method, () => answers.get(id))
}
const heads = (await ask('eth_subscribe', 'newHeads')).result
const logs = (await ask('eth_subscribe', 'logs', { address: probe.address })).result
const pool = (await ask('eth_subscribe', 'newPendingTransactions')).result
check('a web page may subscribe', [heads, logs, pool].every((s) => typeof s === 'string'))

// viem: what an application sees
const socketClient = live(), seen = { blocks: [], logs: [], pending: [] }
const stops = [
  socketClient.watchBlocks({ onBlock: (b) => seen.blocks.push(b) }),
  socketClient.watchContractEvent({ ...probe, eventName: 'Ping', onLogs: (l) => seen.logs.push(...l) }),
  socketClient.watchPendingTransactions({ onTransactions: (h) => seen.pending.push(...h) }),
]
await until('viem has seen a block', () => seen.blocks.length > 0)
const receipt = await mined(me.writeContract({ ...probe, functionName: 'ping', args: [3n] }))
const block = await client.getBlock({ blockNumber: receipt.blockNumber })
await until('viem has seen the next block', () => seen.blocks.some((b) => b.number > block.number))

const head = (sent.get(heads) ?? []).find((h) => Number(h.number) === Number(block.number))
equal('newHeads has the block\'s hash', head?.hash, block.hash)
equal('newHeads has parent, gas and base fee', [head?.parentHash, Number(head?.gasUsed), Number(head?.gasLimit), BigInt(head?.baseFeePerGas ?? 0)], [block.parentHash, Number(block.gasUsed), Number(block.gasLimit), block.baseFeePerGas])
const numbers = sent.get(heads).map((h) => Number(h.number))
equal('newHeads leaves out none', numbers, numbers.map((_, i) => numbers[0] + i))
equal('logs are sent once, with their place', (sent.get(logs) ?? []).map((l) => [l.transactionHash, Number(l.logIndex), l.blockHash]), receipt.logs.map((l) => [l.transactionHash, l.logIndex, l.blockHash]))
check('a pending transaction is announced', (sent.get(pool) ?? []).includes(receipt.transactionHash))
equal('viem watches events', seen.logs.map((l) => l.args.number), [0n, 1n, 2n])
check('viem watches pending transactions', seen.pending.includes(receipt.transactionHash))
check('viem watches blocks in order', seen.blocks.every((b, i) => i === 0 || b.number === seen.blocks[i - 1].number + 1n))
for (const stop of stops) stop()

equal('eth_unsubscribe', (await ask('eth_unsubscribe', heads)).result, true)
const count = sent.get(heads).length, now = await client.getBlockNumber()
await until('two more blocks', async () => (await client.getBlockNumber()) > now + 1n)
equal('after it nothing comes', sent.get(heads).length, count)
check('an unknown subscription is an error', 'error' in (await ask('eth_subscribe', 'nonsense')))
process.exit(process.exitCode ?? 0) // viem's socket has no close
