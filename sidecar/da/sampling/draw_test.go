package sampling_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/sampling"
)

var errOut = errors.New("out of reach")

// draws runs a plan of which every sample fails, and returns them all.
func draws(t *testing.T, random *rand.ChaCha8, n, chunks, most int) (all []sampling.Sample) {
	t.Helper()
	plan := sampling.Plan{Judge: judge(t, 1, n, 0.99), Random: random, Chunks: chunks, Most: most}
	err := plan.Run(t.Context(), func(_ context.Context, round []sampling.Sample) {
		for i := range round {
			round[i].Err = errOut
		}
	}, func(s *sampling.Sample) { all = append(all, *s) })
	require.NoError(t, err)
	return all
}

func TestRowsAreDrawnOnceAndAllAlike(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	const n, chunks, trials = 16, 3, 20_000
	var first, last [n]int
	var of [chunks]int
	for range trials {
		all := draws(t, random, n, chunks, 1000)
		require.Len(t, all, n, "none left")
		seen := make(map[int]bool)
		for _, s := range all {
			require.False(t, seen[s.Row], "row %d twice", s.Row)
			seen[s.Row] = true
			of[s.Chunk]++
		}
		first[all[0].Row]++
		last[all[n-1].Row]++
	}
	for row := range n {
		for _, count := range []int{first[row], last[row]} {
			require.InDelta(t, trials/n, count, 6*math.Sqrt(trials/n), "row %d", row)
		}
	}
	for chunk := range chunks {
		require.InDelta(t, trials*n/chunks, of[chunk], 6*math.Sqrt(trials*n/chunks), "chunk %d", chunk)
	}
	require.Len(t, draws(t, random, n, chunks, 5), 5, "no more than wanted")
}

func TestWithoutChanceNothingIsDrawn(t *testing.T) {
	plan := sampling.Plan{Judge: judge(t, 4, 16, 0.99), Random: strings.NewReader(""), Chunks: 1, Most: 10}
	err := plan.Run(t.Context(), func(context.Context, []sampling.Sample) { t.Error("asked") }, func(*sampling.Sample) {})
	require.ErrorContains(t, err, "draw a sample")
}
