package integration_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// order is CometBFT's own order of proposers over some heights, by index into the
// list of powers, and which of the validators lie next to each other in it.
func order(powers []int64, heights int) (proposers []int, byAddress []int) {
	index := map[string]int{} // only looked up
	list := make([]*cmttypes.Validator, len(powers))
	for i, power := range powers {
		key := ed25519.GenPrivKeyFromSecret(binary.BigEndian.AppendUint64([]byte("bias"), uint64(i))).PubKey()
		list[i] = cmttypes.NewValidator(key, power)
		index[string(list[i].Address)] = i
		byAddress = append(byAddress, i)
	}
	set := cmttypes.NewValidatorSet(list)
	for range heights {
		proposers = append(proposers, index[string(set.GetProposer().Address)])
		set.IncrementProposerPriority(1) // what state/execution.go does for each height, whatever its rounds
	}
	slices.SortFunc(byAddress, func(a, b int) int { return strings.Compare(string(address(a)), string(address(b))) })
	return proposers, byAddress
}

func address(i int) []byte {
	return ed25519.GenPrivKeyFromSecret(binary.BigEndian.AppendUint64([]byte("bias"), uint64(i))).PubKey().Address()
}

func equalPowers(n int) []int64 {
	powers := make([]int64, n)
	for i := range powers {
		powers[i] = 100
	}
	return powers
}

func longest(proposers []int, hostile map[int]bool) (run int) {
	now := 0
	for _, p := range proposers {
		now++
		if !hostile[p] {
			now = 0
		}
		run = max(run, now)
	}
	return run
}

// TestALostRoundUsesNoPlaceUp: the premise of package beacon's count. A height's
// round r goes to the validator r places on, and the next height begins one place
// on. CometBFT's consensus/state.go and state/execution.go do these two steps.
func TestALostRoundUsesNoPlaceUp(t *testing.T) {
	powers := []int64{7, 3, 3, 1, 9, 2}
	proposers, _ := order(powers, 200)
	list := make([]*cmttypes.Validator, len(powers))
	for i, power := range powers {
		list[i] = cmttypes.NewValidator(ed25519.GenPrivKeyFromSecret(binary.BigEndian.AppendUint64([]byte("bias"), uint64(i))).PubKey(), power)
	}
	set := cmttypes.NewValidatorSet(list)
	for height := range 150 {
		for round := range int32(10) {
			at := set.Copy()
			if round > 0 {
				at.IncrementProposerPriority(round)
			}
			require.Equal(t, address(proposers[height+int(round)]), []byte(at.GetProposer().Address), "height %d, round %d", height, round)
		}
		set.IncrementProposerPriority(1)
	}
}

// seeds counts, by trying all, the values that hostile validators can give to the
// last block of a run. With the rule of keeper.BeaconAfter a height has the value of
// the proposer of its first round, or the constant. Without it, which is what
// CometBFT alone would leave them, any of them that stands in the rest of the run.
func seeds(proposers []int, hostile map[int]bool, height, last int, rule bool) int {
	if height > last {
		return 1
	}
	if !hostile[proposers[height]] {
		return 0 // its value is not theirs to know
	}
	count := 0
	for place := height; place < len(proposers) && hostile[proposers[place]] && (!rule || place < height+2); place++ {
		count += seeds(proposers, hostile, height+1, last, rule)
	}
	if rule && (height+1 >= len(proposers) || !hostile[proposers[height+1]]) {
		count += seeds(proposers, hostile, height+1, last, rule) // an honest one takes the second round: the constant all the same
	}
	return count
}

// TestTheWorstRunOfRealProposers puts the hostile third where it hurts most, next
// to each other, and measures the longest run in CometBFT's real order.
// mission D05 (bias: worst run)
func TestTheWorstRunOfRealProposers(t *testing.T) {
	const failure = -93.9 // log2 for a third of the votes, 4096 seats
	t.Logf("validators  run S  failure with the run  (log2 of the seeds without the rule of rounds)")
	for _, n := range []int{1, 4, 7, 10, 13, 16, 21, 31, 43, 64, 100, 150} {
		powers := equalPowers(n)
		proposers, byAddress := order(powers, 3*n)
		hostile := map[int]bool{}
		for _, i := range byAddress[:(n-1)/3] {
			hostile[i] = true
		}
		run := longest(proposers, hostile)
		require.Equal(t, beacon.LongestRun(powers), run, "%d validators", n)
		t.Logf("%10d  %5d             2^%6.1f  (%.1f)", n, run, failure+float64(run), logFactorial(run))
		if run == 0 || run > 7 {
			continue
		}
		for rule, want := range map[bool]float64{true: float64(run), false: logFactorial(run)} {
			most := 0
			for start := range n {
				for last := start; last < start+run; last++ {
					most = max(most, seeds(proposers, hostile, start, last, rule))
				}
			}
			require.EqualValues(t, math.Round(math.Exp2(want)), most, "%d validators, rule of rounds %v: everything tried", n, rule)
		}
	}
}

func logFactorial(n int) (sum float64) {
	for i := 2; i <= n; i++ {
		sum += math.Log2(float64(i))
	}
	return sum
}

// TestNoRunIsLongerThanTheBound draws sets with powers of every kind and hostile
// parts of less than a third. mission D05 (bias: bound of the run)
func TestNoRunIsLongerThanTheBound(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	reached := 0
	for range 150 {
		powers := make([]int64, 4+r.IntN(40))
		total := int64(0)
		for i := range powers {
			powers[i] = 1 + int64(math.Exp(r.Float64()*8))
			total += powers[i]
		}
		proposers, byAddress := order(powers, 4000)
		byPower := slices.Clone(byAddress)
		slices.SortStableFunc(byPower, func(a, b int) int { return int(powers[a] - powers[b]) })
		random := r.Perm(len(powers))
		bound := beacon.LongestRun(powers)
		for _, candidates := range [][]int{byPower, byAddress, random} {
			hostile, held := map[int]bool{}, int64(0)
			for _, i := range candidates {
				if 3*(held+powers[i]) < total {
					hostile[i], held = true, held+powers[i]
				}
			}
			run := longest(proposers, hostile)
			require.LessOrEqual(t, run, bound, "powers %v, hostile %v", powers, hostile)
			if run == bound {
				reached++
			}
		}
	}
	t.Logf("the bound was reached in %d of 450 sets", reached)
}

// TestTheUsualBiasOfRealProposers places a hostile third at random, as honest
// stake and addresses do, and looks at every seed height. The model of §5.3 has
// independent slots, each signed or given up: two alternatives, one bit.
// mission D05 (bias: model)
func TestTheUsualBiasOfRealProposers(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("validators  seeds to choose from (mean)  bits")
	for _, n := range []int{7, 21, 43, 100, 150} {
		proposers, _ := order(equalPowers(n), 3*n)
		sum, samples := 0.0, 0
		for range 400 {
			hostile := map[int]bool{}
			for _, i := range r.Perm(n)[:(n-1)/3] {
				hostile[i] = true
			}
			for last := n; last < 2*n; last++ {
				trailing := 0
				for at := last; at >= 0 && hostile[proposers[at]]; at-- {
					trailing++
				}
				sum, samples = sum+math.Exp2(float64(trailing)), samples+1
			}
		}
		bits := math.Log2(sum / float64(samples))
		t.Logf("%10d  %27.2f  %4.2f", n, sum/float64(samples), bits)
		require.LessOrEqual(t, bits, 1.1, "%d validators", n) // 1 by the model; the mean of 2^j has a long tail
	}
}
