package beacon_test

import (
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

func TestLongestRunOfEqualValidatorsIsAThirdOfThem(t *testing.T) {
	for validators, want := range map[int]int{0: 0, 1: 0, 3: 0, 4: 1, 6: 1, 7: 2, 10: 3, 21: 6, 100: 33, 150: 49} {
		powers := make([]int64, validators)
		for i := range powers {
			powers[i] = 1_000_000_007
		}
		if got := beacon.LongestRun(powers); got != want {
			t.Errorf("%d validators: %d, want %d", validators, got, want)
		}
	}
}

func TestSmallValidatorsMakeLongerRuns(t *testing.T) {
	// one with most of the power, nine with a thirtieth each
	powers := []int64{210, 10, 10, 10, 10, 10, 10, 10, 10, 10}
	if got := beacon.LongestRun(powers); got != 9 {
		t.Errorf("got %d, want 9: each of the nine can stand once in nine places", got)
	}
	if got := beacon.LongestRun([]int64{1 << 62, 1 << 62, 1 << 62, 1 << 60}); got != 1 {
		t.Errorf("got %d, want 1, without overflow", got)
	}
}
