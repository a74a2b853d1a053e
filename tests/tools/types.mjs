// Transactions of types 0, 1, 2 and 4 with ethers; type 3 is refused.
import { getBytes, Interface, parseEther as zg, Transaction, Wallet, ZeroAddress } from 'ethers'
import { check, equal, key, network, refused, rpc } from './lib/network.mjs'
import { deploy, provider, wallet } from './lib/ethers.mjs'

const me = wallet(2), to = Wallet.createRandom().address // accounts dev2, dev3
const probe = await deploy(me, 'Probe', 'Probe')
const slot = (n) => '0x' + n.toString(16).padStart(64, '0')

for (const [type, fields] of [
  [0, { gasPrice: 3_000_000_000n }],
  [1, { gasPrice: 3_000_000_000n, accessList: [{ address: await probe.getAddress(), storageKeys: [slot(0)] }] }],
  [2, { maxFeePerGas: 5_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n, accessList: [{ address: await probe.getAddress(), storageKeys: [slot(0)] }] }],
]) {
  const receipt = await (await probe.store(type + 10, { type, ...fields })).wait()
  const [back, raw] = [await provider.getTransaction(receipt.hash), await rpc('eth_getTransactionReceipt', receipt.hash)]
  equal(`type ${type} is mined as type ${type}`, [receipt.status, back.type, Number(raw.type), await probe.stored()], [1, type, type, BigInt(type + 10)])
  const base = (await provider.getBlock(receipt.blockNumber)).baseFeePerGas
  equal(`type ${type} pays its effective price`, receipt.gasPrice, type === 2 ? base + 1_000_000_000n : 3_000_000_000n)
  if (type > 0) equal(`type ${type} keeps its access list`, back.accessList.length, 1)
}
const fee = { maxFeePerGas: 4_000_000_000n, maxPriorityFeePerGas: 1n }
await refused('a fee cap under the base fee is refused', me.sendTransaction({ to, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n, gasLimit: 21000n }), /fee|underpriced/i)
await refused('another chain id is refused', async () => provider.broadcastTransaction(await wallet(2).connect(null).signTransaction({ type: 2, chainId: 1, nonce: 0, to, gasLimit: 21000n, ...fee })), /chain/i)

const blob = Transaction.from({
  type: 3, chainId: network.evm_chain_id, nonce: await me.getNonce(), to, gasLimit: 30000n, ...fee, maxFeePerBlobGas: 1n, blobVersionedHashes: ['0x01' + 'ab'.repeat(31)],
})
blob.signature = me.signingKey.sign(blob.unsignedHash)
await refused('type 3 (blobs) is refused with a reason', provider.broadcastTransaction(blob.serialized), /type not supported|blob|transaction type/i)

// EIP-7702: dev3 lends its account to code, dev2 pays
const lender = wallet(3), code = await deploy(me, 'Probe', 'Delegate')
const face = new Interface(code.interface.fragments)
const authorize = async (address, chainId = network.evm_chain_id) => lender.authorize({ address, nonce: await lender.getNonce(), chainId })
const calls = (list) => face.encodeFunctionData('run', [list])
const before = await provider.getBalance(to)
const set = await (await me.sendTransaction({
  type: 4, to: lender.address, authorizationList: [await authorize(await code.getAddress())], data: calls([{ to, value: zg('2'), data: '0x' }]), gasLimit: 300000n, ...fee,
})).wait()
equal('type 4 sets the delegation', await provider.getCode(lender.address), '0xef0100' + (await code.getAddress()).slice(2).toLowerCase())
equal('type 4 runs in the lender\'s account', [set.type ?? 4, face.parseLog(set.logs[0]).args[0], (await provider.getBalance(to)) - before], [4, lender.address, zg('2')])
equal('type 4 shows its authorizations', (await rpc('eth_getTransactionByHash', set.hash)).authorizationList.length, 1)
const foreign = await (await me.sendTransaction({ type: 4, to: me.address, authorizationList: [await authorize(to, 1)], gasLimit: 100000n, ...fee })).wait()
check('an authorization of another chain changes nothing', foreign.status === 1 && (await provider.getCode(lender.address)).startsWith('0xef0100' + (await code.getAddress()).slice(2).toLowerCase()))
await (await me.sendTransaction({ type: 4, to: me.address, authorizationList: [await authorize(ZeroAddress)], gasLimit: 100000n, ...fee })).wait()
equal('an authorization of zero clears it', [await provider.getCode(lender.address), getBytes(key(3)).length], ['0x', 32])
