package scrub_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/internal/scrub"
)

func TestRunnerCountsAndTellsOfRotOnce(t *testing.T) {
	steps := []scrub.Totals{{Bytes: 10}, {Bytes: 20, Rotten: 1}, {Bytes: 30, Rotten: 1}, {Bytes: 30, Rotten: 1, Passes: 1}}
	var runner scrub.Runner
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	taken, told := 0, 0
	step := func() (scrub.Totals, time.Duration, error) {
		total := steps[min(taken, len(steps)-1)]
		taken++
		if taken == len(steps) {
			cancel()
			return total, time.Hour, errors.New("the disk was away for a moment")
		}
		return total, 0, nil
	}
	began := time.Now().Unix()
	done := make(chan struct{})
	go func() { // it takes its thread along
		defer close(done)
		runner.Run(ctx, slog.New(slog.NewTextHandler(io.Discard, nil)), step, func(context.Context) { told++ })
	}()
	<-done
	status := runner.Status()
	if told != 1 || status.Bytes != 30 || status.Rotten != 1 || status.LastFullPass < began {
		t.Fatalf("told %d times, status %+v", told, status)
	}
	registry := prometheus.NewRegistry()
	runner.Register(registry, "zg_test")
	families, err := registry.Gather()
	if err != nil || len(families) != 3 {
		t.Fatalf("%d metrics, %v", len(families), err)
	}
	for _, family := range families {
		if family.GetName() == "zg_test_scrub_rotten_total" && family.GetMetric()[0].GetCounter().GetValue() != 1 {
			t.Errorf("got %v, want 1", family)
		}
	}
}
