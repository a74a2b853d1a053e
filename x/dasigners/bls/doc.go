// Package bls is the signature of data-availability signers and of the beacon:
// BLS over BN254, signatures in G1 (64 bytes), keys in G1 and G2.
//
// BN254 has about 100 bits of security and is what the EVM's precompiles and
// 0G's IDASigners ABI speak. A signature is unique for key and message, which is
// what makes it a verifiable random function (package beacon).
//
// Every use has a domain-separation tag of its own (RFC 9380 §3.1), so that a
// signature made for one purpose means nothing for another. Keys prove their
// possession at registration, which is what allows aggregation by plain sums.
//
// Scalar multiplication is gnark-crypto's and not constant-time: keep the
// signer's process where nobody measures it.
package bls
