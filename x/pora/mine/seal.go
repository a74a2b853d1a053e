package mine

import (
	"crypto/subtle"
	"encoding/binary"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const (
	wordsPerSeal = layout.SealSize / wordBytes // 128
	sealLanes    = 4                           // pieces sealed side by side
)

// Piece is the unit of sealing, 4 KiB.
type Piece = [layout.SealSize]byte

// Load is the unit of reading, 256 KiB.
type Load = [layout.LoadSize]byte

// SealSeed returns the first mask of a piece: keccak256(minerID | digest of the
// context whose epoch added the piece's last sector | uint256 firstSector).
// Source: protocol-storage.md 4.2 step 4; the paper leaves it open.
func SealSeed(minerID, sealContextDigest Hash, firstSector uint64) Hash {
	var in [3 * wordBytes]byte
	writeSeedInput(&in, &minerID, &sealContextDigest, firstSector)
	return keccak.Sum256(in[:])
}

// SealSeeds returns the seeds of all 64 pieces of a load. A load may mix entries
// of several epochs, so each piece names its own seal context.
func SealSeeds(minerID Hash, sealContextDigests *[layout.SealsPerLoad]Hash, loadIndex uint64) [layout.SealsPerLoad]Hash {
	var in [layout.SealsPerLoad][3 * wordBytes]byte
	for k := range in {
		writeSeedInput(&in[k], &minerID, &sealContextDigests[k], PieceSector(loadIndex, k))
	}
	var seeds [layout.SealsPerLoad]Hash
	for k := 0; k < len(in); k += sealLanes {
		lanes := [sealLanes][]byte{in[k][:], in[k+1][:], in[k+2][:], in[k+3][:]}
		keccak.Sum256x4(&lanes, (*[sealLanes]Hash)(seeds[k:]))
	}
	return seeds
}

func writeSeedInput(in *[3 * wordBytes]byte, minerID, sealContextDigest *Hash, firstSector uint64) {
	copy(in[0:], minerID[:])
	copy(in[32:], sealContextDigest[:])
	binary.BigEndian.PutUint64(in[88:], firstSector)
}

// PieceSector returns the first sector of piece k of a load.
func PieceSector(loadIndex uint64, k int) uint64 {
	return loadIndex*layout.SectorsPerLoad + uint64(k)*layout.SectorsPerSeal
}

// Seal seals one piece. dst and plain may be the same array.
// Source: whitepaper 5.2.2, Fig. 5.
func Seal(dst, plain *Piece, seed Hash) {
	mask := seed
	for i := 0; i < len(plain); i += wordBytes {
		subtle.XORBytes(dst[i:i+wordBytes], plain[i:i+wordBytes], mask[:])
		mask = keccak.Sum256(dst[i : i+wordBytes])
	}
}

// Seal4 seals four pieces side by side: each is a chain of 128 Keccaks that
// cannot be cut, but four chains fill the four lanes.
func Seal4(dst, plain *[sealLanes * layout.SealSize]byte, seeds *[sealLanes]Hash) {
	masks := *seeds
	for i := 0; i < layout.SealSize; i += wordBytes {
		for lane := range masks {
			at := lane*layout.SealSize + i
			xorWord((*[wordBytes]byte)(dst[at:]), (*[wordBytes]byte)(plain[at:]), &masks[lane])
		}
		keccak.Sum32x4(&masks, &masks)
	}
}

// xorWord sets dst = a xor *mask and leaves dst in mask as well, as the next
// hash's input.
func xorWord(dst, a, mask *[wordBytes]byte) {
	for i := 0; i < wordBytes; i += 8 {
		word := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(mask[i:])
		binary.LittleEndian.PutUint64(mask[i:], word)
		binary.LittleEndian.PutUint64(dst[i:], word)
	}
}

// SealLoad seals a whole load. dst and plain may be the same array.
func SealLoad(dst, plain *Load, seeds *[layout.SealsPerLoad]Hash) {
	const step = sealLanes * layout.SealSize
	for k := 0; k < layout.SealsPerLoad; k += sealLanes {
		at := k * layout.SealSize
		Seal4((*[step]byte)(dst[at:]), (*[step]byte)(plain[at:]), (*[sealLanes]Hash)(seeds[k:]))
	}
}

// Unseal is the inverse of Seal. Every mask but the first is the hash of a
// sealed word that is already there, so all words are independent and go four
// at a time. dst and sealed may be the same array.
func Unseal(dst, sealed *Piece, seed Hash) {
	var masks [wordsPerSeal]Hash
	masks[0] = seed
	keccak.SumBlocks(sealed[:layout.SealSize-wordBytes], wordBytes, masks[1:])
	for i := range masks {
		at := i * wordBytes
		subtle.XORBytes(dst[at:at+wordBytes], sealed[at:at+wordBytes], masks[i][:])
	}
}

// UnsealLoad is the inverse of SealLoad. dst and sealed may be the same array.
func UnsealLoad(dst, sealed *Load, seeds *[layout.SealsPerLoad]Hash) {
	for k := range seeds {
		at := k * layout.SealSize
		Unseal((*Piece)(dst[at:]), (*Piece)(sealed[at:]), seeds[k])
	}
}
