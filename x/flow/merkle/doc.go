// Package merkle holds the two Merkle trees of the flow: the tree of one file
// and the tree of the whole flow. The chain judges with it, sidecars prove
// with it.
//
// Hash: Keccak-256. A leaf is keccak256 of the 256 raw bytes of a sector, an
// inner node is keccak256(left || right). There is no domain prefix: a leaf
// preimage is always 256 bytes and an inner one always 64, so neither can pose
// as the other as long as leaf size is enforced, which every function here does.
//
// File tree (protocol-storage.md 2.1): the file is zero-padded to
// layout.PaddedSectors and cut into segments of 1024 sectors; the tree over
// the sectors of a segment gives its root, the tree over the segment roots the
// file root. Both are left-complete: neighbours are paired level by level, an
// odd last node is promoted unchanged.
//
// Flow tree (protocol-storage.md 2.3): a perfect binary tree over
// 2^ceil(log2(length)) sectors. Sector 0 is a dummy whose LEAF VALUE is 32 zero
// bytes; gap, padding and missing sectors are the leaf of 256 zero bytes (Z0).
package merkle
