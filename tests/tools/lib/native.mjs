// Native transactions signed by an Ethereum key: EIP-712 typed data over the
// message's amino JSON, as cosmos/evm expects it (ethereum/eip712), and the
// extension that prices a transaction as EIP-1559 does.
import { encodePubkey, makeAuthInfoBytes } from '@cosmjs/proto-signing'
import { StargateClient } from '@cosmjs/stargate'
import { TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import { SigningKey } from 'ethers'
import { privateKeyToAccount } from 'viem/accounts'
import { key, network } from './network.mjs'
import { registry } from './flow.mjs'

export const client = await StargateClient.connect(network.comet_rpc, { broadcastPollIntervalMs: 100 })
export const fee = (gas, price = 2_000_000_000n) => ({ gas: String(gas), amount: [{ denom: 'azg', amount: String(BigInt(gas) * price) }] })
export const modes = { direct: 1, aminoJSON: 127 }
export const pubkey = (n) => encodePubkey({ type: 'os/PubKeyEthSecp256k1', value: Buffer.from(SigningKey.computePublicKey(key(n), true).slice(2), 'hex').toString('base64') })

const field = (name, type) => ({ name, type })
const title = (path) => path.split(/[._]/).map((p) => p[0].toUpperCase() + p.slice(1)).join('')

// typedData is what the wallet shows and signs.
export function typedData({ msg, gasFee, memo, at }) {
  const types = {
    EIP712Domain: [field('name', 'string'), field('version', 'string'), field('chainId', 'uint256'), field('verifyingContract', 'string'), field('salt', 'string')],
    Tx: [...['account_number', 'chain_id'].map((n) => field(n, 'string')), field('fee', 'Fee'), field('memo', 'string'), field('sequence', 'string')],
    Fee: [field('amount', 'Coin[]'), field('gas', 'string')],
    Coin: [field('denom', 'string'), field('amount', 'string')],
  }
  // fields go in descending order, an array has the type of its first element,
  // the object at value.submission has the type TypeValueSubmission0
  const nested = (prefix, object) => {
    const name = prefix.length === 0 ? 'Type' + msg.type.split('/').at(-1) : 'Type' + prefix.map(title).join('')
    types[`${name}0`] = Object.keys(object).sort().reverse().map((k) => {
      const [value, tail] = Array.isArray(object[k]) ? [object[k][0], '[]'] : [object[k], '']
      if (value === undefined) return field(k, 'string[]')
      if (typeof value === 'object') return field(k, nested([...prefix, k], value) + tail)
      return field(k, { string: 'string', number: 'int64', boolean: 'bool' }[typeof value] + tail)
    })
    return `${name}0`
  }
  types.Tx.push(field('msg0', nested([], msg)))
  return {
    domain: { name: 'Cosmos Web3', version: '1.0.0', chainId: network.evm_chain_id, verifyingContract: 'cosmos', salt: '0' },
    types, primaryType: 'Tx',
    message: { account_number: String(at.accountNumber), chain_id: network.chain_id, fee: gasFee, memo, sequence: String(at.sequence), msg0: msg },
  }
}

// send signs a message of account n as typed data and broadcasts it; spoil may
// change the signature or the body before.
export async function sendTyped(n, message, amino, { mode = modes.direct, gas = 400_000, memo = '', spoil = (x) => x } = {}) {
  const at = await client.getSequence(network.accounts[n].address)
  const gasFee = fee(gas)
  const signature = await privateKeyToAccount(key(n)).signTypedData(typedData({ msg: amino, gasFee, memo, at }))
  const tx = spoil({
    bodyBytes: TxBody.encode(TxBody.fromPartial({ messages: [registry.encodeAsAny(message)], memo })).finish(),
    authInfoBytes: makeAuthInfoBytes([{ pubkey: pubkey(n), sequence: at.sequence }], gasFee.amount, gas, undefined, undefined, mode),
    signatures: [Buffer.from(signature.slice(2, 130), 'hex')],
  })
  return client.broadcastTx(TxRaw.encode(TxRaw.fromPartial(tx)).finish(), 20_000, 100) // ms: limit, pause
}
