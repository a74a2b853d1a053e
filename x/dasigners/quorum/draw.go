package quorum

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// Bounds of one draw: what a block may have to do at the start of an epoch.
const (
	MaxTickets = 65_536
	MaxMembers = 1024 // of a snapshot, so of a quorum
)

const (
	ticketDomain = "zgd/da/ticket/v1"
	assignDomain = "zgd/da/assign/v1"
)

// ErrDraw says that a snapshot cannot be drawn from.
var ErrDraw = errors.New("invalid draw")

// Entry is a signer of the snapshot.
type Entry struct {
	Address [20]byte
	Votes   uint32
}

// Quorum is one drawn set of seats.
type Quorum struct {
	Members [][20]byte // distinct, in the order of their first seat
	Seats   []uint16   // seat → index into Members
}

type ticket struct {
	prefix uint64 // of number, to compare fast
	number [32]byte
	entry  int // ascending address
	vote   uint32
}

// Draw deals seats of n each. entries ascend by address. With at least n votes
// there are min(maxQuorums, votes / n) quorums; with fewer, one in which the
// tickets repeat; without any, none.
func Draw(seed beacon.Value, entries []Entry, n, maxQuorums int) ([]Quorum, error) {
	tickets, err := shuffle(seed, entries)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > 1<<16 || maxQuorums < 1 {
		return nil, fmt.Errorf("%w: %d seats, %d quorums", ErrDraw, n, maxQuorums)
	}
	if len(tickets) == 0 {
		return nil, nil
	}
	count := max(1, min(maxQuorums, len(tickets)/n))
	quorums := make([]Quorum, count)
	for q := range quorums {
		quorums[q] = seat(entries, tickets, q*n, n)
	}
	return quorums, nil
}

// shuffle sorts all tickets by number; ties, which a hash does not have, go by
// address and vote.
func shuffle(seed beacon.Value, entries []Entry) ([]ticket, error) {
	if len(entries) > MaxMembers {
		return nil, fmt.Errorf("%w: %d signers, want at most %d", ErrDraw, len(entries), MaxMembers)
	}
	var votes uint64
	for i, entry := range entries {
		if i > 0 && bytes.Compare(entries[i-1].Address[:], entry.Address[:]) >= 0 {
			return nil, fmt.Errorf("%w: entry %d does not ascend", ErrDraw, i)
		}
		votes += uint64(entry.Votes)
	}
	if votes > MaxTickets {
		return nil, fmt.Errorf("%w: %d votes, want at most %d", ErrDraw, votes, MaxTickets)
	}
	tickets := make([]ticket, 0, votes)
	input := append(append([]byte(ticketDomain), seed[:]...), make([]byte, 24)...)
	tail := input[len(ticketDomain)+32:]
	for i, entry := range entries {
		copy(tail, entry.Address[:])
		for v := range entry.Votes {
			binary.BigEndian.PutUint32(tail[20:], v)
			number := sha256.Sum256(input)
			tickets = append(tickets, ticket{binary.BigEndian.Uint64(number[:8]), number, i, v})
		}
	}
	slices.SortFunc(tickets, func(a, b ticket) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return cmp.Or(bytes.Compare(a.number[:], b.number[:]), cmp.Compare(a.entry, b.entry), cmp.Compare(a.vote, b.vote))
	})
	return tickets, nil
}

// seat deals n seats from tickets[from:], beginning anew at the end.
func seat(entries []Entry, tickets []ticket, from, n int) Quorum {
	quorum := Quorum{Seats: make([]uint16, n)}
	member := make([]int, len(entries)) // 1 + index into Members; 0: none yet
	for s := range quorum.Seats {
		entry := tickets[(from+s)%len(tickets)].entry
		if member[entry] == 0 {
			quorum.Members = append(quorum.Members, entries[entry].Address)
			member[entry] = len(quorum.Members)
		}
		quorum.Seats[s] = uint16(member[entry] - 1)
	}
	return quorum
}

// Assign draws the quorum of a submission: value is the beacon's of the block
// that executes it, which its sender did not know.
func Assign(value beacon.Value, firstBlobID uint64, quorums uint32) uint32 {
	input := append([]byte(assignDomain), value[:]...)
	digest := sha256.Sum256(binary.BigEndian.AppendUint64(input, firstBlobID))
	hi, _ := bits.Mul64(binary.BigEndian.Uint64(digest[:8]), uint64(quorums))
	return uint32(hi)
}
