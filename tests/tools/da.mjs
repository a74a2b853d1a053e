// Data availability by its contract: what ethers and viem read of the quorum,
// what Solidity verifies, a signer that registers, a batch that is ordered,
// signed and confirmed by an ordinary wallet.
import { getBytes, hexlify, keccak256, randomBytes } from 'ethers'
import { parseEventLogs } from 'viem'
import { bits, epochPoint, keyOf, registrationPoint, secretOf, signPoint, sumG1, sumG2 } from './lib/bn254.mjs'
import { abi, contract, DA, example, secrets } from './lib/da.mjs'
import { check, equal, gap, network, refused, rpc } from './lib/network.mjs'
import { deploy, provider, wallet } from './lib/ethers.mjs'
import * as v from './lib/viem.mjs'

const [me, sent] = [wallet(9), async (tx) => (await tx).wait()]
const da = contract(me)
const ids = network.da.signers.map((s) => s.evm_address)

// reads
const params = await da.params()
const epoch = await da.epochNumber()
const count = await da.quorumCount(epoch)
check('parameters, an epoch, quorums', params.encodedSlices === 4096n && params.maxQuorums > 0n && count > 0n, [...params, epoch, count].join(' '))
const quorum = await da.getQuorum(epoch, 0)
equal('a seat for each row, all of them the signers\'', [BigInt(quorum.length), [...new Set(quorum)].sort()], [params.encodedSlices, [...ids].sort()])
equal('one seat alone', await da.getQuorumRow(epoch, 0, 4095), quorum[4095])
equal('who is a signer', [await da.isSigner(ids[0]), await da.isSigner(me.address)], [true, false])
const members = await da.getMembers(epoch, 0)
equal('members count the seats', members.seats.reduce((a, b) => a + b, 0n), params.encodedSlices)
const details = await da.getSigner([...ids])
equal('signers: sockets and both halves of their keys', details.map((d) => [d.signer, d.socket, d.pkG1.toObject(), d.pkG2.X, d.pkG2.Y]),
  network.da.signers.map((s) => [s.evm_address, s.socket, keyOf(secrets.get(s.evm_address)).pkG1, ...Object.values(keyOf(secrets.get(s.evm_address)).pkG2)]))
await refused('a quorum that is not', da.getQuorum(epoch, 99), /QuorumNotFound/)
await refused('a signer that is not', da.getSigner([me.address]), /SignerNotFound/)
const byViem = (functionName, ...args) => v.client.readContract({ address: DA, abi, functionName, args })
equal('viem reads the same', [await byViem('epochNumber') >= epoch, await byViem('quorumCount', epoch), await byViem('getQuorum', epoch, 0n), (await byViem('getSigner', ids)).map((d) => d.socket)], [true, count, [...quorum], details.map((d) => d.socket)])

// a contract that forge compiled against @zgd/dasigners
const reader = await deploy(me, 'Quorum', 'QuorumReader')
const { epoch: now, ...seen } = (await reader.look(epoch, 0)).toObject()
equal('Solidity reads epoch, quorum and signers', [now >= epoch, seen], [true, { quorums: count, seats: params.encodedSlices, first: quorum[0], socket: details[ids.indexOf(quorum[0])].socket }])

// an order, its signatures, its confirmation
const root = keccak256(randomBytes(32))
const { fee, profile } = await da.quote(100_000)
const before = await provider.getBalance(me.address)
const submitBlobs = da['submitBlobs(uint8,bytes32[],uint64[])']
await refused('too small a value orders nothing', submitBlobs.staticCall(profile, [root], [100_000], { value: fee - 1n }), /FeeTooHigh/)
const ordered = await sent(submitBlobs(profile, [root], [100_000], { value: fee + 7n }))
const order = da.interface.parseLog(ordered.logs.find((l) => l.address === DA)).args
equal('a wallet orders a blob and pays the fee alone', [order.submitter, [...order.dataRoots], before - (await provider.getBalance(me.address)) - ordered.gasUsed * ordered.gasPrice], [me.address, [root], fee])
equal('it is not confirmed', await da['isConfirmed(bytes32)'](root), false)

const at = [order.epoch, order.quorumId]
const { members: named, seats } = await da.getMembers(...at)
const few = [], enough = []
named.reduce((held, m, i) => (3n * held < 2n * params.encodedSlices ? (enough.push(i), held + seats[i]) : held), 0n)
few.push(...enough.slice(1))
const message = await da.batchMessage(...at, [root], [order.firstBlobId])
const point = (await da.hashToG1(message)).toObject()
const signed = (who, over = point) => sumG1(who.map((i) => signPoint(secrets.get(named[i]), over)))
const bitmap = (who) => bits(named.length, who)

