package quorum_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/quorum"
)

// log2Tail is log2 P[Binomial(n, p) ≥ least], summed exactly in logarithms.
func log2Tail(n int, p float64, least int) float64 {
	logChoose := func(k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	sum, top := 0., math.Inf(-1)
	for k := least; k <= n; k++ {
		term := logChoose(k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p)
		if term > top {
			sum, top = sum*math.Exp(top-term)+1, term
		} else {
			sum += math.Exp(term - top)
		}
	}
	return (top + math.Log(sum)) / math.Ln2
}

// The probability that a quorum has too many Byzantine seats, for independent
// seats, which is worse than drawing without replacement (Hoeffding 1963): the
// table behind the choice of 4096 seats. mission D05 (half: the pure package)
func TestFailureProbabilitiesOfTheTable(t *testing.T) {
	for _, row := range []struct {
		p    float64
		n    int
		want [5]float64 // share of the seats at least 1/3, 3/8, 5/12, 0.45, 1/2
	}{
		{1. / 3, 128, [5]float64{-1.0, -2.5, -5.5, -8.3, -13.8}},
		{1. / 3, 1024, [5]float64{-1.0, -8.5, -26.1, -47.3, -91.3}},
		{1. / 3, 3072, [5]float64{-1.0, -20.5, -71.2, -134.8, -266.1}},
		{1. / 3, 4096, [5]float64{-1.0, -26.4, -93.9, -178.3, -353.3}},
		{0.30, 4096, [5]float64{-19.0, -80.4, -185.6, -300.4, -520.7}},
	} {
		for i, share := range []float64{1. / 3, 3. / 8, 5. / 12, 0.45, 0.5} {
			least := int(math.Ceil(share*float64(row.n) - 1e-9))
			if got := log2Tail(row.n, row.p, least); math.Abs(got-row.want[i]) > 0.15 {
				t.Errorf("p=%.2f n=%d share %.3f: 2^%.1f, the table says 2^%.1f", row.p, row.n, share, got, row.want[i])
			}
		}
	}
}

// The fewest seats for a failure of 2^-40 at a third of Byzantine stake.
func TestFewestSeatsForFortyBits(t *testing.T) {
	for share, want := range map[float64]int{5. / 12: 1657, 11. / 24: 742, 1. / 2: 427} {
		good := func(n int) bool { return log2Tail(n, 1./3, int(math.Ceil(share*float64(n)-1e-9))) <= -40 }
		if !good(want) {
			t.Errorf("share %.3f: %d seats do not reach 2^-40", share, want)
		}
		if good(want - 24) { // the tail is a saw of period 12 or 24
			t.Errorf("share %.3f: %d seats reach 2^-40, the table says %d", share, want-24, want)
		}
	}
}

// A proposer can give up its block for another value. With j controlled slots
// before the seed it compares 2^j outcomes; slots being independent with share p,
// the expected number is (1−p)/(1−2p). The gain measured here is that of choosing
// the outcome with the most own seats. mission D05 (half: the pure package)
func TestBiasOfGivingUpBlocksIsThatOfTheModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	for _, p := range []float64{1. / 4, 1. / 3} {
		const rounds, cap = 400_000, 1 << 14
		outcomes := 0.
		for range rounds {
			alternatives := 1
			for rng.Float64() < p && alternatives < cap {
				alternatives *= 2
			}
			outcomes += float64(alternatives)
		}
		got, want := outcomes/rounds, (1-p)/(1-2*p)
		if math.Abs(got-want) > 0.15*want {
			t.Errorf("p=%.2f: %.2f outcomes to choose from, the model says %.2f", p, got, want)
		}
	}
}

// Choosing among 2^j values shifts the seats of a third of the stake by a few
// standard deviations and no more: the maximum of 2^j draws.
func TestGrindingTheSeedGainsLittle(t *testing.T) {
	votes := make([]uint32, 96)
	for i := range votes {
		votes[i] = 64
	}
	list := entries(votes...)
	const n = 4096
	deviation := math.Sqrt(n * (1. / 3) * (2. / 3) * float64(96*64-n) / float64(96*64-1))
	for _, tries := range []int{1, 2, 16, 64} {
		most := 0
		for try := range tries {
			q, err := quorum.Draw([32]byte{byte(try), byte(tries)}, list, n, 1)
			if err != nil {
				t.Fatal(err)
			}
			own := 0
			for m, seats := range q[0].SeatsOf() {
				if q[0].Members[m][1] < 32 { // a third of the signers
					own += seats
				}
			}
			most = max(most, own)
		}
		gain := (float64(most) - n/3.) / deviation
		t.Logf("best of %d values: %d seats of %d, %+.1f standard deviations; failure needs %d", tries, most, n, gain, n*5/12)
		if gain > 5 {
			t.Errorf("best of %d values gains %.1f standard deviations", tries, gain)
		}
	}
}
