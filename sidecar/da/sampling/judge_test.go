package sampling_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/sampling"
)

func judge(t *testing.T, k, n int, confidence float64) *sampling.Judge {
	t.Helper()
	j, err := sampling.NewJudge(k, n, confidence)
	require.NoError(t, err)
	return j
}

// The table of protocol-da.md §6h, with the one sample more that half of the
// error costs.
func TestSamplesThatAllSucceed(t *testing.T) {
	for _, one := range []struct {
		k, n       int
		confidence float64
		table      int
	}{
		{1024, 4096, 0.99, 4}, {1024, 4096, 0.9999, 7}, {1024, 4096, 0.999999, 10}, {1024, 4096, 1 - math.Exp2(-40), 20},
		{1024, 3072, 0.99, 5}, {1024, 3072, 0.9999, 9}, {1024, 3072, 0.999999, 13},
		{2048, 4096, 0.99, 7}, {2048, 4096, 0.9999, 14}, {2048, 4096, 0.999999, 20},
	} {
		got := judge(t, one.k, one.n, one.confidence).AllSuccess()
		require.GreaterOrEqual(t, got, one.table-1, "%+v", one)
		require.LessOrEqual(t, got, one.table+1, "%+v", one)
		j := judge(t, one.k, one.n, one.confidence)
		for range got - 1 {
			j.Add(true)
		}
		require.False(t, j.Shown(), "one sample less")
		j.Add(true)
		require.True(t, j.Shown())
		require.GreaterOrEqual(t, j.Confidence(), one.confidence)
	}
	require.Equal(t, 11, judge(t, 1024, 4096, 0.999999).AllSuccess())
}

// trial samples a blob of which some rows can be had, until the judge is content
// or there were most samples.
func trial(random *rand.Rand, j *sampling.Judge, available, n, most int) (samples int) {
	successes := 0
	for samples < most && !j.Shown() {
		success := random.IntN(n-samples) < available-successes
		if success {
			successes++
		}
		j.Add(success)
		samples++
	}
	return samples
}

// mission D09: of a blob that cannot be rebuilt the sampler says so, at least as often
// as it claims, whatever it stopped at.
func TestErrorRateOfTheSampler(t *testing.T) {
	const trials = 100_000
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for _, one := range []struct {
		k, n, available int
		error           float64
	}{
		{32, 128, 31, 0.05}, {32, 128, 31, 0.005}, {16, 48, 15, 0.05}, {16, 48, 15, 0.005}, {4, 16, 3, 0.1},
		{32, 128, 20, 0.05}, {4, 16, 2, 0.1}, {4, 16, 0, 0.1},
	} {
		shown := 0
		for range trials {
			j := judge(t, one.k, one.n, 1-one.error)
			trial(random, j, one.available, one.n, one.n)
			if j.Shown() {
				shown++
			}
		}
		rate, slack := float64(shown)/trials, 4*math.Sqrt(one.error/trials)
		t.Logf("k=%d n=%d, %d rows available: %d of %d unrecoverable blobs shown, rate %.5f, allowed %.5f", one.k, one.n, one.available, shown, trials, rate, one.error)
		require.LessOrEqual(t, rate, one.error+slack)
	}
}

// trust B09: 20 samples of a blob with more than two thirds of its rows missing at rate
// 1/3 all succeed with a probability of at most 3·10⁻¹⁰; at sizes where that can be
// counted, it is what the formula says.
func TestTwentySamplesFlagAnUnrecoverableBlob(t *testing.T) {
	all := func(k, n, s int) float64 {
		p := 1.0
		for i := range s {
			p *= float64(k-1-i) / float64(n-i)
		}
		return p
	}
	require.LessOrEqual(t, all(1024, 3072, 20), 3e-10)
	t.Logf("20 samples at k=1024 n=3072: %.3g", all(1024, 3072, 20))
	const trials = 100_000
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	for _, samples := range []int{1, 2, 3, 4} {
		missed := 0
		for range trials {
			successes := 0
			for successes < samples && random.IntN(48-successes) < 15-successes {
				successes++
			}
			if successes == samples {
				missed++
			}
		}
		want := all(16, 48, samples)
		got := float64(missed) / trials
		t.Logf("%d samples at k=16 n=48: %.5f, formula %.5f", samples, got, want)
		require.InDelta(t, want, got, 5*math.Sqrt(want/trials))
	}
}

// mission D09: a healthy blob of which a third is missing, as may be, is shown with about
// 40 samples.
func TestAHealthyBlobWithAThirdMissingIsShown(t *testing.T) {
	const trials = 20_000
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	total, failed, worst := 0, 0, 0
	for range trials {
		j := judge(t, 1024, 4096, 0.999999)
		samples := trial(random, j, 4096-1365, 4096, 256)
		total, worst = total+samples, max(worst, samples)
		if !j.Shown() {
			failed++
		}
	}
	mean := float64(total) / trials
	t.Logf("%.1f samples on average, %d at most, %d of %d not shown", mean, worst, failed, trials)
	require.InDelta(t, 40, mean, 10)
	require.Zero(t, failed)
}

func TestJudgeAtItsEdges(t *testing.T) {
	for _, bad := range []struct {
		k, n       int
		confidence float64
	}{{0, 4, 0.9}, {5, 4, 0.9}, {1, 4, 0}, {1, 4, 1}, {1, 4, -1}, {1, 4, math.NaN()}} {
		_, err := sampling.NewJudge(bad.k, bad.n, bad.confidence)
		require.ErrorIs(t, err, sampling.ErrUsage, "%+v", bad)
	}
	j := judge(t, 4, 16, 0.999999)
	for range 4 {
		require.False(t, j.Shown())
		j.Add(true)
	}
	require.True(t, j.Shown(), "k rows came: nothing left to prove")
	require.EqualValues(t, 1, j.Confidence())
	j = judge(t, 4, 16, 0.999999)
	for range 13 {
		require.False(t, j.Hopeless())
		j.Add(false)
	}
	require.True(t, j.Hopeless())
	require.False(t, j.Shown())
	require.Zero(t, j.Confidence())
	for range 100 {
		j.Add(true) // beyond all rows: nothing happens
	}
}
