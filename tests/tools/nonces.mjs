// Many transactions of one account at once, gaps, replacement, and the texts by
// which wallets recognize refusals.
import { check, equal, network, refused, rpc, sleep, until } from './lib/network.mjs'
import { provider, wallet } from './lib/ethers.mjs'

const me = wallet(4), to = '0x000000000000000000000000000000000000dEaD'
const fees = (gwei) => ({ maxFeePerGas: BigInt(gwei) * 10n ** 9n, maxPriorityFeePerGas: BigInt(gwei) * 10n ** 8n })
const signed = (nonce, { gwei = 3, value = 1n } = {}) => me.signTransaction({ type: 2, chainId: network.evm_chain_id, nonce, to, value, gasLimit: 21000n, ...fees(gwei) })
const send = async (...args) => rpc('eth_sendRawTransaction', await signed(...args))
const receipts = (hashes) => Promise.all(hashes.map((h) => provider.waitForTransaction(h, 1, 20_000)))
const pending = async () => Number(await rpc('eth_getTransactionCount', me.address, 'pending'))
let next = await pending()

// 60 in one breath
const burst = await Promise.all(Array.from({ length: 60 }, (_, i) => send(next + i)))
check('a burst of 60 is taken', burst.every((h) => typeof h === 'string'), burst.find((h) => h.error))
const order = (await receipts(burst)).map((r) => [r.blockNumber, r.index])
check('a burst is mined in nonce order', order.every((o, i) => i === 0 || o[0] > order[i - 1][0] || (o[0] === order[i - 1][0] && o[1] > order[i - 1][1])), order)
next += 60

// one, and the next nonce asked for at once, as a wallet does
const single = await send(next)
// the pool takes it in beside the answer, some milliseconds later at most
check('the pending nonce counts a transaction that was just taken', await until('the pending nonce', async () => (await pending()) === next + 1, 2000))
await receipts([single])
next += 1

// the last first
const gapped = [await send(next + 2), await send(next + 1)]
equal('a gap waits', await pending(), next)
const receipt = await Promise.race([rpc('eth_getTransactionReceipt', gapped[0]), sleep(1500)])
check('the receipt of what waits is null at once', receipt === null, 'no answer within 1.5 s')
const waiting = await rpc('eth_getTransactionByHash', gapped[0])
check('what waits is found by its hash', waiting?.hash === gapped[0] && waiting.blockNumber === null, waiting)
const pool = await rpc('txpool_contentFrom', me.address)
equal('txpool shows what waits', Object.keys(pool.queued ?? {}).map(Number).sort(), [next + 1, next + 2])
await refused('a replacement that pays 5 % more is underpriced', async () => provider.broadcastTransaction(await me.signTransaction({ type: 2, chainId: network.evm_chain_id, nonce: next + 1, to, gasLimit: 21000n, maxFeePerGas: 3_150_000_000n, maxPriorityFeePerGas: 315_000_000n })), /underpriced/)
const better = await send(next + 1, { gwei: 5, value: 2n })
const filled = [await send(next), better, gapped[0]]
equal('a gap that is filled is mined', (await receipts(filled)).map((r) => r.status), [1, 1, 1])
equal('the replaced one is gone', await provider.getTransaction(gapped[1]), null)
next += 3

await refused('a spent nonce is "nonce too low"', async () => provider.broadcastTransaction(await signed(next - 1, { gwei: 9 })), /nonce too low|nonce has already been used/i)
const twice = await signed(next + 5)
await provider.broadcastTransaction(twice)
await refused('the same again is "already known"', provider.broadcastTransaction(twice), /already known/i)
await refused('more than one has is "insufficient funds"', async () => provider.broadcastTransaction(await signed(next, { value: 10n ** 30n })), /insufficient funds/i)
await refused('too little gas is "intrinsic gas too low"', async () => provider.broadcastTransaction(await me.signTransaction({ type: 2, chainId: network.evm_chain_id, nonce: next, to, gasLimit: 20999n, ...fees(3) })), /intrinsic gas/i)
await refused('more gas than a block has', async () => provider.broadcastTransaction(await me.signTransaction({ type: 2, chainId: network.evm_chain_id, nonce: next, to, gasLimit: 90_000_000n, ...fees(3) })), /exceeds block gas limit|gas limit too high/i)

// a wallet cancels: the same nonce, to itself, dearer; nonce 5 ahead still waits
for (let i = 0; i < 5; i++) await send(next + i)
await until('the queue drains', async () => (await pending()) === next + 6 && Number(await rpc('eth_getTransactionCount', me.address, 'latest')) === next + 6)
check('nothing is left in the queue', true)
