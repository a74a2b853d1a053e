// Signatures of data availability's signers as anybody can make them: BLS over
// alt_bn128 by @noble/curves, in the limbs of IDASigners.sol (real, imaginary).
import { bn254 } from '@noble/curves/bn254'
import { getBytes, solidityPackedKeccak256 } from 'ethers'

const [G1, G2, { Fp, Fp2, Fr }] = [bn254.G1.Point, bn254.G2.Point, bn254.fields]
const g1 = (p) => (({ x, y }) => ({ X: x, Y: y }))(p.toAffine())
const g2 = (p) => (({ x, y }) => ({ X: [x.c0, x.c1], Y: [y.c0, y.c1] }))(p.toAffine())
const limbs = ([c0, c1]) => Fp2.fromBigTuple([c0, c1])
export const pointG1 = ({ X, Y }) => G1.fromAffine({ x: X, y: Y })
export const pointG2 = ({ X, Y }) => G2.fromAffine({ x: limbs(X), y: limbs(Y) })

// secrets are 64 hex digits, as in a node's da.key
export const secretOf = (text) => Fr.create(BigInt('0x' + text.trim()))
export const keyOf = (secret) => ({ pkG1: g1(G1.BASE.multiply(secret)), pkG2: g2(G2.BASE.multiply(secret)) })
export const signPoint = (secret, point) => g1(pointG1(point).multiply(secret))
const sum = (points, zero, out) => out(points.reduce((a, b) => a.add(b), zero))
export const sumG1 = (points) => sum(points.map(pointG1), G1.ZERO, g1)
export const sumG2 = (points) => sum(points.map(pointG2), G2.ZERO, g2)

// tryAndIncrement is 0G's way onto the curve: the first x from the digest on for
// which x³ + 3 is a square.
function tryAndIncrement(digest) {
  for (let x = Fp.create(BigInt(digest)); ; x = Fp.add(x, 1n)) {
    const square = Fp.add(Fp.pow(x, 3n), 3n)
    const y = Fp.pow(square, (Fp.ORDER + 1n) / 4n)
    if (Fp.eql(Fp.sqr(y), square)) return { X: x, Y: y }
  }
}

const tag = new TextEncoder().encode('0G_BN254_Pubkey_Registration')
// what a signer signs to register its key, and to take part in an epoch
export const registrationPoint = (address, chain) => tryAndIncrement(solidityPackedKeccak256(['bytes', 'uint256', 'bytes'], [getBytes(address), chain, tag]))
export const epochPoint = (address, epoch, chain) => tryAndIncrement(solidityPackedKeccak256(['bytes', 'uint64', 'uint256'], [getBytes(address), epoch, chain]))

// bits sets bit i of the list in byte i/8 from the lowest, of as many as there are.
export function bits(count, set) {
  const out = new Uint8Array(Math.ceil(count / 8))
  for (const i of set) out[i >> 3] |= 1 << (i & 7)
  return out
}
