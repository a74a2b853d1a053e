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

// Iteration is the prover's work for one nonce. It is large (260 KiB) and is
// meant to be kept and used again; nothing in it allocates. A miner that reads
// ahead keeps several. Not safe for concurrent use.
type Iteration struct {
	input hashInput
	nonce Hash
	load  uint64
	pad   Load // the scratchpad
}

// Start computes scratchpad and recall position for a nonce and returns the load
// whose sealed bytes Check wants.
func (it *Iteration) Start(w *Work, nonce Hash) (load uint64, err error) {
	it.nonce = nonce
	writeTuple(it.input.tuple(), w, &nonce)
	last := fillCells(blake2b.Sum512(it.input.tuple()[:]), it.pad[:])
	it.load, err = recallLoad(&last, w.Range)
	return it.load, err
}

// Check hashes all 64 pieces of the sealed load that Start named and returns the
// best: the piece with the lowest output. Compare it with Meets.
func (it *Iteration) Check(sealed *Load) (piece int, output Hash) {
	for k := range layout.SealsPerLoad {
		at := k * layout.SealSize
		got := it.input.quality((*Piece)(sealed[at:]), (*Piece)(it.pad[at:]))
		if k == 0 || bytes.Compare(got[:], output[:]) < 0 {
			piece, output = k, got
		}
	}
	return piece, output
}

// Nonce returns the nonce of the last Start.
func (it *Iteration) Nonce() Hash { return it.nonce }

// Load returns the load of the last Start.
func (it *Iteration) Load() uint64 { return it.load }

// Scratchpad returns the scratchpad of the last Start, to look at.
func (it *Iteration) Scratchpad() *Load { return &it.pad }
