package mine

import (
	"bytes"
	"crypto/subtle"

	"golang.org/x/crypto/blake2b"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// hashInput is the preimage of one output: the tuple and one mixed piece.
type hashInput [tupleBytes + layout.SealSize]byte

func (in *hashInput) tuple() *[tupleBytes]byte { return (*[tupleBytes]byte)(in[:]) }

// quality mixes a sealed piece with its part of the scratchpad and returns the
// output: the first 32 bytes of Blake2b-512(tuple | mixed).
// Source: whitepaper 5.2.4 steps v, vi.
func (in *hashInput) quality(sealed, pad *Piece) (output Hash) {
	subtle.XORBytes(in[tupleBytes:], sealed[:], pad[:])
	sum := blake2b.Sum512(in[:])
	copy(output[:], sum[:])
	return output
}

// Meets reports whether an output is a solution: as big-endian numbers,
// output <= target.
func Meets(output, target Hash) bool { return bytes.Compare(output[:], target[:]) <= 0 }
