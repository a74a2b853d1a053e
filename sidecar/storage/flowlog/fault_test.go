package flowlog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

var typed = []error{
	flowlog.ErrFull, flowlog.ErrPackBad, flowlog.ErrFailed, flowlog.ErrDamaged, flowlog.ErrCorrupt, flowlog.ErrFormat,
	syscall.EIO, syscall.ENOSPC, syscall.EROFS,
}

func isTyped(err error) bool {
	for _, want := range typed {
		if errors.Is(err, want) {
			return true
		}
	}
	// Pebble reports some errors of its log as text only.
	return strings.Contains(err.Error(), syscall.EIO.Error()) || strings.Contains(err.Error(), syscall.ENOSPC.Error())
}

// fault makes operation number at fail, and all writing ones after it if sticky.
type fault struct {
	at     int64
	sticky bool
	err    error
	off    atomic.Bool
	ops    opCounter
	hit    atomic.Bool
}

func (f *fault) before(op string) error {
	n := f.ops.next()
	if f.off.Load() || n < f.at || n > f.at && !f.sticky || n > f.at && isRead(op) {
		return nil
	}
	f.hit.Store(true)
	return fmt.Errorf("injected at %q: %w", op, f.err)
}

// isRead knows our reads, and errorfs's Open, OpenDir, List, Stat, Read, ReadAt.
func isRead(op string) bool {
	for _, prefix := range []string{"read ", "meta 2 ", "meta 3 ", "meta 10 ", "meta 12 ", "meta 15 ", "meta 16 ", "meta 19 "} {
		if strings.HasPrefix(op, prefix) {
			return true
		}
	}
	return false
}

// mission B03: an error at any operation is answered with a typed error, reads go
// on, nothing acknowledged is lost, and writing resumes.
func TestB03_ErrorAtEveryOperation(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		sticky bool
	}{{"EIO once", syscall.EIO, false}, {"ENOSPC from then on", syscall.ENOSPC, true}, {"read-only from then on", syscall.EROFS, true}} {
		t.Run(c.name, func(t *testing.T) { failEach(t, c.err, c.sticky, false) })
		t.Run(c.name+", direct writes", func(t *testing.T) { failEach(t, c.err, c.sticky, true) })
	}
}

// failEach runs the workload once for each of its operations, which fails.
func failEach(t *testing.T, err error, sticky, direct bool) {
	runs := 0
	for at := int64(0); ; at++ {
		f := &fault{at: at, sticky: sticky, err: err}
		if err := faultRun(uint64(at), f, direct); err != nil {
			t.Fatalf("at operation %d: %v", at, err)
		}
		runs++
		if !f.hit.Load() {
			break
		}
	}
	t.Logf("%d operations failed in turn", runs-1)
	if runs < 100 {
		t.Errorf("the workload has only %d operations", runs)
	}
}

func faultRun(seed uint64, f *fault, direct bool) error {
	d := newDisk()
	d.before = f.before
	opts := testOptions(flowlog.RolePlain)
	opts.FS, opts.DirectWrites = d, direct
	opts.MetaMemTableBytes = 16 << 10
	store, err := flowlog.Open("data", opts)
	if err != nil {
		if !isTyped(err) {
			return fmt.Errorf("open: untyped error: %w", err)
		}
		d = d.crash(rand.New(rand.NewPCG(seed, 1)), 50, 512)
		opts.FS = d
		if store, err = flowlog.Open("data", opts); err != nil {
			return fmt.Errorf("open again without faults: %w", err)
		}
	}
	w := newWorkload(seed, 10)
	dead, err := faultyBatches(store, w, f)
	if err != nil {
		return err
	}
	acked := len(w.states) - 1
	if dead {
		acked-- // the last batch may or may not be there
	} else if err := store.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	opts.FS = d.crash(rand.New(rand.NewPCG(seed, 1)), 50, 512)
	again, err := flowlog.Open("data", opts)
	if err != nil {
		return fmt.Errorf("open after a crash: %w", err)
	}
	defer again.Close()
	return w.check(again, acked)
}

// faultyBatches writes batches through a fault and, after it is over, some more.
// dead says that the store needs a restart.
func faultyBatches(store *flowlog.Store, w *workload, f *fault) (dead bool, err error) {
	for i := range 24 {
		if i == 16 {
			f.off.Store(true) // the disk is well again
		}
		b := w.next()
		err := store.Commit(ctx, b)
		if err == nil {
			continue
		}
		if !isTyped(err) {
			return false, fmt.Errorf("batch %d: untyped error: %w", i, err)
		}
		if i >= 16 && !errors.Is(err, flowlog.ErrPackBad) {
			return false, fmt.Errorf("batch %d: error after the disk was well again: %w", i, err)
		}
		failed := w.states[len(w.states)-1]
		w.states = w.states[:len(w.states)-1]
		if readErr := checkReads(store, w, f); readErr != nil {
			return false, fmt.Errorf("batch %d failed (%w), and then: %w", i, err, readErr)
		}
		if errors.Is(err, flowlog.ErrFailed) {
			w.states = append(w.states, failed)
			return true, nil
		}
	}
	return false, nil
}

// checkReads: what was acknowledged is still served, and nothing else.
func checkReads(store *flowlog.Store, w *workload, f *fault) error {
	state := w.states[len(w.states)-1]
	for load := range w.loads {
		have, stored := state[load]
		if info := store.State(load); (info.State != flowlog.Absent) != stored || info.Sectors != have.bits {
			return fmt.Errorf("load %d is %v", load, info.State)
		}
		if stored {
			if err := checkLoad(store, load, have); err != nil {
				return err
			}
		}
	}
	if _, err := store.Inspect(); err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	value, _, err := store.Meta().Get([]byte("seq"))
	if err == nil && len(w.states) > 1 && int(value[7]) != len(w.states)-1 {
		err = fmt.Errorf("row seq is %d, want %d", value[7], len(w.states)-1)
	}
	return err
}
