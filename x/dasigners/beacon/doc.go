// Package beacon is the chain's randomness: one unique value a block, from a
// signature that its proposer cannot choose.
//
//	R(h) = H(R(h−1), H(σ)),  σ = the proposer's BLS signature of (chain, h, R(h−1))
//
// BLS signatures are unique, so a proposer's only freedom is to give up its
// block. Nobody without the key can tell the value before.
package beacon
