package sampling

import (
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// ErrWrong: an answer that is not of the blob that was asked for.
var ErrWrong = errors.New("wrong answer")

// maxPathHashes bounds a path: 12 levels of rows and 6 of chunks at most.
const maxPathHashes = 32

// MaxAnswer is the most bytes of an answer for one chunk.
const MaxAnswer = erasure.PreimageSize + erasure.ChunkSize + 32*maxPathHashes

// AppendAnswer appends a chunk with its proof as it travels to light samplers:
//
//	preimage  85 bytes  what dataRoot hashes (erasure/SPEC.md)
//	data      2048 bytes, less in a row's last chunk; the preimage has the row's size
//	path      32 bytes each: from the chunk to its row, on to the root of rows
//
// Nothing in it is trusted: ReadAnswer recomputes the root.
func AppendAnswer(b []byte, c erasure.Commitment, chunk erasure.Chunk) []byte {
	b = append(append(b, c.Preimage()...), chunk.Data...)
	for _, node := range chunk.Path {
		b = append(b, node[:]...)
	}
	return b
}

// ReadPreimage reads what a root commits to.
func ReadPreimage(root erasure.Hash, preimage []byte) (erasure.Commitment, error) {
	c, err := erasure.ParseCommitment(preimage)
	if err != nil {
		return erasure.Commitment{}, fmt.Errorf("%w: %w", ErrWrong, err)
	}
	if c.DataRoot() != root {
		return erasure.Commitment{}, fmt.Errorf("%w: preimage of another root", ErrWrong)
	}
	return c, nil
}

// ReadAnswer reads an answer for one chunk of a row and checks that it leads to
// the root. The chunk's data is part of b.
func ReadAnswer(root erasure.Hash, row, index int, b []byte) (erasure.Commitment, erasure.Chunk, error) {
	none := func(err error) (erasure.Commitment, erasure.Chunk, error) {
		return erasure.Commitment{}, erasure.Chunk{}, err
	}
	if len(b) < erasure.PreimageSize || len(b) > MaxAnswer {
		return none(fmt.Errorf("%w: %d bytes, want %d to %d", ErrWrong, len(b), erasure.PreimageSize, MaxAnswer))
	}
	c, err := ReadPreimage(root, b[:erasure.PreimageSize])
	if err != nil {
		return none(err)
	}
	rest := b[erasure.PreimageSize:]
	if index < 0 || index >= c.Chunks() {
		return none(fmt.Errorf("%w: chunk %d of rows with %d", ErrUsage, index, c.Chunks()))
	}
	size := min(erasure.ChunkSize, c.RowSize-index*erasure.ChunkSize)
	if len(rest) < size || (len(rest)-size)%32 != 0 {
		return none(fmt.Errorf("%w: %d bytes after the preimage, want a chunk of %d and hashes of 32", ErrWrong, len(rest), size))
	}
	chunk := erasure.Chunk{Row: row, Index: index, Data: rest[:size:size]}
	for rest = rest[size:]; len(rest) > 0; rest = rest[32:] {
		chunk.Path = append(chunk.Path, erasure.Hash(rest))
	}
	if err := c.CheckChunk(chunk); err != nil {
		return none(fmt.Errorf("%w: %w", ErrWrong, err))
	}
	return c, chunk, nil
}
