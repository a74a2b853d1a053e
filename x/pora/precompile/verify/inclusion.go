package verify

import (
	"math/big"
	"math/bits"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

const (
	sectorBytes = layout.SectorSize
	// segmentHeight is log2 of the sectors of the longest leaf.
	segmentHeight = 10
)

// answer is a result of Solidity's bool.
func answer(yes bool) ([]any, error) { return []any{yes}, nil }

func inclusion(_ contract.Call, args []any) ([]any, error) {
	return answer(inFile(args[0].([32]byte), args[1].(*big.Int), args[2], args[3], args[4]))
}

func flowInclusion(_ contract.Call, args []any) ([]any, error) {
	return answer(inFlow(args[0].([32]byte), args[1].(*big.Int), args[2], args[3], args[4]))
}

func segmentInclusion(_ contract.Call, args []any) ([]any, error) {
	size, index := args[1].(*big.Int), args[2].(*big.Int)
	if !size.IsUint64() || !index.IsUint64() {
		return answer(false)
	}
	err := merkle.VerifyBlock(args[0].([32]byte), size.Uint64(), segmentHeight, index.Uint64(), args[3].([32]byte), siblings(args[4]))
	return answer(err == nil)
}

// leaf is the block of a leaf's length at a position that counts units (bytes of
// a file, sectors of a flow); ok is false where no such block can be.
func leaf(data []byte, position *big.Int, unitBytes uint64) (height uint8, index uint64, ok bool) {
	sectors := uint64(len(data)) / sectorBytes
	if len(data)%sectorBytes != 0 || bits.OnesCount64(sectors) != 1 || sectors > 1<<segmentHeight || !position.IsUint64() {
		return 0, 0, false
	}
	step := uint64(len(data)) / unitBytes
	if position.Uint64()%step != 0 {
		return 0, 0, false
	}
	return uint8(bits.TrailingZeros64(sectors)), position.Uint64() / step, true
}

// inFile answers for bytes at a byte offset of a file.
func inFile(root merkle.Hash, size *big.Int, offset, data, proof any) bool {
	bytes := data.([]byte)
	height, index, ok := leaf(bytes, offset.(*big.Int), 1)
	if !ok || !size.IsUint64() {
		return false
	}
	// a shorter last block is no leaf: its sectors are, and smaller blocks
	if padded := layout.PaddedSectors(size.Uint64()); index >= padded>>height {
		return false
	}
	blockRoot := merkle.SegmentRoot(bytes, len(bytes)/sectorBytes)
	return merkle.VerifyBlock(root, size.Uint64(), height, index, blockRoot, siblings(proof)) == nil
}

// inFlow answers for bytes at a sector of a flow.
func inFlow(root merkle.Hash, length *big.Int, sector, data, proof any) bool {
	bytes := data.([]byte)
	height, index, ok := leaf(bytes, sector.(*big.Int), sectorBytes)
	if !ok || !length.IsUint64() || index == 0 { // the block with sector 0, whose bytes no hash binds
		return false
	}
	blockRoot := merkle.SegmentRoot(bytes, len(bytes)/sectorBytes)
	return merkle.VerifyFlow(root, length.Uint64(), height, index, blockRoot, siblings(proof)) == nil
}

func siblings(proof any) []merkle.Hash {
	hashes := proof.([][32]byte)
	out := make([]merkle.Hash, len(hashes))
	copy(out, hashes)
	return out
}
