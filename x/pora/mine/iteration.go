package mine

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/blake2b"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// inputBytes is a preimage filled up to whole blocks of BLAKE2b.
const inputBytes = (len(hashInput{}) + blakeBlockBytes - 1) / blakeBlockBytes * blakeBlockBytes

// Iteration is the prover's work for one nonce. It is large (275 KiB) and is
// meant to be kept and used again; nothing in it allocates. A miner that reads
// ahead keeps several. Not safe for concurrent use.
type Iteration struct {
	inputs [blakeLanes][inputBytes]byte // tuple, mixed piece, zeros
	nonce  Hash
	load   uint64
	pad    Load // the scratchpad
}

func (it *Iteration) begin(w *Work, nonce Hash) {
	it.nonce = nonce
	for lane := range it.inputs {
		writeTuple((*[tupleBytes]byte)(it.inputs[lane][:]), w, &nonce)
	}
}

// end reads the recalled load off the scratchpad's last cell.
func (it *Iteration) end(w *Work) (err error) {
	it.load, err = recallLoad((*cell)(it.pad[len(it.pad)-cellBytes:]), w.Range)
	return err
}

// Start computes scratchpad and recall position for a nonce and returns the load
// whose sealed bytes Check wants.
func (it *Iteration) Start(w *Work, nonce Hash) (load uint64, err error) {
	it.begin(w, nonce)
	fillCells(blake2b.Sum512(it.inputs[0][:tupleBytes]), it.pad[:])
	err = it.end(w)
	return it.load, err
}

// Start4 is Start for four iterations at once, about four times as fast as four
// in a row where there is AVX2. The iterations must be four different ones.
func Start4(its *[blakeLanes]*Iteration, w *Work, nonces *[blakeLanes]Hash) error {
	if !haveBlake4() {
		for lane, it := range its {
			if _, err := it.Start(w, nonces[lane]); err != nil {
				return err
			}
		}
		return nil
	}
	var messages [blakeLanes][]byte
	var pads [blakeLanes]*Load
	var tuples [blakeLanes][2 * blakeBlockBytes]byte
	for lane, it := range its {
		it.begin(w, nonces[lane])
		copy(tuples[lane][:], it.inputs[0][:tupleBytes])
		messages[lane], pads[lane] = tuples[lane][:], &it.pad
	}
	h := start4()
	sum4(&h, &messages, tupleBytes)
	fillCells4(&h, &pads)
	for _, it := range its {
		if err := it.end(w); err != nil {
			return err
		}
	}
	return nil
}

// Check hashes all 64 pieces of the sealed load that Start named and returns the
// best: the piece with the lowest output. Compare it with Meets.
func (it *Iteration) Check(sealed *Load) (piece int, output Hash) {
	var outputs [blakeLanes]Hash
	for k := 0; k < layout.SealsPerLoad; k += blakeLanes {
		it.outputs(sealed, k, &outputs)
		for lane := range outputs {
			if k+lane == 0 || bytes.Compare(outputs[lane][:], output[:]) < 0 {
				piece, output = k+lane, outputs[lane]
			}
		}
	}
	return piece, output
}

// outputs hashes pieces k to k+3.
func (it *Iteration) outputs(sealed *Load, k int, outputs *[blakeLanes]Hash) {
	var messages [blakeLanes][]byte
	for lane := range messages {
		at := (k + lane) * layout.SealSize
		subtle.XORBytes(it.inputs[lane][tupleBytes:], sealed[at:at+layout.SealSize], it.pad[at:at+layout.SealSize])
		messages[lane] = it.inputs[lane][:]
	}
	if !haveBlake4() {
		for lane := range outputs {
			sum := blake2b.Sum512(messages[lane][:len(hashInput{})])
			copy(outputs[lane][:], sum[:])
		}
		return
	}
	h := start4()
	sum4(&h, &messages, len(hashInput{}))
	for lane := range outputs {
		for w := range 4 {
			binary.LittleEndian.PutUint64(outputs[lane][8*w:], h[w][lane])
		}
	}
}

// Nonce returns the nonce of the last Start.
func (it *Iteration) Nonce() Hash { return it.nonce }

// Load returns the load of the last Start.
func (it *Iteration) Load() uint64 { return it.load }

// Scratchpad returns the scratchpad of the last Start, to look at.
func (it *Iteration) Scratchpad() *Load { return &it.pad }
