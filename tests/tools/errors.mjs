// Every way a contract refuses, as viem shows it: in calls, estimates, receipts.
import { BaseError, ContractFunctionRevertedError } from 'viem'
import { check, equal, refused } from './lib/network.mjs'
import { client, deploy, mined, wallet } from './lib/viem.mjs'

const me = wallet(1)
const probe = await deploy(me, 'Probe', 'Probe')
const call = (functionName, args = []) => client.readContract({ ...probe, functionName, args, account: me.account })
const reverted = async (functionName, args) => {
  try {
    await call(functionName, args)
  } catch (e) {
    if (e instanceof BaseError) return e.walk((x) => x instanceof ContractFunctionRevertedError)
  }
}

const custom = await reverted('refuse')
equal('a custom error comes with name and arguments', [custom?.data?.errorName, custom?.data?.args], ['Refused', [me.account.address, 7n, 'as asked']])
equal('a require comes with its reason', (await reverted('requireNo'))?.reason, 'plain reason')
equal('a panic comes with its code', (await reverted('divide', [1n, 0n]))?.data, { abiItem: (await reverted('divide', [1n, 0n]))?.data?.abiItem, args: [18n], errorName: 'Panic' })
await refused('a bare revert says that it reverted', () => call('bare'), /revert/)
await refused('an invalid opcode says so', () => call('burnGas'), /invalid opcode|INVALID|opcode/i)
await refused('an estimate shows the custom error, too', () => client.estimateContractGas({ ...probe, functionName: 'refuse', account: me.account }), /Refused/)

const failed = await mined(me.writeContract({ ...probe, functionName: 'refuse', gas: 100000n }))
equal('a mined refusal has status reverted and no logs', [failed.status, failed.logs], ['reverted', []])
check('a mined refusal costs the gas used, not the limit', failed.gasUsed < 60000n, failed.gasUsed)
await refused('a mined refusal can be replayed for its error', () => client.call({ to: probe.address, account: me.account, data: '0x' + 'deadbeef', blockNumber: failed.blockNumber }), /revert/)
const hungry = await mined(me.writeContract({ ...probe, functionName: 'burnGas', gas: 90000n }))
equal('an invalid opcode takes all gas', [hungry.status, hungry.gasUsed], ['reverted', 90000n])
