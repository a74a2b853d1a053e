package erasure_test

import (
	"crypto/sha256"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func number(h erasure.Hash) *big.Int { return new(big.Int).SetBytes(h[:]) }

// The quality is written out once more from its definition, over random inputs.
// mission D10 (the pure rule)
func TestQualityIsTheSumOfTwoHashes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	overflowed := 0
	for range 200 {
		round, root := erasure.Hash{byte(rng.Uint32())}, erasure.Hash{1: byte(rng.Uint32())}
		data := make([]byte, rng.IntN(2049))
		row := erasure.RowQuality(round, 7, 3, root, 9)
		want1 := sha256.Sum256(append(append(append(append(round[:len(round):len(round)], 0, 0, 0, 0, 0, 0, 0, 7), 0, 0, 0, 3), root[:]...), 0, 0, 0, 9))
		if row != want1 {
			t.Fatalf("row quality %x, want %x", row, want1)
		}
		want2 := sha256.Sum256(append(append(want1[:len(want1):len(want1)], 0, 0, 0, 5), data...))
		sum := new(big.Int).Add(number(want1), number(want2))
		got, ok := erasure.ChunkQuality(row, 5, data)
		if ok != (sum.BitLen() <= 256) || ok && number(got).Cmp(sum) != 0 {
			t.Fatalf("quality %x (%v), want %x", got, ok, sum)
		}
		if !ok {
			overflowed++
		}
	}
	if overflowed < 50 || overflowed > 150 {
		t.Errorf("%d of 200 overflow, want about half", overflowed)
	}
}

func TestAQualityEqualToTheTargetWins(t *testing.T) {
	target := erasure.FirstTarget()
	above, below := target, target
	above[0]++
	below[31]--
	for _, c := range []struct {
		quality erasure.Hash
		want    bool
	}{{target, true}, {below, true}, {above, false}, {erasure.Hash{}, true}, {erasure.MaxTarget(), false}} {
		if erasure.Wins(c.quality, target) != c.want {
			t.Errorf("%x against %x: want %v", c.quality, target, c.want)
		}
	}
}

// A round moves the target an eighth at the most, towards the wanted number.
func TestRetargetMovesByAnEighthAtMost(t *testing.T) {
	old := erasure.Hash{1}
	for _, c := range []struct {
		hits       uint32
		num, denom int64
	}{{0, 9, 8}, {20, 1, 1}, {40, 7, 8}, {1000, 7, 8}, {10, 17, 16}, {30, 15, 16}} {
		want := number(old)
		want.Mul(want, big.NewInt(c.num)).Quo(want, big.NewInt(c.denom))
		if got := number(erasure.Retarget(old, c.hits, 20)); got.Cmp(want) != 0 {
			t.Errorf("%d hits: %x, want %x", c.hits, got, want)
		}
	}
	if got := erasure.Retarget(erasure.MaxTarget(), 0, 20); got != erasure.MaxTarget() {
		t.Errorf("above the largest target: %x", got)
	}
	least := erasure.Hash{15: 1}
	if got := erasure.Retarget(least, 40, 20); got != least {
		t.Errorf("below the least target: %x", got)
	}
}

// With chunks in any number, the rounds settle at the wanted winners.
// mission D10 (the pure rule)
func TestRoundsSettleAtTheWantedWinners(t *testing.T) {
	for _, chunks := range []int{300, 5000} {
		const want, settled, rounds = 20, 150, 60
		target, hits := erasure.FirstTarget(), 0
		for round := range settled + rounds {
			won := uint32(0)
			for row := range uint32(chunks) {
				quality, ok := erasure.ChunkQuality(erasure.RowQuality(erasure.Hash{byte(round), byte(chunks)}, 1, 0, erasure.Hash{}, row), 0, nil)
				if ok && erasure.Wins(quality, target) {
					won++
				}
			}
			if round >= settled {
				hits += int(min(won, 2*want))
			}
			target = erasure.Retarget(target, won, want)
		}
		if mean := float64(hits) / rounds; mean < 17 || mean > 23 {
			t.Errorf("%d chunks: %.1f winners a round, want about %d", chunks, mean, want)
		}
	}
}
