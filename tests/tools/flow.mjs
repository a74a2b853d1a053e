// The data log from a wallet and from a contract, by ethers and viem; staking
// by its precompile.
import { readFileSync } from 'node:fs'
import { Contract, keccak256, parseEther as zg, randomBytes } from 'ethers'
import { decodeEventLog } from 'viem'
import { check, equal, network, refused } from './lib/network.mjs'
import { deploy, provider, wallet } from './lib/ethers.mjs'
import * as v from './lib/viem.mjs'

const abi = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url)))
const [FLOW, MARKET, STAKING] = ['0x0000000000000000000000000000000000001020', '0x0000000000000000000000000000000000001021', '0x0000000000000000000000000000000000000800']
const flowABI = abi('x/flow/precompile/flow.abi.json')
const me = wallet(8), sent = async (tx) => (await tx).wait()
const flow = new Contract(FLOW, flowABI, me), market = new Contract(MARKET, abi('x/flow/precompile/market.abi.json'), me)
const submit = flow['submit((uint256,bytes,(bytes32,uint256)[]))']
const file = () => [256n, '0x', [[keccak256(randomBytes(256)), 0n]]]

check('the flow has code', (await provider.getCode(FLOW)) !== '0x')
const price = await market.pricePerSector()
equal('the market names the flow', [await market.flow(), price > 0n], [FLOW, true])

// a wallet
const [count, before] = [await flow.numSubmissions(), await provider.getBalance(me.address)]
const receipt = await sent(submit(file(), { value: price + 5n }))
const event = flow.interface.parseLog(receipt.logs.find((l) => l.address === FLOW))
equal('a wallet submits: one entry more, its event names the wallet', [(await flow.numSubmissions()) - count, event.name, event.args.sender, event.args.submission[0]], [1n, 'Submit', me.address, 256n])
equal('a wallet pays gas and endowment, and what is too much for the sectors', before - (await provider.getBalance(me.address)) - receipt.gasUsed * receipt.gasPrice, price + 5n)
await refused('too little is NotEnoughFee(price, sectors, paid)', submit.staticCall(file(), { value: price - 1n }), /NotEnoughFee/)
await refused('a node of another height is a reason in words', submit.staticCall([256n, '0x', [[keccak256('0x'), 3n]]], { value: price * 8n }), /Invalid submission/)
await refused('a plain payment to the flow is refused', me.sendTransaction({ to: FLOW, value: 1n }), /revert|not allowed|unauthorized/i)
equal('the flow keeps no coins at its address', await provider.getBalance(FLOW), 0n)
const friend = network.accounts[1].evm_address
const named = await sent(flow['submit(((uint256,bytes,(bytes32,uint256)[]),address))']([file(), friend], { value: price }))
equal('the newer ABI names a submitter', flow.interface.parseLog(named.logs.find((l) => l.address === FLOW)).args.sender, friend)

// viem, several at once
const viemWallet = v.wallet(8)
const batch = [file(), file(), file()].map(([length, tags, nodes]) => ({ length, tags, nodes: nodes.map(([root, height]) => ({ root, height })) }))
const oldBatch = flowABI.filter((e) => e.name === 'Submit' || (e.name === 'batchSubmit' && !e.inputs[0].components.some((c) => c.name === 'submitter')))
const many = await v.mined(viemWallet.writeContract({ address: FLOW, abi: oldBatch, functionName: 'batchSubmit', args: [batch], value: 3n * price }))
equal('viem submits a batch of three', many.logs.map((l) => decodeEventLog({ abi: oldBatch, ...l }).eventName), ['Submit', 'Submit', 'Submit'])

// a contract
const archive = await deploy(me, 'Archive', 'Archive')
const keep = await sent(archive.keep(keccak256(randomBytes(256)), { value: zg('1') }))
const logs = keep.logs.map((l) => [l.address, (l.address === FLOW ? flow : archive).interface.parseLog(l)])
equal('a contract submits: the flow\'s event names the contract, then its own follows', logs.map(([at, l]) => [at, l.name, l.args[0]]), [[FLOW, 'Submit', await archive.getAddress()], [await archive.getAddress(), 'Kept', (await flow.submissionIndex()) - 1n]])
equal('what was too much is back with the wallet', await provider.getBalance(await archive.getAddress()), 0n)
const caught = await sent(archive.tryKeepForTooLittle(keccak256(randomBytes(256)), { value: price }))
const reason = archive.interface.parseLog(caught.logs[0]).args.reason
equal('a contract catches the refusal and keeps its value', [caught.logs.length, flow.interface.parseError(reason).name, await provider.getBalance(await archive.getAddress())], [1, 'NotEnoughFee', 0n])
equal('it entered nothing', (await flow.submissionIndex()) - 1n, logs[1][1].args[0])

// staking
const staking = new Contract(STAKING, [
  'function delegate(address, string, uint256) returns (bool)', 'function undelegate(address, string, uint256) returns (int64)',
  'function delegation(address, string) view returns (uint256 shares, tuple(string denom, uint256 amount) balance)',
  'event Delegate(address indexed, address indexed, uint256, uint256)',
], me)
const validator = (await (await fetch(`${network.rest}/cosmos/staking/v1beta1/validators`)).json()).validators[0].operator_address
// with room above the estimate: what the stores charge differs from block to
// block with the rewards that a delegation settles
const room = { gasLimit: 600_000n }
const staked = await sent(staking.delegate(me.address, validator, zg('2'), room))
equal('staking precompile: delegate', [staked.status, staked.logs.length > 0, (await staking.delegation(me.address, validator)).balance.amount], [1, true, zg('2')])
await refused('staking precompile: nobody delegates for another', staking.delegate.staticCall(friend, validator, zg('1')), /revert|origin|caller|does not match|unauthorized/i)
await sent(staking.undelegate(me.address, validator, zg('2'), room))
equal('staking precompile: undelegate', (await staking.delegation(me.address, validator)).balance.amount, 0n)
