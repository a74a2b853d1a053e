package merkle_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// fileBytes is byte[i] = (i*7+3) mod 251, as in the vectors.
func fileBytes(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte((i*7 + 3) % 251)
	}
	return data
}

// block is the data of one block, zero-extended to the padded file, and what
// proves it.
func block(t testing.TB, f *merkle.File, data []byte, height uint8, index uint64) (merkle.Hash, []merkle.Hash) {
	t.Helper()
	segment := index << height / layout.SectorsPerLoad
	start := segment * layout.LoadSize
	siblings, err := f.ProveBlock(height, index, data[start:min(start+layout.LoadSize, uint64(len(data)))])
	require.NoError(t, err)
	padded := make([]byte, layout.PaddedSectors(uint64(len(data)))*layout.SectorSize)
	copy(padded, data)
	size := uint64(layout.SectorSize) << height
	part := padded[index*size : min((index+1)*size, uint64(len(padded)))]
	return merkle.SegmentRoot(part, len(part)/layout.SectorSize), siblings
}

// mission E06: every block of every height is proven under the root that both
// official SDKs compute, and nothing one bit away is.
func TestEveryBlockOfAFileIsProven(t *testing.T) {
	for _, size := range []int{1, 256, 257, 513, 4096, 4097, 5000, 100_000, 262_144, 262_145, 600_000, 1<<20 + 1, 3<<20 - 300} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			data := fileBytes(size)
			file, err := merkle.NewFileFromData(data)
			require.NoError(t, err)
			for _, height := range []uint8{0, 1, 4, 7, 10} {
				blocks := (layout.DataSectors(uint64(size)) + 1<<height - 1) >> height
				for index := uint64(0); index < blocks; index += max(blocks/5, 1) {
					root, siblings := block(t, file, data, height, index)
					verify := func(size, index uint64, root merkle.Hash, siblings []merkle.Hash) error {
						return merkle.VerifyBlock(file.Root(), size, height, index, root, siblings)
					}
					require.NoError(t, verify(uint64(size), index, root, siblings), "height %d, block %d", height, index)
					refuse(t, verify, uint64(size), index, blocks, root, siblings)
				}
			}
		})
	}
}

// refuse changes one thing at a time.
func refuse(t *testing.T, verify func(uint64, uint64, merkle.Hash, []merkle.Hash) error, size, index, blocks uint64, root merkle.Hash, siblings []merkle.Hash) {
	t.Helper()
	wrong := root
	wrong[31] ^= 1
	require.ErrorIs(t, verify(size, index, wrong, siblings), merkle.ErrProof)
	require.ErrorIs(t, verify(size, index, root, append(siblings[:len(siblings):len(siblings)], merkle.Hash{})), merkle.ErrProof)
	require.ErrorIs(t, verify(size, blocks, root, siblings), merkle.ErrIndex)
	require.ErrorIs(t, verify(0, 0, root, siblings), merkle.ErrIndex)
	for i := range siblings {
		changed := append([]merkle.Hash(nil), siblings...)
		changed[i][0] ^= 1
		require.ErrorIs(t, verify(size, index, root, changed), merkle.ErrProof)
	}
	if other := index ^ 1; other < blocks && len(siblings) > 0 {
		require.ErrorIs(t, verify(size, other, root, siblings), merkle.ErrProof, "another position")
	}
	if len(siblings) > 0 {
		require.ErrorIs(t, verify(size, index, root, siblings[1:]), merkle.ErrProof)
	}
}

// A file whose padding is not zero commits to bytes that nobody uploads.
func TestBlocksOfFilesWithBogusPaddingAreRefused(t *testing.T) {
	const size = 33*256 - 5 // pads to 36 sectors
	leaves := make([]merkle.Hash, layout.PaddedSectors(size))
	data := fileBytes(size)
	merkle.HashLeaves(data, leaves)
	for i := 33; i < 36; i++ {
		leaves[i] = merkle.ZeroRoot(0)
	}
	honest := merkle.Root(leaves)
	path := func() []merkle.Hash { // of sector 32
		right := merkle.Root(leaves[34:36])
		return []merkle.Hash{leaves[33], right, merkle.Root(leaves[:32])}
	}
	require.NoError(t, merkle.VerifyBlock(honest, size, 0, 32, leaves[32], path()))
	leaves[35][0] ^= 1
	require.ErrorIs(t, merkle.VerifyBlock(merkle.Root(leaves), size, 0, 32, leaves[32], path()), merkle.ErrProof)
}

func TestProveBlockRefusesWhatItCannotProve(t *testing.T) {
	data := fileBytes(5000)
	file, err := merkle.NewFileFromData(data)
	require.NoError(t, err)
	_, err = file.ProveBlock(0, 20, data)
	require.ErrorIs(t, err, merkle.ErrIndex)
	_, err = file.ProveBlock(11, 0, data)
	require.ErrorIs(t, err, merkle.ErrIndex)
	_, err = file.ProveBlock(0, 0, data[:4000])
	require.ErrorIs(t, err, merkle.ErrDataLength)
}

// FuzzVerifyBlock: no input panics, and what is accepted folds to the root.
func FuzzVerifyBlock(f *testing.F) {
	f.Add(uint64(5000), uint8(0), uint64(3), []byte("siblings"))
	f.Add(uint64(1)<<63, uint8(63), uint64(1), make([]byte, 64))
	f.Fuzz(func(t *testing.T, size uint64, height uint8, index uint64, raw []byte) {
		var siblings []merkle.Hash
		for ; len(raw) >= 32; raw = raw[32:] {
			siblings = append(siblings, merkle.Hash(raw))
		}
		if err := merkle.VerifyBlock(merkle.Hash{1}, size, height, index, merkle.Hash{2}, siblings); err == nil {
			t.Fatal("a hash was inverted")
		}
	})
}
