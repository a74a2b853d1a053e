package keeper_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
)

// mission D05: the table of the query is the tail of the binomial distribution.
func TestFailuresAreThoseOfTheBinomial(t *testing.T) {
	for _, p := range []erasure.Profile{erasure.Production, erasure.Dev} {
		least := int(math.Ceil((2./3-float64(p.K)/float64(p.N))*float64(p.N) - 1e-9))
		sum := 0.
		for k := least; k <= p.N; k++ {
			a, _ := math.Lgamma(float64(p.N + 1))
			b, _ := math.Lgamma(float64(k + 1))
			c, _ := math.Lgamma(float64(p.N - k + 1))
			sum += math.Exp(a - b - c + float64(k)*math.Log(1./3) + float64(p.N-k)*math.Log(2./3))
		}
		require.InDelta(t, math.Log2(sum), float64(keeper.FailureLog2Milli(uint32(p.ID)))/1000, 0.1, "profile %d", p.ID)
	}
	require.Zero(t, keeper.FailureLog2Milli(uint32(erasure.Parity.ID)), "a third of the seats rebuild: no margin")
	require.Zero(t, keeper.FailureLog2Milli(uint32(erasure.Test.ID)))
}

// mission D05: equal validators have a run of those below a third; a large one may
// have two slots in it.
func TestLongestRunsOfProposers(t *testing.T) {
	equal := func(n int) (powers []int64) {
		for range n {
			powers = append(powers, 7)
		}
		return powers
	}
	for name, c := range map[string]struct {
		powers []int64
		want   uint32
	}{
		"nobody": {nil, 0}, "one": {equal(1), 0}, "three": {equal(3), 0}, "four": {equal(4), 1}, "21": {equal(21), 6},
		"100": {equal(100), 33}, "150": {equal(150), 49},
		"many small": {append(equal(30), 700), 30},
		"one large":  {[]int64{300, 350, 351}, 1},
	} {
		require.Equal(t, c.want, keeper.LongestRun(c.powers), name)
	}
}
