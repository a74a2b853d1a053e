package erasure

// The tree rule of the format serves other lists, too: batches that signers sign,
// blobs that a block confirms.

// HashLeaf is SHA-256(0x00 ‖ data); data has at most ChunkSize bytes.
func HashLeaf(data []byte) Hash { return hashLeaf(data) }

// MerkleRoot combines leaf hashes by the rule of RFC 6962; leaves is overwritten.
// There must be one at least.
func MerkleRoot(leaves []Hash) Hash {
	if len(leaves) == 0 {
		return Hash{}
	}
	return root(leaves)
}

// MerklePath lists the siblings of a leaf, bottom up; leaves is overwritten. It
// is nil for an index outside.
func MerklePath(leaves []Hash, index int) []Hash {
	if index < 0 || index >= len(leaves) {
		return nil
	}
	return pathOf(leaves, index)
}

// CheckMerklePath says whether a leaf hash is number index of count under a root.
func CheckMerklePath(leaf Hash, index, count int, path []Hash, want Hash) bool {
	if index < 0 || index >= count {
		return false
	}
	top, rest, ok := fold(leaf, index, count, path)
	return ok && len(rest) == 0 && top == want
}
