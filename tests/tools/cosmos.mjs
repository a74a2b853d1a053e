// The native side with cosmjs: transfers, staking, submissions, with Ethereum's
// keys and with Cosmos's own, signed directly and as amino JSON.
import { DirectEthSecp256k1Wallet, DirectSecp256k1Wallet } from '@cosmjs/proto-signing'
import { SigningStargateClient } from '@cosmjs/stargate'
import { Secp256k1Wallet } from '@cosmjs/amino'
import { TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx'
import { getBytes, randomBytes } from 'ethers'
import { check, equal, key, network, refused } from './lib/network.mjs'
import { aminoTypes, priceFloor, registry, submit } from './lib/flow.mjs'

const fee = (gas = 400_000) => ({ gas: String(gas), amount: [{ denom: 'azg', amount: String(BigInt(gas) * 2_000_000_000n) }] })
const coin = (zg) => ({ denom: 'azg', amount: String(BigInt(zg) * 10n ** 18n) })
const connect = (signer) => SigningStargateClient.connectWithSigner(network.comet_rpc, signer, { registry, aminoTypes, broadcastPollIntervalMs: 100 })
const friend = network.accounts[1].address

const ethKey = await DirectEthSecp256k1Wallet.fromKey(getBytes(key(9)), 'zg')
const cosmosSeed = randomBytes(32)
const cosmosKey = await DirectSecp256k1Wallet.fromKey(cosmosSeed, 'zg')
const aminoKey = await Secp256k1Wallet.fromKey(cosmosSeed, 'zg') // the same account, the other sign mode
const address = async (wallet) => (await wallet.getAccounts())[0].address
equal('the Ethereum key has the address of its wallet', await address(ethKey), network.accounts[9].address)

const rich = await connect(ethKey)
equal('cosmjs reads chain id and account', [await rich.getChainId(), (await rich.getAccount(await address(ethKey))).address], [network.chain_id, await address(ethKey)])
const funded = await rich.sendTokens(await address(ethKey), await address(cosmosKey), [coin(1000)], fee())
equal('MsgSend to a new Cosmos account', [funded.code, await rich.getBalance(await address(cosmosKey), 'azg')], [0, coin(1000)])
const validator = (await (await fetch(`${network.rest}/cosmos/staking/v1beta1/validators`)).json()).validators[0].operator_address

for (const [name, wallet] of [['eth_secp256k1', ethKey], ['secp256k1', cosmosKey], ['secp256k1 amino JSON', aminoKey]]) {
  const [client, me] = [await connect(wallet), await address(wallet)]
  const ok = async (what, attempt) => {
    const r = await attempt
    check(`${name}: ${what}`, r.code === 0, r.rawLog)
    return r
  }
  const before = BigInt((await client.getBalance(friend, 'azg')).amount)
  await ok('MsgSend', client.sendTokens(me, friend, [coin(1)], fee()))
  check(`${name}: MsgSend arrives`, BigInt((await client.getBalance(friend, 'azg')).amount) >= before + 10n ** 18n)
  await ok('MsgDelegate', client.delegateTokens(me, validator, coin(3), fee()))
  equal(`${name}: the delegation is there`, await client.getDelegation(me, validator), coin(3))
  await ok('MsgUndelegate', client.undelegateTokens(me, validator, coin(3), fee(600_000)))
  const submitted = await ok('x/flow MsgSubmit', client.signAndBroadcast(me, [submit(me, randomBytes(256))], fee(), 'a memo'))
  const seq = submitted.events.find((e) => e.type.includes('Submit'))?.attributes.find((a) => a.key === 'tx_seq')
  check(`${name}: the submission has a number`, /^"?[1-9]/.test(seq?.value ?? ''), submitted.events)
  const both = await ok('two messages in one transaction', client.signAndBroadcast(me, [submit(me, randomBytes(256)), submit(me, randomBytes(256))], fee(800_000)))
  check(`${name}: gas used is under its limit`, both.gasUsed < 800_000n && both.gasUsed > 0n, both.gasUsed)
  const poor = submit(me, randomBytes(256))
  poor.value.endowment = String(priceFloor - 1n)
  const few = await client.signAndBroadcast(me, [poor], fee())
  check(`${name}: an endowment of one azg too little is refused`, few.code !== 0 && /endowment|price/.test(few.rawLog), few.rawLog)
}
const client = await connect(cosmosKey)
equal('simulation foretells gas', (await client.simulate(await address(cosmosKey), [submit(await address(cosmosKey), randomBytes(256))], '')) > 50_000, true)
await refused('a signature for another chain is refused', async () => {
  const at = await client.getSequence(await address(cosmosKey))
  return client.broadcastTx(TxRaw.encode(await client.sign(await address(cosmosKey), [submit(await address(cosmosKey), randomBytes(256))], fee(), '', { ...at, chainId: 'zg-devnet-2' })).finish())
}, /signature verification failed|unauthorized/)
process.exit(process.exitCode ?? 0)
