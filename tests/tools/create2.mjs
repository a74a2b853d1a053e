// The contracts that other chains have at the same address: the deterministic
// deployer gives the known address, Multicall3, Permit2 and Safe's factory answer.
import { AbiCoder, concat, Contract, getCreate2Address, id, keccak256, toBeHex, ZeroHash, zeroPadValue } from 'ethers'
import { artifact, equal, network, refused } from './lib/network.mjs'
import { deploy, provider, wallet } from './lib/ethers.mjs'

const me = wallet(6)
const [DEPLOYER, SAFE_FACTORY] = ['0x4e59b44847b379578588920cA78FbF26c0B4956C', '0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7']
const [MULTICALL3, PERMIT2, HISTORY] = ['0xcA11bde05977b3631167028862bE2a173976CA11', '0x000000000022D473030F116dDEE9F6B43aC78BA3', '0x0000F90827F1C53a10cb7A02335B175320002935']

// EIP-1014's second case is known on every chain: this code, this salt, this deployer
const vectors = [['0xdeadbeef00000000000000000000000000000000', ZeroHash, '0x00', '0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3'], [`0x${'00'.repeat(20)}`, ZeroHash, '0x00', '0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38']]
equal('EIP-1014 by ethers', vectors.map(([from, salt, code]) => getCreate2Address(from, salt, keccak256(code))), vectors.map((w) => w[3]))

// the code is eleven bytes that return the code 00: the address is the same on every chain
const initCode = '0x60015f8160095f39f300' // copies its last byte and returns it
const known = { zero: getCreate2Address(DEPLOYER, ZeroHash, keccak256(initCode)), named: getCreate2Address(DEPLOYER, id('zgd'), keccak256(initCode)) }
equal('the address for salt 0', known.zero, '0xF67680bcF5fD84f1C15424EB99434E2ab4b60C85')
equal('the address for salt keccak("zgd")', known.named, '0x18648FE7198dF088cEdD03022A2C474B6D2cc58E')
for (const [factory, name] of [[DEPLOYER, 'deterministic deployer'], [SAFE_FACTORY, 'Safe\'s factory']]) {
  for (const salt of [ZeroHash, id('zgd')]) {
    const at = getCreate2Address(factory, salt, keccak256(initCode))
    if ((await provider.getCode(at)) === '0x') await (await me.sendTransaction({ to: factory, data: concat([salt, initCode]) })).wait()
    equal(`${name}: code lies at ${at}`, await provider.getCode(at), '0x00')
  }
  await refused(`${name}: the same again is refused`, me.call({ to: factory, data: concat([ZeroHash, initCode]) }), /revert/)
}

// a real contract there: OpenZeppelin's ERC-20 with its arguments
const { bytecode } = artifact('Tokens', 'Coin')
const code = concat([bytecode, AbiCoder.defaultAbiCoder().encode(['string', 'uint256'], ['Everywhere', 1000n])])
await (await me.sendTransaction({ to: DEPLOYER, data: concat([ZeroHash, code]) })).wait()
const coin = new Contract(getCreate2Address(DEPLOYER, ZeroHash, keccak256(code)), artifact('Tokens', 'Coin').abi, me)
equal('an ERC-20 lies at its computed address', [await coin.name(), await coin.balanceOf(DEPLOYER)], ['Everywhere', 1000n])

const multicall = new Contract(MULTICALL3, ['function aggregate3((address target, bool allowFailure, bytes callData)[]) payable returns ((bool success, bytes returnData)[])', 'function getChainId() view returns (uint256)', 'function getBlockNumber() view returns (uint256)'], me)
equal('Multicall3 knows the chain', await multicall.getChainId(), BigInt(network.evm_chain_id))
const answers = await multicall.aggregate3.staticCall([[MULTICALL3, false, multicall.interface.encodeFunctionData('getChainId')], [MULTICALL3, true, '0xdeadbeef']])
equal('Multicall3 reports each call', answers.map((a) => a.success), [true, false])

// Permit2: an allowance by signature, spent by another
const permit2 = new Contract(PERMIT2, ['function DOMAIN_SEPARATOR() view returns (bytes32)', 'function allowance(address, address, address) view returns (uint160, uint48, uint48)',
  'function permit(address, ((address token, uint160 amount, uint48 expiration, uint48 nonce) details, address spender, uint256 sigDeadline), bytes)', 'function transferFrom(address, address, uint160, address)'], me)
const gold = await deploy(me, 'Tokens', 'Coin', 'Gold', 1000n), spender = wallet(7)
const domain = { name: 'Permit2', chainId: network.evm_chain_id, verifyingContract: PERMIT2 }
const separator = keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32', 'uint256', 'address'], [id('EIP712Domain(string name,uint256 chainId,address verifyingContract)'), id('Permit2'), network.evm_chain_id, PERMIT2]))
equal('Permit2 signs for this chain', await permit2.DOMAIN_SEPARATOR(), separator)
await (await gold.approve(PERMIT2, 1000n)).wait()
const details = { token: await gold.getAddress(), amount: 10n, expiration: 2n ** 48n - 1n, nonce: 0n }
const permit = { details, spender: spender.address, sigDeadline: 2n ** 255n }
const signature = await me.signTypedData(domain, {
  PermitSingle: [{ name: 'details', type: 'PermitDetails' }, { name: 'spender', type: 'address' }, { name: 'sigDeadline', type: 'uint256' }],
  PermitDetails: [{ name: 'token', type: 'address' }, { name: 'amount', type: 'uint160' }, { name: 'expiration', type: 'uint48' }, { name: 'nonce', type: 'uint48' }],
}, permit)
await refused('Permit2 refuses one unit more than was signed', permit2.permit.staticCall(me.address, { ...permit, details: { ...details, amount: 11n } }, signature), /revert/)
await (await permit2.permit(me.address, permit, signature)).wait()
equal('Permit2 notes what was signed', (await permit2.allowance(me.address, await gold.getAddress(), spender.address))[0], 10n)

// EIP-2935: hashes of earlier blocks
const now = await provider.getBlockNumber()
const ask = (n) => provider.call({ to: HISTORY, data: zeroPadValue(toBeHex(n), 32) })
equal('the history contract has the block\'s hash', await ask(now - 1), (await provider.getBlock(now - 1)).hash)
await refused('it has none of the future', ask(now + 1000), /revert/)
