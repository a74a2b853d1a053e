// Package keccak is the one home of Keccak-256 (the Ethereum one, with the
// original padding 0x01, not SHA3-256): one lane, and four lanes at once where
// the processor has AVX2.
//
// Every function returns the same bytes with and without AVX2; the tests hold
// the lanes against golang.org/x/crypto/sha3. Nothing here allocates.
//
// A Keccak-f[1600] permutation dominates every cost: 136 bytes are absorbed
// per permutation, so a sector (256 B) costs two, a pair of hashes one.
package keccak
