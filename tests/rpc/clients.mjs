// viem and ethers on what used to break them: simulations, block overrides,
// access lists, proofs at the head, heads by hash, pending nonces.
import { readFileSync } from 'node:fs'
import { createPublicClient, createWalletClient, http, webSocket, parseEther, encodeFunctionData, parseAbi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { WebSocketProvider, JsonRpcProvider, Wallet, NonceManager } from 'ethers'
import WebSocket from 'ws'

globalThis.WebSocket ??= WebSocket // Node 20 has none, and viem looks here first

const net = JSON.parse(readFileSync(process.env.ZG_NETWORK))
const [nobody, another] = ['0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222']
const client = createPublicClient({ transport: http(net.evm_rpc) })
const ws = createPublicClient({ transport: webSocket(net.evm_ws), pollingInterval: 100 })
let failed = 0
async function check(name, run) {
  try {
    console.log(`ok   ${name} ${(await run()) ?? ''}`)
  } catch (e) {
    failed++
    console.log(`FAIL ${name}: ${e.stack ?? e}`)
  }
}
const want = (got, wanted) => {
  if (got !== wanted) throw new Error(`got ${got}, want ${wanted}`)
}

await check('viem simulateCalls moves value between calls', async () => {
  const { results } = await client.simulateCalls({
    account: nobody,
    stateOverrides: [{ address: nobody, balance: parseEther('1') }],
    calls: [{ to: another, value: 5n }, { to: another, value: 6n }],
  })
  want(results.map((r) => r.status).join(), 'success,success')
})
await check('viem simulateBlocks overrides the block', async () => {
  const [block] = await client.simulateBlocks({
    blocks: [{
      blockOverrides: { time: 4_000_000_000n, feeRecipient: another },
      stateOverrides: [{ address: nobody, balance: parseEther('1') }],
      calls: [{ account: nobody, to: another, value: 1n }],
    }],
    traceTransfers: true,
  })
  want(block.timestamp, 4_000_000_000n)
  want(block.calls[0].logs.length, 1)
})
await check('viem call with block overrides', async () => {
  const { data } = await client.call({ data: '0x4260005260206000f3', blockOverrides: { time: 77_000_000_000n } })
  want(BigInt(data), 77_000_000_000n)
})
await check('viem createAccessList', async () => {
  const { accessList } = await client.createAccessList({ account: nobody, to: another, data: '0x' })
  want(accessList.length, 0)
})
await check('viem getProof at the head', async () => want((await client.getProof({ address: nobody, storageKeys: ['0x00'] })).address, nobody))
await check('viem estimateFeesPerGas', async () => {
  const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas()
  if (maxFeePerGas < 10n ** 9n || maxPriorityFeePerGas <= 0n) throw new Error(`${maxFeePerGas} ${maxPriorityFeePerGas}`)
})
await check('viem getBlock by an unknown hash is BlockNotFoundError', async () => {
  const name = await client.getBlock({ blockHash: `0x${'de'.repeat(32)}` }).then(() => 'found', (e) => e.name)
  want(name, 'BlockNotFoundError')
})
await check('viem deploys and writes without naming gas or nonce (eth_fillTransaction)', async () => {
  const account = privateKeyToAccount(`0x${readFileSync(net.accounts[1].private_key_file, 'utf8').trim().replace(/^0x/, '')}`)
  const chain = { id: net.evm_chain_id, name: 'devnet', nativeCurrency: { name: 'zg', symbol: 'zg', decimals: 18 }, rpcUrls: { default: { http: [net.evm_rpc] } } }
  const wallet = createWalletClient({ account, chain, transport: http(net.evm_rpc) })
  const mined = async (tx) => client.waitForTransactionReceipt({ hash: await wallet.sendTransaction(tx), pollingInterval: 50 })
  const echo = '6000358060005560005260' + '2a60206000a160206000f3' // stores, logs and returns a word
  const { contractAddress } = await mined({ data: `0x60${(echo.length / 2).toString(16)}8060093d393df3${echo}` })
  const written = await mined({ to: contractAddress, data: `0x${'7'.repeat(64)}` })
  want(written.status, 'success')
  want(written.logs.length, 1)
})
await check('viem watchBlocks over WebSocket, found again by hash', async () => {
  const hashes = await new Promise((resolve, reject) => {
    const seen = []
    const stop = ws.watchBlocks({ onBlock: (b) => { if (seen.push(b.hash) === 3) { stop(); resolve(seen) } }, onError: reject })
  })
  for (const hash of hashes) want((await client.getBlock({ blockHash: hash })).hash, hash)
})
await check('ethers over WebSocket sends three transactions at once and waits', async () => {
  const provider = new WebSocketProvider(net.evm_ws)
  const wallet = new NonceManager(new Wallet(readFileSync(net.accounts[2].private_key_file, 'utf8').trim(), provider)) // ethers remembers answers for 250 ms
  const sent = []
  for (let i = 0; i < 3; i++) sent.push(await wallet.sendTransaction({ to: another, value: 1n }))
  const receipts = []
  for (const tx of sent) receipts.push(await tx.wait()) // one by one: ethers' socket subscriber stops twice otherwise
  want(receipts.map((r) => r.status).join(), '1,1,1')
  want(sent.map((tx) => tx.nonce - sent[0].nonce).join(), '0,1,2')
  await provider.destroy()
})
await check('ethers reads a revert through a state override', async () => {
  const provider = new JsonRpcProvider(net.evm_rpc)
  const data = encodeFunctionData({ abi: parseAbi(['function Error(string)']), args: ['no'] })
  const error = await provider.send('eth_call', [{ to: nobody, data }, 'safe', { [nobody]: { code: '0x366000600037366000fd' } }]).catch((e) => e)
  want(error.error?.code ?? error.info?.error?.code, 3)
  provider.destroy()
})
process.exit(failed ? 1 : 0)
