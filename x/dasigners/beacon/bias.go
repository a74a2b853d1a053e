package beacon

import (
	"math/big"
	"slices"
)

// How far a value can be bent. A proposer cannot choose its value, but it may give
// its round up; then another proposes the same height, and the height adds a
// constant. Where S hostile validators stand in a row before the seed, each signing
// or not, they choose among 2^S seeds.
//
// It is a rule of the chain, not of CometBFT, that a height decided in a later round
// adds a constant. CometBFT gives a height's round r to the validator r places
// further in the order, and goes on at the next height as if no round had been lost.
// Without the rule S of them could take the first height of the run, S−1 the second,
// and so on: S! seeds.

// LongestRun is the most places in a row that hostile validators with less than a
// third of the power can have in the order of proposers: those with the least
// power, because they are the most. In any S places a validator with the share w
// stands at most ⌈w·S⌉ times, so a run of S needs Σ⌈w·S⌉ ≥ S.
func LongestRun(powers []int64) int {
	sorted := slices.Sorted(slices.Values(powers))
	total := new(big.Int)
	for _, power := range sorted {
		total.Add(total, big.NewInt(power))
	}
	held, count := new(big.Int), 0
	for count < len(sorted) {
		next := new(big.Int).Add(held, big.NewInt(sorted[count]))
		if new(big.Int).Mul(next, big.NewInt(3)).Cmp(total) >= 0 {
			break
		}
		held, count = next, count+1
	}
	run := 0
	for s := 1; s <= 2*count; s++ { // Σ⌈w·S⌉ < Σw·S + count < S/3 + count: no run beyond 1.5·count
		if places(sorted[:count], total, s) >= s {
			run = s
		}
	}
	return run
}

func places(powers []int64, total *big.Int, s int) (sum int) {
	for _, power := range powers {
		share := new(big.Int).Mul(big.NewInt(power), big.NewInt(int64(s)))
		share.Add(share, total).Sub(share, big.NewInt(1)).Quo(share, total)
		sum += int(share.Int64())
	}
	return sum
}
