package quorum_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/quorum"
)

// entries have these votes and ascending addresses.
func entries(votes ...uint32) []quorum.Entry {
	list := make([]quorum.Entry, len(votes))
	for i, v := range votes {
		list[i] = quorum.Entry{Address: [20]byte{byte(i >> 8), byte(i)}, Votes: v}
	}
	return list
}

func draw(t testing.TB, seed byte, list []quorum.Entry, n, most int) []quorum.Quorum {
	t.Helper()
	drawn, err := quorum.Draw([32]byte{seed}, list, n, most)
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}

// mission D05 (half: the pure package)
func TestHowManyQuorums(t *testing.T) {
	for _, c := range []struct {
		name  string
		votes []uint32
		want  int
	}{
		{"no votes", []uint32{0, 0}, 0},
		{"no signers", nil, 0},
		{"fewer votes than seats", []uint32{3, 4}, 1},
		{"one less than two quorums", []uint32{16, 15}, 1},
		{"two quorums", []uint32{16, 16}, 2},
		{"more than allowed", []uint32{100, 100}, 3},
	} {
		got := draw(t, 1, entries(c.votes...), 16, 3)
		if len(got) != c.want {
			t.Errorf("%s: %d quorums, want %d", c.name, len(got), c.want)
		}
		for _, q := range got {
			if len(q.Seats) != 16 {
				t.Errorf("%s: %d seats", c.name, len(q.Seats))
			}
		}
	}
}

func TestEveryVoteIsOneSeatWhenAllAreDealt(t *testing.T) {
	list := entries(5, 0, 11, 16)
	seats := map[[20]byte]int{}
	for _, q := range draw(t, 2, list, 16, 9) {
		for m, n := range q.SeatsOf() {
			seats[q.Members[m]] += n
		}
	}
	for _, e := range list {
		if seats[e.Address] != int(e.Votes) {
			t.Errorf("%x has %d seats, want %d", e.Address[:2], seats[e.Address], e.Votes)
		}
	}
}

func TestMembersAreInTheOrderOfTheirFirstSeat(t *testing.T) {
	for _, q := range draw(t, 3, entries(40, 40, 40), 60, 2) {
		next := 0
		for _, m := range q.Seats {
			if int(m) > next {
				t.Fatal("a member before its turn")
			}
			if int(m) == next {
				next++
			}
		}
		if next != len(q.Members) {
			t.Errorf("%d members have seats, %d are listed", next, len(q.Members))
		}
	}
}

func TestDrawsAreRefused(t *testing.T) {
	twice := entries(1, 1)
	twice[1].Address = twice[0].Address
	for name, try := range map[string]func() ([]quorum.Quorum, error){
		"not ascending":  func() ([]quorum.Quorum, error) { return quorum.Draw([32]byte{}, twice, 4, 1) },
		"too many votes": func() ([]quorum.Quorum, error) { return quorum.Draw([32]byte{}, entries(65_536, 1), 4, 1) },
		"too many signers": func() ([]quorum.Quorum, error) {
			return quorum.Draw([32]byte{}, entries(make([]uint32, 1025)...), 4, 1)
		},
		"no seats": func() ([]quorum.Quorum, error) { return quorum.Draw([32]byte{}, entries(1), 0, 1) },
	} {
		if _, err := try(); !errors.Is(err, quorum.ErrDraw) {
			t.Errorf("%s: %v, want %v", name, err, quorum.ErrDraw)
		}
	}
	if got := draw(t, 1, entries(65_536), 4096, 100); len(got) != 16 {
		t.Errorf("the most votes: %d quorums", len(got))
	}
}

func TestBitmaps(t *testing.T) {
	q := draw(t, 4, entries(9, 9, 9, 9, 9, 9, 9, 9, 9), 81, 1)[0]
	present, missing, hit, err := q.Signed([]byte{0b0011_1111, 0})
	if err != nil || len(present) != 6 || len(missing) != 3 || hit != 54 || !q.Enough(hit) {
		t.Errorf("six of nine: %v, %v, %d, %v", present, missing, hit, err)
	}
	if q.Enough(53) {
		t.Error("53 of 81 seats are enough")
	}
	for name, bitmap := range map[string][]byte{"short": {1}, "long": {1, 0, 0}, "a bit too far": {1, 2}} {
		if _, _, _, err := q.Signed(bitmap); !errors.Is(err, quorum.ErrBitmap) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAssignSpreadsEvenly(t *testing.T) {
	var counts [10]int
	for id := range uint64(10_000) {
		counts[quorum.Assign([32]byte{1}, id, 10)]++
	}
	for q, n := range counts {
		if n < 850 || n > 1150 { // five standard deviations
			t.Errorf("quorum %d is drawn %d times of 10000", q, n)
		}
	}
}

// Seats over many epochs follow the votes: the variance of a draw without
// replacement is smaller than binomial by (V−n)/(V−1), and the sum of squared
// deviations over its mean is chi-square.
func TestSeatsFollowVotesOverTenThousandQuorums(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	votes := []uint32{1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144}
	list := entries(votes...)
	const n, rounds = 32, 10_000
	total := 0
	for _, v := range votes {
		total += int(v)
	}
	counts := make([]float64, len(votes))
	for range rounds {
		var value [32]byte
		_, _ = rng.Read(value[:])
		drawn, err := quorum.Draw(value, list, n, 1)
		if err != nil {
			t.Fatal(err)
		}
		q := drawn[0]
		for m, seats := range q.SeatsOf() {
			counts[int(q.Members[m][1])] += float64(seats)
		}
	}
	correction := float64(total-n) / float64(total-1)
	chi := 0.
	for i, v := range votes {
		mean := float64(rounds*n) * float64(v) / float64(total)
		chi += (counts[i] - mean) * (counts[i] - mean) / mean / correction
	}
	// ten degrees of freedom: 46.9 is passed once in a million runs
	if chi > 46.9 || math.IsNaN(chi) {
		t.Errorf("chi-square %.1f over %d quorums, want at most 46.9", chi, rounds)
	}
}

// An epoch of ten quorums: 40 960 tickets hashed, sorted and dealt.
func BenchmarkDraw(b *testing.B) {
	votes := make([]uint32, 1024)
	for i := range votes {
		votes[i] = 40
	}
	list := entries(votes...)
	b.ReportAllocs()
	for b.Loop() {
		if got := draw(b, 1, list, 4096, 10); len(got) != 10 {
			b.Fatal(len(got))
		}
	}
}
