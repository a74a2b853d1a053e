// viem on the network under test.
import { createRequire } from 'node:module'
import { createPublicClient, createWalletClient, defineChain, http, webSocket } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { artifact, key, network } from './network.mjs'

globalThis.WebSocket ??= createRequire(import.meta.url)('ws') // Node.js has its own from version 22 on

export const chain = defineChain({
  id: network.evm_chain_id, name: network.chain_id, nativeCurrency: { name: 'ZG', symbol: 'ZG', decimals: 18 },
  rpcUrls: { default: { http: [network.evm_rpc], webSocket: [network.evm_ws] } },
  contracts: { multicall3: { address: '0xcA11bde05977b3631167028862bE2a173976CA11' } },
})

export const client = createPublicClient({ chain, transport: http(), pollingInterval: 100, cacheTime: 0 })
export const live = () => createPublicClient({ chain, transport: webSocket(network.evm_ws, { reconnect: false }) })
export const wallet = (n) => createWalletClient({ chain, transport: http(), account: privateKeyToAccount(key(n)) })
export const mined = async (hash) => client.waitForTransactionReceipt({ hash: await hash, timeout: 20_000 })

// deploy deploys a contract of foundry/src: {address, abi}.
export async function deploy(from, file, contract, { args = [], value } = {}) {
  const { abi, bytecode } = artifact(file, contract)
  const { contractAddress: address } = await mined(from.deployContract({ abi, bytecode, args, value }))
  return { address, abi }
}
