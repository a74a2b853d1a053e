package quorum

import (
	"errors"
	"fmt"
)

// ErrBitmap says that a bitmap does not fit its quorum.
var ErrBitmap = errors.New("invalid bitmap")

// SeatsOf counts the seats of each member.
func (q Quorum) SeatsOf() []int {
	seats := make([]int, len(q.Members))
	for _, member := range q.Seats {
		seats[member]++
	}
	return seats
}

// Signed reads a bitmap over members, bit m of byte m/8 counted from the lowest,
// and returns the members present and missing, and how many seats are present.
func (q Quorum) Signed(bitmap []byte) (present, missing []int, hit int, err error) {
	if want := (len(q.Members) + 7) / 8; len(bitmap) != want {
		return nil, nil, 0, fmt.Errorf("%w: %d bytes for %d members, want %d", ErrBitmap, len(bitmap), len(q.Members), want)
	}
	for bit := len(q.Members); bit < 8*len(bitmap); bit++ {
		if bitmap[bit/8]>>(bit%8)&1 == 1 {
			return nil, nil, 0, fmt.Errorf("%w: bit %d is set, there are %d members", ErrBitmap, bit, len(q.Members))
		}
	}
	for member, seats := range q.SeatsOf() {
		if bitmap[member/8]>>(member%8)&1 == 1 {
			present, hit = append(present, member), hit+seats
		} else {
			missing = append(missing, member)
		}
	}
	return present, missing, hit, nil
}

// Enough says whether the seats that signed reach two thirds.
func (q Quorum) Enough(hit int) bool { return 3*hit >= 2*len(q.Seats) }
