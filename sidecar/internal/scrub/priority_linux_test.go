package scrub_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/zgd-network/zgd/sidecar/internal/scrub"
)

// priorities returns nice and I/O class of the calling thread.
func priorities(t *testing.T) (nice, ioClass int) {
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	io, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, 1, 0, 0)
	if err != nil || errno != 0 {
		t.Errorf("priorities: %v %v", err, errno)
	}
	return 20 - raw, int(io >> 13)
}

func TestOnlyTheScrubbersThreadIsIdle(t *testing.T) {
	before, _ := priorities(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var runner scrub.Runner
		runner.Run(ctx, slog.New(slog.NewTextHandler(io.Discard, nil)), func() (scrub.Totals, time.Duration, error) {
			if nice, class := priorities(t); nice != 19 || class != 3 {
				t.Errorf("nice %d, I/O class %d, want 19 and 3 (idle)", nice, class)
			}
			cancel()
			return scrub.Totals{}, time.Hour, nil
		}, func(context.Context) {})
	}()
	<-done
	for range 20 { // whatever threads these get
		checked := make(chan int)
		go func() { nice, _ := priorities(t); checked <- nice }()
		if nice := <-checked; nice != before {
			t.Fatalf("another thread has nice %d, want %d", nice, before)
		}
	}
}
