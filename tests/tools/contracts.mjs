// OpenZeppelin's ERC-20, 721 and 4626, an AMM and a proxied wallet, with ethers.
import { AbiCoder, getBytes, keccak256, MaxUint256, parseEther as zg, Signature, Wallet, ZeroHash } from 'ethers'
import { check, equal, network, refused } from './lib/network.mjs'
import { deploy, provider, wallet } from './lib/ethers.mjs'

const owner = wallet(0), me = owner.address, friend = network.accounts[1].evm_address
const sent = async (tx) => (await tx).wait()

async function erc20() {
  const coin = await deploy(owner, 'Tokens', 'Coin', 'Gold', zg('1000000'))
  equal('ERC-20 name, symbol, decimals, supply', [await coin.name(), await coin.symbol(), await coin.decimals(), await coin.totalSupply()], ['Gold', 'Gold', 18n, zg('1000000')])
  const receipt = await sent(coin.transfer(friend, zg('5')))
  equal('ERC-20 transfer moves', [await coin.balanceOf(friend), await coin.balanceOf(me)], [zg('5'), zg('999995')])
  equal('ERC-20 Transfer event', [...coin.interface.parseLog(receipt.logs[0]).args], [me, friend, zg('5')])
  await refused('ERC-20 overdraft is ERC20InsufficientBalance', coin.connect(wallet(1)).transfer.staticCall(me, zg('6')), /ERC20InsufficientBalance/)

  const deadline = MaxUint256
  const domain = { name: 'Gold', version: '1', chainId: network.evm_chain_id, verifyingContract: await coin.getAddress() }
  const types = { Permit: ['owner address', 'spender address', 'value uint256', 'nonce uint256', 'deadline uint256'].map((t) => ({ name: t.split(' ')[0], type: t.split(' ')[1] })) }
  const { v, r, s } = Signature.from(await wallet(0).signTypedData(domain, types, { owner: me, spender: friend, value: 77n, nonce: 0n, deadline }))
  await refused('ERC-2612 permit of another amount is refused', coin.permit.staticCall(me, friend, 76n, deadline, v, r, s), /ERC2612InvalidSigner/)
  await sent(coin.permit(me, friend, 77n, deadline, v, r, s))
  equal('ERC-2612 permit by an EIP-712 signature', await coin.allowance(me, friend), 77n)
  return coin
}

async function erc721() {
  const nft = await deploy(owner, 'Tokens', 'Nft')
  await sent(nft.mint(me, 7))
  await sent(nft['safeTransferFrom(address,address,uint256)'](me, friend, 7))
  equal('ERC-721 owner after transfer', await nft.ownerOf(7), friend)
  await refused('ERC-721 mint of a taken id is ERC721InvalidSender', nft.mint.staticCall(me, 7), /ERC721InvalidSender/)
  await refused('ERC-721 to a contract that takes none', nft.mint.staticCall(await nft.getAddress(), 8), /ERC721InvalidReceiver/)
}

async function erc4626(coin) {
  const vault = await deploy(owner, 'Tokens', 'Vault', await coin.getAddress())
  await sent(coin.approve(await vault.getAddress(), MaxUint256))
  await sent(vault.deposit(zg('100'), me))
  await sent(coin.transfer(await vault.getAddress(), zg('50'))) // yield
  equal('ERC-4626 shares gain with the vault', await vault.previewRedeem(zg('100')), zg('150') - 1n)
  await sent(vault.redeem(zg('100'), me, me))
  equal('ERC-4626 redeem empties the shares', [await vault.totalSupply(), await vault.totalAssets()], [0n, 1n])
}

async function amm(coin) {
  const silver = await deploy(owner, 'Tokens', 'Coin', 'Silver', zg('1000000'))
  const pool = await deploy(owner, 'Amm', 'Amm', await coin.getAddress(), await silver.getAddress())
  const [at, k] = [await pool.getAddress(), async () => pool.product()]
  for (const token of [coin, silver]) await sent(token.approve(at, MaxUint256))
  await sent(pool.add(zg('1000'), zg('4000')))
  const before = await k(), want = await pool.swap.staticCall(true, zg('10'), 0)
  const swap = pool.interface.parseLog((await sent(pool.swap(true, zg('10'), want))).logs.at(-1))
  equal('AMM swap pays what eth_call foretold', [swap.name, swap.args.amountOut], ['Swap', want])
  check('AMM product does not fall', (await k()) >= before)
  await refused('AMM slippage is TooLittleOut(got, want)', pool.swap.staticCall(true, zg('10'), zg('40')), /TooLittleOut/)
}

async function proxies() {
  const factory = await deploy(owner, 'Wallet', 'WalletFactory')
  const owners = [wallet(0), wallet(1)]
  const made = (receipt) => factory.interface.parseLog(receipt.logs.at(-1)).args.wallet
  const proxy = made(await sent(factory.proxy(owners.map((w) => w.address), 2)))
  const clone = made(await sent(factory.clone(owners.map((w) => w.address), 2, ZeroHash)))
  equal('a clone lands at its predicted address', clone, await factory.predict(ZeroHash))

  const safe = (await deploy(owner, 'Wallet', 'WalletV2')).attach(proxy) // also the code to upgrade to
  const v2 = await (await deploy(owner, 'Wallet', 'WalletV2')).getAddress()
  await sent(owner.sendTransaction({ to: proxy, value: zg('3') }))
  const exec = (...all) => signed(...all).then((args) => safe.exec(...args))
  const signed = async (to, value, data, signers) => {
    const packed = AbiCoder.defaultAbiCoder().encode(['uint256', 'address', 'address', 'uint256', 'bytes', 'uint256'], [network.evm_chain_id, proxy, to, value, data, await safe.nonce()])
    const signatures = await Promise.all(signers.map((w) => w.signMessage(getBytes(keccak256(packed)))))
    return [to, value, data, signatures]
  }
  await refused('one of two owners is not enough', signed(friend, zg('1'), '0x', [owners[0]]).then((args) => safe.exec.staticCall(...args)), /NotEnough/)
  const payee = Wallet.createRandom().address
  await sent(exec(payee, zg('1'), '0x', owners))
  equal('two owners move the proxy\'s coins', await provider.getBalance(payee), zg('1'))
  await sent(exec(proxy, 0, safe.interface.encodeFunctionData('upgradeToAndCall', [v2, '0x']), owners))
  equal('a proxy upgrades and keeps its storage', [await safe.version(), await safe.nonce()], [2n, 2n])
  await refused('a stranger cannot upgrade', safe.upgradeToAndCall.staticCall(v2, '0x'), /OnlySelf/)
}

const coin = await erc20()
await erc721()
await erc4626(coin)
await amm(coin)
await proxies()
