// Native messages by an Ethereum key: EIP-712 typed data and EIP-1559 prices.
import { makeAuthInfoBytes, makeSignBytes, makeSignDoc } from '@cosmjs/proto-signing'
import { AuthInfo, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import { BinaryWriter } from 'cosmjs-types/binary'
import { keccak256, randomBytes, SigningKey } from 'ethers'
import { check, equal, key, network, refused, rpc } from './lib/network.mjs'
import { client, fee, modes, pubkey, sendTyped } from './lib/native.mjs'
import { aminoName, priceFloor, registry, submit, toAmino } from './lib/flow.mjs'

const n = 0, me = network.accounts[n].address, friend = network.accounts[1].address
const coin = (amount) => [{ denom: 'azg', amount: String(amount) }]
const send = (amount = 7) => [
  { typeUrl: '/cosmos.bank.v1beta1.MsgSend', value: { fromAddress: me, toAddress: friend, amount: coin(amount) } },
  { type: 'cosmos-sdk/MsgSend', value: { from_address: me, to_address: friend, amount: coin(amount) } },
]
const flow = () => {
  const message = submit(me, randomBytes(256))
  return [message, { type: aminoName, value: toAmino(message.value) }]
}
const flip = (bytes, at) => Buffer.from(bytes).fill(bytes[at] ^ 1, at, at + 1)

for (const [mode, number] of Object.entries(modes)) {
  for (const [what, make] of [['MsgSend', send], ['x/flow MsgSubmit', flow]]) {
    const name = `EIP-712, ${mode}, ${what}`
    const r = await sendTyped(n, ...make(), { mode: number, memo: 'typed' }).catch((e) => ({ code: -1, rawLog: e.message }))
    check(name, r.code === 0, r.rawLog)
    await refused(`${name}: one bit of the signature`, () => sendTyped(n, ...make(), { mode: number, spoil: (tx) => ({ ...tx, signatures: [flip(tx.signatures[0], 40)] }) }), /signature verification failed|unauthorized/)
    await refused(`${name}: one bit of the body`, () => sendTyped(n, ...make(), { mode: number, memo: 'x', spoil: (tx) => ({ ...tx, bodyBytes: flip(tx.bodyBytes, tx.bodyBytes.length - 1) }) }), /signature verification failed|unauthorized/)
  }
}

// three sectors: a node of height 1 and one of height 0
const message = submit(me, randomBytes(256))
Object.assign(message.value.submission, { sizeBytes: 768, nodes: [{ root: randomBytes(32), height: 1 }, { root: randomBytes(32), height: 0 }] })
message.value.endowment = String(3n * priceFloor)
const three = await sendTyped(n, message, { type: aminoName, value: toAmino(message.value) }).catch((e) => ({ code: -1, rawLog: e.shortMessage ?? e.message }))
check('EIP-712, a submission of several nodes, the last of height 0', three.code === 0, three.rawLog)

// EIP-1559: the fee names a cap, the extension a tip; what is paid is base fee plus tip
const tip = 3n, gas = 200_000, cap = 5_000_000_000n
async function priced(message, maxPriorityPrice) {
  const at = await client.getSequence(me)
  const option = { typeUrl: '/cosmos.evm.ante.v1.ExtensionOptionDynamicFeeTx', value: BinaryWriter.create().uint32(10).string(String(maxPriorityPrice * 10n ** 18n)).finish() } // a decimal of 18 places
  const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages: [registry.encodeAsAny(message)], extensionOptions: [option] })).finish()
  const authInfoBytes = makeAuthInfoBytes([{ pubkey: pubkey(n), sequence: at.sequence }], fee(gas, cap).amount, gas, undefined, undefined, modes.direct)
  const digest = keccak256(makeSignBytes(makeSignDoc(bodyBytes, authInfoBytes, network.chain_id, at.accountNumber)))
  const { r, s } = new SigningKey(key(n)).sign(digest)
  return client.broadcastTx(TxRaw.encode(TxRaw.fromPartial({ bodyBytes, authInfoBytes, signatures: [Buffer.from((r + s.slice(2)).slice(2), 'hex')] })).finish(), 20_000, 100)
}
for (const [what, make] of [['MsgSend', send], ['x/flow MsgSubmit', flow]]) {
  const paid = await priced(make()[0], tip)
  check(`EIP-1559 price, ${what}`, paid.code === 0, paid.rawLog)
  const amount = paid.events.find((e) => e.type === 'tx' && e.attributes.some((a) => a.key === 'fee')).attributes.find((a) => a.key === 'fee').value
  const base = BigInt((await rpc('eth_getBlockByNumber', '0x' + (paid.height - 1).toString(16), false)).baseFeePerGas)
  const mined = BigInt((await rpc('eth_getBlockByNumber', '0x' + paid.height.toString(16), false)).baseFeePerGas)
  check(`EIP-1559 price, ${what}: base fee and tip are paid, not the cap`, [base, mined].some((b) => amount === `${BigInt(gas) * (b + tip)}azg`), `${amount}, base fee ${base} or ${mined}`)
}
await refused('a negative tip is refused', () => priced(send()[0], -1n), /./)
equal('the typed transactions decode', AuthInfo.decode(makeAuthInfoBytes([{ pubkey: pubkey(n), sequence: 0 }], [], 1, undefined, undefined, modes.direct)).signerInfos[0].publicKey.typeUrl, '/cosmos.evm.crypto.v1.ethsecp256k1.PubKey')
process.exit(process.exitCode ?? 0)
