// What cosmjs has to be told of this chain: the message of x/flow in protobuf
// and in amino JSON (proto/zg/flow/v1/tx.proto).
import { AminoTypes, createDefaultAminoConverters, defaultRegistryTypes } from '@cosmjs/stargate'
import { Registry } from '@cosmjs/proto-signing'
import { BinaryWriter } from 'cosmjs-types/binary'
import { getBytes, keccak256 } from 'ethers'

export const priceFloor = 30733644962n // azg per sector of 256 bytes and period

const writer = (fields) => (value, into = BinaryWriter.create()) => {
  for (const [write, name] of fields) write(into, value[name])
  return into
}
const text = (tag) => (w, v) => v && w.uint32(tag).string(v)
const bytes = (tag) => (w, v) => v?.length && w.uint32(tag).bytes(v)
const uint = (tag) => (w, v) => v && w.uint32(tag).uint64(BigInt(v))
const part = (tag, type) => (w, v) => type(v, w.uint32(tag).fork()).ldelim()

const node = writer([[bytes(10), 'root'], [uint(16), 'height']])
const submission = writer([[uint(8), 'sizeBytes'], [bytes(18), 'tags'], [(w, nodes) => nodes.forEach((n) => part(26, node)(w, n)), 'nodes']])
const encode = writer([[text(10), 'sender'], [uint(16), 'flowId'], [part(26, submission), 'submission'], [text(34), 'endowment'], [text(42), 'submitter']])

export const MsgSubmit = { encode, decode: () => ({}), fromPartial: (v) => v }
export const typeUrl = '/zg.flow.v1.MsgSubmit'

// submit is the message for one sector of data: 256 bytes, its leaf is its root.
export const submit = (sender, data, submitter = '') => ({
  typeUrl,
  value: { sender, flowId: 0, submission: { sizeBytes: 256, tags: new Uint8Array(), nodes: [{ root: getBytes(keccak256(data)), height: 0 }] }, endowment: String(priceFloor), submitter },
})

const base64 = (b) => Buffer.from(b).toString('base64')
export const aminoName = 'zg/x/flow/MsgSubmit'
// amino JSON: 64-bit numbers as text, bytes in base64, empty fields left out
export const toAmino = (v) => ({
  sender: v.sender,
  submission: { size_bytes: String(v.submission.sizeBytes), nodes: v.submission.nodes.map((n) => ({ root: base64(n.root), height: n.height })) },
  endowment: v.endowment,
  ...(v.submitter ? { submitter: v.submitter } : {}),
})
const fromAmino = (a) => ({
  sender: a.sender, flowId: 0, endowment: a.endowment, submitter: a.submitter ?? '',
  submission: { sizeBytes: Number(a.submission.size_bytes), tags: new Uint8Array(), nodes: a.submission.nodes.map((n) => ({ root: Buffer.from(n.root, 'base64'), height: n.height })) },
})

export const registry = new Registry([...defaultRegistryTypes, [typeUrl, MsgSubmit]])
export const aminoTypes = new AminoTypes({ ...createDefaultAminoConverters(), [typeUrl]: { aminoType: aminoName, toAmino, fromAmino } })
