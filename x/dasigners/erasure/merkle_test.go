package erasure_test

import (
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func leavesOf(count int) []erasure.Hash {
	leaves := make([]erasure.Hash, count)
	for i := range leaves {
		leaves[i] = erasure.HashLeaf([]byte{byte(i), byte(i >> 8)})
	}
	return leaves
}

func TestPathsLeadToTheRootFromTheirPlaceOnly(t *testing.T) {
	for _, count := range []int{1, 2, 3, 5, 16, 255, 256} {
		root := erasure.MerkleRoot(leavesOf(count))
		for i, leaf := range leavesOf(count) {
			path := erasure.MerklePath(leavesOf(count), i)
			if !erasure.CheckMerklePath(leaf, i, count, path, root) {
				t.Fatalf("leaf %d of %d is refused", i, count)
			}
			flipped := leaf
			flipped[31] ^= 1
			if erasure.CheckMerklePath(flipped, i, count, path, root) {
				t.Fatalf("leaf %d of %d passes with a bit flipped", i, count)
			}
			if erasure.CheckMerklePath(leaf, i+1, count, path, root) || erasure.CheckMerklePath(leaf, i-1, count, path, root) {
				t.Fatalf("leaf %d of %d passes for its neighbour", i, count)
			}
			if erasure.CheckMerklePath(leaf, i, count, append(path, erasure.Hash{}), root) {
				t.Fatalf("leaf %d of %d passes with a longer path", i, count)
			}
		}
	}
	if erasure.MerklePath(leavesOf(3), 3) != nil || (erasure.MerkleRoot(nil) != erasure.Hash{}) {
		t.Error("a path from outside, or a root of nothing")
	}
}
