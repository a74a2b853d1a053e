package types

import (
	"encoding/binary"

	"github.com/zgd-network/zgd/x/dasigners/quorum"
)

// NextHeight is the first height of the next epoch.
func (e Epoch) NextHeight() int64 { return e.StartHeight + int64(e.Blocks) }

// FreezeHeight is the first height at which the votes of the next epoch are fixed.
func (e Epoch) FreezeHeight() int64 { return e.StartHeight + int64(e.Blocks/2) }

// KeyAt is a signer's key in an epoch, with its number.
func (s Signer) KeyAt(epoch uint64) (Key, uint64) {
	if s.NextKey != nil && epoch >= s.NextKeyEpoch {
		return *s.NextKey, s.KeyId + 1
	}
	return s.Key, s.KeyId
}

// KeyAt is the beacon key that binds proposals of an epoch, 128 bytes; nil: none.
func (k BeaconKey) KeyAt(epoch uint64) []byte {
	switch {
	case len(k.NextG2) > 0 && epoch >= k.NextEpoch:
		return k.NextG2
	case epoch >= k.EffectiveEpoch:
		return k.G2
	default:
		return nil
	}
}

// QuorumRecord packs a drawn quorum.
func QuorumRecord(epoch uint64, id uint32, profile uint8, drawn quorum.Quorum, sumG2 []byte) Quorum {
	record := Quorum{Epoch: epoch, QuorumId: id, Profile: uint32(profile), SumG2: sumG2}
	for _, member := range drawn.Members {
		record.Members = append(record.Members, member[:]...)
	}
	for _, seat := range drawn.Seats {
		record.Seats = binary.BigEndian.AppendUint16(record.Seats, seat)
	}
	return record
}

// Drawn unpacks a quorum. Records are written by QuorumRecord or validated with
// genesis, so that every seat has a member.
func (q Quorum) Drawn() quorum.Quorum {
	drawn := quorum.Quorum{
		Members: make([][20]byte, len(q.Members)/addressBytes), Seats: make([]uint16, len(q.Seats)/2),
	}
	for i := range drawn.Members {
		drawn.Members[i] = [20]byte(q.Members[i*addressBytes:])
	}
	for i := range drawn.Seats {
		drawn.Seats[i] = binary.BigEndian.Uint16(q.Seats[2*i:])
	}
	return drawn
}

// SignedBy is how many confirmed blobs a member signed.
func (t Tally) SignedBy(member int) uint32 { return binary.BigEndian.Uint32(t.Signed[4*member:]) }

// Credit counts newly confirmed blobs for the members that signed them.
func (t *Tally) Credit(present []int, blobs uint32) {
	t.Blobs += uint64(blobs)
	for _, member := range present {
		binary.BigEndian.PutUint32(t.Signed[4*member:], t.SignedBy(member)+blobs)
	}
}
