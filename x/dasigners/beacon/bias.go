package beacon

import (
	"math/bits"
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
// stands at most ⌈w·S⌉ times, so a run of S needs Σ⌈w·S⌉ ≥ S. Powers are positive
// and below 2^64 together; CometBFT allows 2^60.
func LongestRun(powers []int64) int {
	sorted := slices.Sorted(slices.Values(powers))
	total := uint64(0)
	for _, power := range sorted {
		total += uint64(power)
	}
	held, count := uint64(0), 0
	for count < len(sorted) && held+uint64(sorted[count]) <= (total-1)/3 {
		held, count = held+uint64(sorted[count]), count+1
	}
	run := 0
	for s := 1; s <= 2*count; s++ { // Σ⌈w·S⌉ < S/3 + count: no run beyond 1.5·count
		if places(sorted[:count], total, uint64(s)) >= uint64(s) {
			run = s
		}
	}
	return run
}

// places is Σ⌈power·s/total⌉.
func places(powers []int64, total, s uint64) (sum uint64) {
	for _, power := range powers {
		high, low := bits.Mul64(uint64(power), s)
		low, carry := bits.Add64(low, total-1, 0)
		quotient, _ := bits.Div64(high+carry, low, total) // at most s, as power ≤ total
		sum += quotient
	}
	return sum
}
