// Package verify is the native contract that other contracts ask about stored
// data: does this lie in that file or in the flow, and how many miners promise
// to hold it. It only reads; the trees are those of x/flow/merkle.
//
// An inclusion is a yes or a no. Gas follows from the lengths of leaf and proof,
// which are bounded: a leaf of 256 KiB, a proof of one sibling per level.
package verify
