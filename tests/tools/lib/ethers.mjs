// ethers 6 on the network under test.
import { ContractFactory, JsonRpcProvider, Wallet } from 'ethers'
import { artifact, key, network } from './network.mjs'

export const provider = new JsonRpcProvider(network.evm_rpc, network.evm_chain_id, { staticNetwork: true, pollingInterval: 100, cacheTimeout: -1 })

export const wallet = (n) => new Wallet(key(n), provider)

// deploy deploys a contract of foundry/src and waits for it.
export async function deploy(signer, file, contract, ...args) {
  const { abi, bytecode } = artifact(file, contract)
  const made = await new ContractFactory(abi, bytecode, signer).deploy(...args)
  return made.waitForDeployment()
}
