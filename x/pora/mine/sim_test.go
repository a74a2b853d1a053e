package mine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/pora/mine"
)

// mission R15: a miner that threw p % of its claimed loads away wins p % less.
// Both miners try the same nonces with the real puzzle, so the only noise is
// which loads the wins fell on.
func TestMissingDataCostsItsShare(t *testing.T) {
	const nonces, loads = 1500, 20
	w, it := newWorld(t, loads), new(mine.Iteration)
	target := flipped(mine.Hash{}, 1) // 0x02…: a try of 4 KiB wins one time in 128
	wins := make([]int, loads)
	total := 0
	for nonce := range uint64(nonces) {
		s, output := w.mineNonce(t, it, nonce)
		if mine.Meets(output, target) {
			wins[s.RecallSector/1024]++
			total++
		}
	}
	require.InDelta(t, nonces*0.394, total, 60, "1 - (1 - 1/128)^64 of the nonces win; 60 is three standard deviations")
	for _, missing := range []int{2, 5, 10, 19} { // loads deleted: 10, 25, 50, 95 %
		kept := 0
		for _, n := range wins[missing:] {
			kept += n
		}
		want := 1 - float64(missing)/loads
		require.InDelta(t, want, float64(kept)/float64(total), 0.06, "%d of %d loads deleted", missing, loads)
	}
}
