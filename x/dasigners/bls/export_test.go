package bls

import "github.com/consensys/gnark-crypto/ecc/bn254"

// BlobPointOf0G is the point that 0G's signers sign for one blob. Its known
// answer is the only published one for this map.
func BlobPointOf0G(dataRoot [32]byte, epoch, quorum, commitmentX, commitmentY uint64) bn254.G1Affine {
	return tryAndIncrement(keccak(dataRoot[:], word(epoch), word(quorum), word(commitmentX), word(commitmentY)))
}