const judge = await example('QuorumSignature', me)
const holders = await da.getQuorum(...at)
const seatBitmap = (who) => bits(holders.length, holders.flatMap((h, i) => (who.some((m) => named[m] === h) ? [i] : [])))
const keys = (who) => sumG2(who.map((i) => keyOf(secrets.get(named[i])).pkG2))
const verify = (who, sig = signed(who), text = message) => judge.verify(...at, seatBitmap(who), text, keys(who), sig)
const other = getBytes(message).map((b, i) => (i === 40 ? b ^ 1 : b))
equal('Solidity verifies an aggregate signature by Ethereum\'s pairing', await verify(enough), true)
equal('and not one of other keys, of another message, of too few', [await verify(enough, signed(few)), await verify(enough, signed(enough), other), await verify(few)], [false, false, false])
const native = (who, sig = signed(who), text = message) => judge.native(...at, bitmap(who), text, sig)
equal('the chain says the same', [await native(enough), await native(enough, signed(few)), await native(enough, signed(enough), other), await native(few)], [true, false, false, false])
const { aggPkG1, hit } = await da.getAggPkG1(...at, seatBitmap(enough))
equal('the sum of the keys is that of the signers', [aggPkG1.toObject(), hit], [sumG1(enough.map((i) => keyOf(secrets.get(named[i])).pkG1)), enough.reduce((a, i) => a + seats[i], 0n)])

await refused('too few seats confirm nothing', da.confirmBatch.staticCall([order.firstBlobId], bitmap(few), signed(few)), /TooFewSeats/)
await refused('nor does a signature of others', da.confirmBatch.staticCall([order.firstBlobId], bitmap(enough), signed(few)), /InvalidSignature/)
const confirmed = await v.mined(v.wallet(9).writeContract({ address: DA, abi, functionName: 'confirmBatch', args: [[order.firstBlobId], `0x${Buffer.from(bitmap(enough)).toString('hex')}`, signed(enough)] }))
const [event] = parseEventLogs({ abi, logs: confirmed.logs })
equal('viem confirms it', [event.eventName, event.args.blobIds, event.args.hitSeats, await da['isConfirmed(bytes32)'](root)], ['BlobsConfirmed', [order.firstBlobId], hit, true])
check('a confirmation is a few hundred bytes', (await provider.getTransaction(confirmed.transactionHash)).data.length / 2 < 500)

// a signer, by the words of 0G's clients
const chain = BigInt(network.evm_chain_id)
const secret = secretOf(hexlify(randomBytes(31)).slice(2)), key = keyOf(secret) // a key is registered once
const possession = signPoint(secret, registrationPoint(me.address, chain))
const detail = { signer: me.address, socket: 'signer.example:34000', ...key }
await refused('nobody registers for another', da.registerSigner.staticCall({ ...detail, signer: ids[0] }, possession), /NotTheSigner/)
await refused('nor a key that it does not hold', da.registerSigner.staticCall(detail, signPoint(secret, registrationPoint(me.address, chain + 1n))), /InvalidSignature/)
const registered = await sent(da.registerSigner(detail, possession))
equal('a wallet registers a signer', [await da.isSigner(me.address), (await da.getSigner([me.address]))[0].socket], [true, detail.socket])
const moved = await sent(da.updateSocket('signer.example:34001'))
const topics = ['0x679917c2006df1daaa987a56bf1d66e99764d5ad317892d9e83a6eb4e3f051e7', '0x09617a966176a40f8f1410768b118506db0096484acd5811064fcc12038798de']
const logs = await provider.getLogs({ address: DA, fromBlock: registered.blockNumber, toBlock: moved.blockNumber, topics: [topics] })
equal('getLogs has 0G\'s topics', [...new Set(logs.map((l) => l.topics[0]))].sort(), topics.toSorted())
equal('and their values', parseEventLogs({ abi, logs }).filter((l) => l.eventName === 'SocketUpdated').at(-1).args, { signer: me.address, socket: 'signer.example:34001' })
const next = (await da.epochNumber()) + 1n
await refused('a new signer without stake is not in the next epoch', da['registerNextEpoch((uint256,uint256))'].staticCall(signPoint(secret, epochPoint(me.address, next, chain))), /NoVotes|RegistrationClosed/)
await refused('makeEpoch by a payment is refused', me.sendTransaction({ to: DA, data: da.interface.encodeFunctionData('makeEpoch'), value: 1n }), /revert/i)
await sent(da.unregisterSigner())
equal('and leaves with its deposit, as it signed nothing', await da.isSigner(me.address), false)

// what proposers inject is in no Ethereum block
const number = confirmed.blockNumber, hex = `0x${number.toString(16)}`
const txs = (await (await fetch(`${network.comet_rpc}/block?height=${number}`)).json()).result.block.data.txs.map((tx) => Buffer.from(tx, 'base64'))
const block = await rpc('eth_getBlockByNumber', hex, true)
const receipts = await rpc('eth_getBlockReceipts', hex)
const traces = await rpc('debug_traceBlockByNumber', hex, { tracer: 'callTracer' })
equal('the block begins with the beacon\'s transaction', [txs[0].subarray(1, 17).toString(), txs.length - block.transactions.length], ['zgd/beacon/tx/v1', 1])
equal('Ethereum\'s count from 0 without it', [block, { transactions: receipts }].map((b) => b.transactions.map((t) => Number(t.transactionIndex))), [0, 0].map(() => block.transactions.map((_, i) => i)))
equal('receipts name the same transactions in the same order', receipts.map((r) => r.transactionHash), block.transactions.map((t) => t.hash))
equal('traces are of the same transactions in the same order', traces.map((t) => [t.result.from, t.result.to, t.result.input]), block.transactions.map((t) => [t.from, t.to, t.input]))
gap('traces of a block name their transactions', traces.every((t, i) => t.txHash === block.transactions[i].hash), 'no txHash, as geth has it')
