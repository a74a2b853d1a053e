package evmload_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/cmd/zgd/bench/evmload"
)

func TestSpansCoverEveryItemOnce(t *testing.T) {
	for _, c := range []struct {
		name         string
		total, batch int
		want         []evmload.Span
	}{
		{"none", 0, 3, []evmload.Span{}},
		{"less than a batch", 2, 3, []evmload.Span{{0, 2}}},
		{"a batch", 3, 3, []evmload.Span{{0, 3}}},
		{"one more", 4, 3, []evmload.Span{{0, 3}, {3, 4}}},
		{"one by one", 2, 1, []evmload.Span{{0, 1}, {1, 2}}},
	} {
		require.Equal(t, c.want, evmload.Spans(c.total, c.batch), c.name)
	}
}

func TestScheduleDoesNotWaitForAnswers(t *testing.T) {
	s := evmload.Schedule{Start: time.Now(), RatePerS: 1000, Batch: 1}
	release := make(chan struct{})
	var mu sync.Mutex
	var late []time.Duration
	go func() {
		time.Sleep(60 * time.Millisecond) // ten items are due within 10 ms
		close(release)
	}()
	s.Run(context.Background(), 10, func(span evmload.Span) {
		mu.Lock()
		late = append(late, time.Since(s.Due(span.From)))
		mu.Unlock()
		<-release
	})
	require.Len(t, late, 10)
	for _, l := range late {
		require.GreaterOrEqual(t, l, time.Duration(0), "left before it was due")
		require.Less(t, l, 50*time.Millisecond, "waited for the answer to another")
	}
}

func TestScheduleIsDueEvenly(t *testing.T) {
	s := evmload.Schedule{Start: time.Unix(0, 0), RatePerS: 4, Batch: 2}
	require.Equal(t, time.Unix(0, 0), s.Due(0))
	require.Equal(t, time.Unix(0, 750_000_000), s.Due(3))
}

func TestScheduleStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := evmload.Schedule{Start: time.Now().Add(time.Hour), RatePerS: 1, Batch: 1}
	s.Run(ctx, 5, func(evmload.Span) { t.Error("sent after the end") })
}

func TestParseStatReadsUserAndSystemTime(t *testing.T) {
	const stat = "4242 (zgd) (x) S 1 4242 4242 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 12 0 9999 0"
	got, err := evmload.ParseStat(stat)
	require.NoError(t, err)
	require.Equal(t, 1750*time.Millisecond, got)
	for name, text := range map[string]string{
		"empty": "", "no name": "1 zgd S 1", "cut off": "1 (zgd) S 1 2 3", "no number": "1 (zgd) S 1 2 3 4 5 6 7 8 9 10 x 25",
	} {
		_, err := evmload.ParseStat(text)
		require.Error(t, err, name)
	}
}

func TestAccountsFollowFromTheSeed(t *testing.T) {
	_, first, err := evmload.Derive("seed", 0)
	require.NoError(t, err)
	_, again, err := evmload.Derive("seed", 0)
	require.NoError(t, err)
	_, second, err := evmload.Derive("seed", 1)
	require.NoError(t, err)
	_, other, err := evmload.Derive("tree", 0)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.NotEqual(t, first, second)
	require.NotEqual(t, first, other)
}

func TestOptionsRefuseWhatMakesNoRun(t *testing.T) {
	require.NoError(t, evmload.Defaults().Validate())
	for name, change := range map[string]func(*evmload.Options){
		"unknown workload":           func(o *evmload.Options) { o.Workload = "transfer" },
		"a rate below one":           func(o *evmload.Options) { o.RatePerS = 0.05 },
		"a negative rate":            func(o *evmload.Options) { o.RatePerS = -1 },
		"no accounts":                func(o *evmload.Options) { o.Accounts = 0 },
		"a window below a batch":     func(o *evmload.Options) { o.Batch, o.Window = 10, 9 },
		"more accounts than a block": func(o *evmload.Options) { o.Accounts = 1001 },
	} {
		o := evmload.Defaults()
		change(&o)
		if err := o.Validate(); !errors.Is(err, evmload.ErrUsage) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}
