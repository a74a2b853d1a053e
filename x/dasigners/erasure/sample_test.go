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
		data := make([]byte, 1+rng.IntN(2048))
		row := erasure.RowQuality(round, 7, 3, root, 9)
		want1 := sha256.Sum256(append(append(append(append(round[:len(round):len(round)], 0, 0, 0, 0, 0, 0, 0, 7), 0, 0, 0, 3), root[:]...), 0, 0, 0, 9))
		if row != want1 {
			t.Fatalf("row quality %x, want %x", row, want1)
		}
		want2 := sha256.Sum256(append(append(want1[:len(want1):len(want1)], 0, 0, 0, 5), data...))
		own := new(big.Int).Mul(number(want2), big.NewInt(2048))
		sum := own.Quo(own, big.NewInt(int64(len(data)))).Add(own, number(want1))
		got, ok := erasure.ChunkQuality(row, 5, data)
		if ok != (sum.BitLen() <= 256) || ok && number(got).Cmp(sum) != 0 {
			t.Fatalf("quality %x (%v), want %x", got, ok, sum)
		}
		if !ok {
			overflowed++
		}
	}
	if overflowed < 110 || overflowed > 190 {
		t.Errorf("%d of 200 overflow, want about three quarters", overflowed)
	}
	for _, size := range []int{0, erasure.ChunkSize + 1} {
		if _, ok := erasure.ChunkQuality(erasure.Hash{}, 0, make([]byte, size)); ok {
			t.Errorf("%d bytes are no chunk", size)
		}
	}
}

// Bytes win, not chunks: as many of them in tiny chunks win as often as in whole
// ones, at any target, so that nobody gains by ordering blobs of a byte.
// mission D10 (the pure rule)
func TestWinsAreInProportionToBytes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, target := range []erasure.Hash{erasure.MaxTarget(), {0x60}} {
		share := float64(target[0]) / 256
		if target == erasure.MaxTarget() {
			share = 1
		}
		for _, size := range []int{64, 192, 1024, 2048} {
			const tries = 20_000
			won, data := 0, make([]byte, size)
			for n := range uint32(tries) {
				var row erasure.Hash
				for i := range row {
					row[i] = byte(rng.Uint32())
				}
				if quality, ok := erasure.ChunkQuality(row, n, data); ok && erasure.Wins(quality, target) {
					won++
				}
			}
			mean := tries * share * share / 2 * float64(size) / 2048
			if off := float64(won) - mean; off*off > 36*mean {
				t.Errorf("target %x…, %d bytes: %d wins of %d, want about %.0f", target[:1], size, won, tries, mean)
			}
		}
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
				quality, ok := erasure.ChunkQuality(erasure.RowQuality(erasure.Hash{byte(round), byte(chunks)}, 1, 0, erasure.Hash{}, row), 0, make([]byte, erasure.ChunkSize))
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
