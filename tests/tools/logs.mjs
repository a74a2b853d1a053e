// Logs of several transactions in one block, queries, filters.
import { encodeFunctionData, numberToHex, pad, parseEventLogs, toEventSelector } from 'viem'
import { check, equal, network, refused, rpc, sleep, until } from './lib/network.mjs'
import { client, deploy, mined, wallet } from './lib/viem.mjs'

const me = wallet(5)
const probe = await deploy(me, 'Probe', 'Probe')
const ping = toEventSelector('Ping(address,uint256,string)')
const filters = {
  logs: await rpc('eth_newFilter', { address: probe.address }),
  second: await rpc('eth_newFilter', { address: probe.address, topics: [ping, null, pad('0x1')] }),
  blocks: await rpc('eth_newBlockFilter'),
  pending: await rpc('eth_newPendingTransactionFilter'),
}
check('filters are made', Object.values(filters).every((f) => typeof f === 'string'), JSON.stringify(filters))

// eight transactions of 1 to 3 logs each, signed first and sent at once, and one that fails between them
const gas = { gas: 200000n, maxFeePerGas: 5_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
const [first, data] = [await client.getTransactionCount(me.account), (times) => encodeFunctionData({ ...probe, functionName: 'ping', args: [times] })]
const sign = (i) => me.account.signTransaction({ type: 'eip1559', chainId: network.evm_chain_id, nonce: first + i, to: probe.address, ...gas, data: i === 3 ? '0xdeadbeef' : data(BigInt(1 + (i % 3))) })
const signed = await Promise.all(Array.from({ length: 8 }, (_, i) => sign(i)))
const hashes = await Promise.all(signed.map((serializedTransaction) => client.sendRawTransaction({ serializedTransaction })))
const receipts = await Promise.all(hashes.map((h) => mined(h)))
equal('the failing one fails alone', receipts.map((r) => r.status === 'success'), [0, 1, 2, 3, 4, 5, 6, 7].map((i) => i !== 3))

let together = 0
for (const number of new Set(receipts.map((r) => r.blockNumber))) {
  const ours = receipts.filter((r) => r.blockNumber === number).sort((a, b) => a.transactionIndex - b.transactionIndex)
  together = Math.max(together, ours.length)
  const block = await client.getBlock({ blockNumber: number })
  const all = await rpc('eth_getBlockReceipts', numberToHex(number))
  equal(`block ${number}: receipts are in the block's order`, all.map((r) => r.transactionHash), block.transactions)
  equal(`block ${number}: log indexes count through the block`, all.flatMap((r) => r.logs.map((l) => Number(l.logIndex))), all.flatMap((r) => r.logs).map((_, i) => i))
  equal(`block ${number}: cumulative gas adds up`, all.map((r) => Number(r.cumulativeGasUsed)), all.map((_, i) => all.slice(0, i + 1).reduce((sum, r) => sum + Number(r.gasUsed), 0)))
  equal(`block ${number}: every log names block and transaction`, ours.flatMap((r) => r.logs).every((l) => l.blockHash === block.hash && hashes.includes(l.transactionHash)), true)
  const queried = await rpc('eth_getLogs', { blockHash: block.hash })
  equal(`block ${number}: eth_getLogs by hash gives the receipts' logs`, queried, all.flatMap((r) => r.logs))
}
check('several shared a block', together > 1, `at most ${together}`)

const [from, to] = [receipts[0].blockNumber, receipts.at(-1).blockNumber]
const range = await client.getLogs({ address: probe.address, fromBlock: from, toBlock: to })
equal('eth_getLogs by range', range.length, 14)
equal('a log is decoded', parseEventLogs({ abi: probe.abi, logs: range })[0].args, { from: me.account.address, number: 0n, text: 'ping' })
equal('topics select: the second of each', (await rpc('eth_getLogs', { address: probe.address, fromBlock: numberToHex(from), toBlock: numberToHex(to), topics: [ping, [pad(me.account.address.toLowerCase())], pad('0x1')] })).length, 5)
equal('another topic gives nothing', await rpc('eth_getLogs', { address: probe.address, fromBlock: numberToHex(from), toBlock: numberToHex(to), topics: [pad('0x1')] }), [])

const gathered = []
await until('the log filter has all', async () => gathered.push(...(await rpc('eth_getFilterChanges', filters.logs))) && gathered.length >= 14)
equal('eth_getFilterChanges gives each log once', gathered.map((l) => [l.blockNumber, l.logIndex]), range.map((l) => [numberToHex(l.blockNumber), numberToHex(l.logIndex)]))
await sleep(700)
equal('a filter gives nothing twice', await rpc('eth_getFilterChanges', filters.logs), [])
equal('a filter by topic', (await rpc('eth_getFilterChanges', filters.second)).length, 5)
const blocks = await rpc('eth_getFilterChanges', filters.blocks)
const known = await Promise.all(blocks.slice(-3).map((h) => rpc('eth_getBlockByHash', h, false)))
check('a block filter gives hashes of blocks', blocks.length > 0 && known.every((b) => b?.number), JSON.stringify(blocks.slice(-3)))
const seen = await rpc('eth_getFilterChanges', filters.pending)
check('a pending filter gives our transactions', hashes.every((h) => seen.includes(h)), `${seen.length} of ${hashes.length}`)
equal('eth_uninstallFilter, once', [await rpc('eth_uninstallFilter', filters.logs), await rpc('eth_uninstallFilter', filters.logs)], [true, false])
check('a removed filter is an error', (await rpc('eth_getFilterChanges', filters.logs)).error?.message.includes('not found'))
await refused('a range that ends before it begins', client.getLogs({ fromBlock: to, toBlock: from - 1n }), /range|invalid/i)
