// Data availability as clients see it: the contract by the ABI that the faucet's
// page publishes, and the keys of the devnet's own signers.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Contract, ContractFactory } from 'ethers'
import { secretOf } from './bn254.mjs'
import { network } from './network.mjs'

export const DA = '0x0000000000000000000000000000000000001000'
export const abi = await (await fetch(`${network.abis}/dasigners.json`)).json()
export const contract = (runner) => new Contract(DA, abi, runner)

// secrets of the devnet's signers by address
export const secrets = new Map(network.da.signers.map(({ name, evm_address }) => [
  evm_address, secretOf(readFileSync(join(dirname(process.env.ZG_NETWORK), name, 'da.key'), 'utf8')),
]))

// example deploys a contract of x/dasigners/precompile/examples from its
// committed artifact.
export async function example(name, signer) {
  const { [name]: made } = JSON.parse(readFileSync(new URL(`../../../x/dasigners/precompile/examples/${name}.json`, import.meta.url)))
  return (await new ContractFactory(made.abi, made.bin, signer).deploy()).waitForDeployment()
}
