// eth_call with state overrides and at old blocks; traces where debug is on.
import { encodeFunctionData, numberToHex, pad, parseEther as zg } from 'viem'
import { artifact, check, equal, network, rpc } from './lib/network.mjs'
import { client, deploy, mined, wallet } from './lib/viem.mjs'

const me = wallet(8), nobody = '0x00000000000000000000000000000000000b0b00'
const probe = await deploy(me, 'Probe', 'Probe')
const read = (stateOverride, more = {}) => client.readContract({ ...probe, functionName: 'stored', stateOverride, ...more })
await mined(me.writeContract({ ...probe, functionName: 'store', args: [41n] }))
const old = await client.getBlockNumber()
const stored = await mined(me.writeContract({ ...probe, functionName: 'store', args: [42n] }))
equal('a call at an old block sees its state', [await read(undefined, { blockNumber: old }), await read()], [41n, 42n])

const word = (n) => pad(numberToHex(n))
equal('override of one slot (stateDiff)', await read([{ address: probe.address, stateDiff: [{ slot: word(0), value: word(99) }] }]), 99n)
equal('override of all slots (state)', await read([{ address: probe.address, state: [{ slot: word(5), value: word(1) }] }]), 0n)
const code = await client.getCode({ address: probe.address })
equal('override of code and slot at an empty address', await client.readContract({ address: nobody, abi: probe.abi, functionName: 'stored', stateOverride: [{ address: nobody, code, stateDiff: [{ slot: word(0), value: word(7) }] }] }), 7n)
const spend = { account: nobody, to: probe.address, value: zg('5'), data: encodeFunctionData({ ...probe, functionName: 'ping', args: [1n] }) }
check('without coins a call with value fails', await client.call(spend).then(() => false, (e) => /insufficient/i.test(e.message)))
check('override of a balance pays for it', await client.call({ ...spend, stateOverride: [{ address: nobody, balance: zg('6') }] }).then(() => true, (e) => e.message))
equal('nothing of it stays', [await read(), await client.getBalance({ address: nobody })], [42n, 0n])
const facts = await client.readContract({ ...probe, functionName: 'blockFacts', blockNumber: old })
const block = await client.getBlock({ blockNumber: old })
equal('a call at an old block sees its number, time, chain', facts.slice(0, 3), [old, block.timestamp, BigInt(network.evm_chain_id)])
equal('multicall packs calls into one', (await client.multicall({ contracts: [{ ...probe, functionName: 'stored' }, { ...probe, functionName: 'refuse' }] })).map((r) => r.status), ['success', 'failure'])
const { gasUsed, gasLimit } = { gasUsed: stored.gasUsed, gasLimit: await client.estimateContractGas({ ...probe, functionName: 'store', args: [42n], account: me.account }) }
check('an estimate covers what is used and not twice that', gasLimit < 2n * gasUsed && gasLimit >= 21000n, `${gasLimit} for ${gasUsed}`)
await mined(me.writeContract({ ...probe, functionName: 'store', args: [43n], gas: await client.estimateContractGas({ ...probe, functionName: 'store', args: [43n], account: me.account }) }))
check('a transaction with the estimate as limit succeeds', (await read()) === 43n)

const filled = await rpc('eth_fillTransaction', { from: me.account.address, to: probe.address, data: encodeFunctionData({ ...probe, functionName: 'store', args: [44n] }) })
check('eth_fillTransaction fills in enough gas', Number(filled.tx?.gas) >= Number(gasUsed), `${Number(filled.tx?.gas)} for ${gasUsed}`)

// traces: the debug namespace is off by default, this devnet has it on
const tracer = (name, config) => rpc('debug_traceTransaction', stored.transactionHash, { tracer: name, tracerConfig: config })
const call = await tracer('callTracer')
equal('callTracer', [call.type, call.from, call.to, Number(call.gasUsed)], ['CALL', me.account.address.toLowerCase(), probe.address, Number(gasUsed)])
const diff = await tracer('prestateTracer', { diffMode: true })
const [before, after] = [diff.pre[probe.address].storage[word(0)], diff.post[probe.address].storage[word(0)]]
equal('prestateTracer shows the slot that changed', [before, after], [word(41), word(42)])
const steps = await rpc('debug_traceTransaction', stored.transactionHash, {})
check('the opcode trace ends well and names SSTORE', steps.failed === false && steps.structLogs.some((s) => s.op === 'SSTORE'))
const traced = await rpc('debug_traceBlockByNumber', numberToHex(stored.blockNumber), { tracer: 'callTracer' })
check('a block is traced', Array.isArray(traced) && traced.some((t) => (t.result ?? t).to === probe.address), JSON.stringify(traced).slice(0, 300))
const foretold = await rpc('debug_traceCall', { from: me.account.address, to: probe.address, data: encodeFunctionData({ ...probe, functionName: 'store', args: [1n] }) }, 'latest', { tracer: 'callTracer' })
equal('a call that was never sent is traced', [foretold.type, foretold.to, artifact('Probe', 'Probe').abi.length > 0], ['CALL', probe.address, true])
