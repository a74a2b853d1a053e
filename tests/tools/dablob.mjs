// A blob that `zg da put` had confirmed, to contracts: the test names it in
// $ZG_BLOB and serves its chunks with their proofs at $ZG_CHUNKS, as the holders
// of its rows do.
import { parseEther as zg } from 'ethers'
import { contract, example } from './lib/da.mjs'
import { equal, refused } from './lib/network.mjs'
import { deploy, provider, wallet } from './lib/ethers.mjs'

const put = JSON.parse(process.env.ZG_BLOB)
const chunkOf = async (row, chunk) => (await fetch(`${process.env.ZG_CHUNKS}/${row}/${chunk}`)).json()
const [sponsor, reader, sent] = [wallet(8), wallet(9), async (tx) => (await tx).wait()]
const da = contract(reader)
const spoiled = (hex) => hex.slice(0, -1) + (parseInt(hex.at(-1), 16) ^ 1).toString(16)
const blob = await da['getBlob(bytes32)'](put.root)
equal('what zg put is on record', [blob.blobId, blob.dataRoot, blob.dataLen, blob.epoch, blob.quorumId, blob.confirmHeight], [put.blob_id, put.root, put.size_bytes, put.epoch, put.quorum_id, put.confirm_height].map((x) => (typeof x === 'number' ? BigInt(x) : x)))
equal('isConfirmed of it and of another', [await da['isConfirmed(bytes32)'](put.root), await da['isConfirmed(bytes32)'](spoiled(put.root))], [true, false])

const one = await chunkOf(4095, 1)
const verify = async (row, c) => [...(await da.verifyChunk(c.preimage, row, 1, c.data, c.path))]
const none = [false, '0x' + '0'.repeat(64)]
equal('verifyChunk: a chunk of a parity row', await verify(4095, one), [true, put.root])
equal('verifyChunk: one bit away, and in another row', [await verify(4095, { ...one, data: spoiled(one.data) }), await verify(4094, one)], [none, none])

const door = await deploy(reader, 'Quorum', 'QuorumReader')
const opened = await sent(door.open(put.root))
equal('a contract opens for it', [...door.interface.parseLog(opened.logs[0]).args], [put.root, BigInt(put.blob_id)])
await refused('and not for another', door.open.staticCall(spoiled(put.root)), /NotAvailable/)

const bounty = await example('BlobBounty', sponsor)
const offered = await sent(bounty.offer(one.preimage, { value: zg('5') }))
const { id, dataRoot } = bounty.interface.parseLog(offered.logs[0]).args
equal('a sponsor offers a bounty for it', dataRoot, put.root)
const mine = bounty.connect(reader)
const claimed = await sent(mine.claim(id, { value: zg('0.5') }))
const { row, chunk } = bounty.interface.parseLog(claimed.logs[0]).args
const drawn = await chunkOf(row, chunk)
await refused('another chunk than the drawn one collects nothing', mine.collect.staticCall(id, spoiled(drawn.data), drawn.path), /NotTheChunk/)
await refused('nor does somebody else', bounty.collect.staticCall(id, drawn.data, drawn.path), /NotTheClaimant/)
const before = await provider.getBalance(reader.address)
const paid = await sent(mine.collect(id, drawn.data, drawn.path))
equal('who shows the drawn chunk is paid', (await provider.getBalance(reader.address)) - before + paid.gasUsed * paid.gasPrice, zg('5.5'))
