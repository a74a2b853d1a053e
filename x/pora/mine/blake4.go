package mine

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

// Four lanes of BLAKE2b-512, for the miner only: the judge uses x/crypto one lane
// at a time. One chain of hashes cannot be cut, but four nonces are four chains,
// and the 64 pieces of a load are 16 times four messages.

const (
	blakeLanes      = 4
	blakeBlockBytes = blake2b.BlockSize // 128
)

// blakeStart is the state before the first block, the parameter block (64-byte
// digest, no key, sequential) already mixed in.
var blakeStart = [8]uint64{
	0x6a09e667f3bcc908 ^ (1<<24 | 1<<16 | blake2b.Size), 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// state4 and block4 hold words of four lanes: x[w][lane].
type state4 = [8][blakeLanes]uint64
type block4 = [16][blakeLanes]uint64

func start4() (h state4) {
	for w := range h {
		h[w] = [blakeLanes]uint64{blakeStart[w], blakeStart[w], blakeStart[w], blakeStart[w]}
	}
	return h
}

// sum4 hashes four messages of one length, at least one byte and padded with
// zeros to whole blocks, into the state h (start4).
func sum4(h *state4, messages *[blakeLanes][]byte, lengthBytes int) {
	var m block4
	for done := 0; done < lengthBytes; {
		for lane, message := range messages {
			block := message[done : done+blakeBlockBytes]
			for w := range m {
				m[w][lane] = binary.LittleEndian.Uint64(block[8*w:])
			}
		}
		done += blakeBlockBytes
		if done >= lengthBytes {
			compress4(h, &m, uint64(lengthBytes), ^uint64(0))
		} else {
			compress4(h, &m, uint64(done), 0)
		}
	}
}

// fillCells4 is fillCells for four chains. A state is the next message's first
// half as it lies there, so nothing is shuffled but the cells written out.
func fillCells4(h *state4, pads *[blakeLanes]*Load) {
	var m block4
	for i := 0; i < len(pads[0]); i += cellBytes {
		copy(m[:8], h[:])
		*h = start4()
		compress4(h, &m, cellBytes, ^uint64(0))
		for lane, pad := range pads {
			cell := pad[i : i+cellBytes]
			for w := range h {
				binary.LittleEndian.PutUint64(cell[8*w:], h[w][lane])
			}
		}
	}
}
