package flowlog_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// What cannot write direct writes as ever, and nobody hears of it.
func TestDirectWritesFallBack(t *testing.T) {
	noHandles := &failAt{prefix: "opendirect ", err: syscall.EMFILE, first: 1, last: math.MaxInt64}
	for name, change := range map[string]func(*disk, *flowlog.Options){
		"the option is off":       func(_ *disk, o *flowlog.Options) { o.DirectWrites = false },
		"no direct files":         func(d *disk, _ *flowlog.Options) { d.direct = false },
		"direct reads only":       func(d *disk, _ *flowlog.Options) { d.directReads = true },
		"no handles for the file": func(d *disk, _ *flowlog.Options) { d.before = noHandles.before },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk()
			opts := directOptions(d)
			change(d, &opts)
			noHandles.armed.Store(true)
			store := mustOpen(t, "data", opts)
			for from := uint64(0); from < 12; from += 6 { // over packs of 4
				if err := store.Commit(ctx, wholeLoads(from, 6)); err != nil {
					t.Fatal(err)
				}
			}
			noHandles.armed.Store(false)
			want := map[uint64]*flowlog.Bitmap{}
			full := flowlog.FullBitmap()
			for load := range uint64(12) {
				want[load] = &full
			}
			wantBothReads(t, store, want)
			if stats, err := store.Inspect(); err != nil || stats.FailedPacks != 0 || d.directWrites.Load() != 0 {
				t.Errorf("%d failed packs, %d direct writes: %v", stats.FailedPacks, d.directWrites.Load(), err)
			}
		})
	}
}

// failAt fails the operations from the first to the last one that begin so, counted
// from 1 while it is armed. It is set before Open: pebble asks it from then on.
type failAt struct {
	armed       atomic.Bool
	prefix      string
	err         error
	first, last int64
	seen        atomic.Int64
}

func (f *failAt) before(op string) error {
	if !f.armed.Load() || !strings.HasPrefix(op, f.prefix) {
		return nil
	}
	if n := f.seen.Add(1); n < f.first || n > f.last {
		return nil
	}
	return fmt.Errorf("injected at %q: %w", op, f.err)
}

// A gathered write that fails takes its own batch back, the ops staged before
// included, and what is in the same group behaves as ever.
func TestFailedDirectWrites(t *testing.T) {
	for _, c := range []struct {
		err, want, others error
	}{
		{syscall.ENOSPC, flowlog.ErrFull, nil},                // the others' bytes are whole
		{syscall.EIO, flowlog.ErrPackBad, flowlog.ErrPackBad}, // nothing is known of that pack
		{errors.New("odd"), flowlog.ErrPackBad, flowlog.ErrPackBad},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			d := newDisk()
			opts := directOptions(d)
			opts.SlotsPerPack = 32
			opts.GroupCommit = flowlog.GroupCommit{Loads: 2 + 10 + 2, Delay: time.Minute} // one group
			// The first write is of loads 5 and 6, the second of 10 to 17, the third of 18 and 19.
			fault := &failAt{prefix: "write data/chunks/", err: c.err, first: 3, last: 3}
			d.before = fault.before
			store := mustOpen(t, "data", opts)
			if err := store.Commit(ctx, wholeLoads(0, 1)); err != nil {
				t.Fatal(err)
			}
			fault.armed.Store(true)
			before := store.CommitAsync(ctx, wholeLoads(5, 2))
			failing := store.CommitAsync(ctx, wholeLoads(10, 10))
			after := store.CommitAsync(ctx, wholeLoads(30, 2))
			wantErr(t, "the batch whose write failed", <-failing, c.want)
			wantErr(t, "the batch before it", <-before, c.others)
			wantErr(t, "the batch after it", <-after, c.others)
			wantAfterFailure(t, store, c.others == nil)
		})
	}
}

func wantAfterFailure(t *testing.T, store *flowlog.Store, others bool) {
	t.Helper()
	slots := 1
	if others {
		slots = 5
	}
	if stats, err := store.Inspect(); err != nil || stats.UsedSlots != slots || stats.Loads != slots {
		t.Errorf("%d slots, %d loads, want %d: %v", stats.UsedSlots, stats.Loads, slots, err)
	}
	wantSectors(t, store, 0, 0, layout.SectorsPerLoad, content(0, 1))
	for _, load := range []uint64{5, 6, 30, 31} {
		if others {
			wantSectors(t, store, load, 0, layout.SectorsPerLoad, content(load, 1))
		} else if store.Has(load, 0, 1) {
			t.Errorf("load %d is there", load)
		}
	}
	for load := uint64(10); load < 20; load++ {
		if store.Has(load, 0, 1) {
			t.Errorf("load %d of the failed batch is there", load)
		}
	}
}

// A refused batch's slots go to the next one of the same group, whose bytes must
// not be overtaken by gathered ones; and a batch reads what it wrote itself.
func TestGatheredBytesKeepTheirOrder(t *testing.T) {
	opts := directOptions(newDisk())
	opts.GroupCommit.Delay = time.Minute // the group closes at the batch that is waited for
	store := mustOpen(t, "data", opts)
	if err := store.WriteSectors(ctx, 1, 0, noise(1, 1)); err != nil {
		t.Fatal(err)
	}
	refused := wholeLoads(2, 2)
	refused.WriteSectors(1, 0, noise(2, 1)) // differs
	answer := store.CommitAsync(ctx, refused)
	next := wholeLoads(4, 2)
	data := content(6, 1)
	next.WriteSectors(6, 0, sectors(data, 0, 64))
	next.WriteSectors(6, 8, sectors(data, 8, 80)) // pieces just gathered are compared and filled up
	if err := store.Commit(ctx, next); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "a conflict", <-answer, flowlog.ErrConflict)
	wantSectors(t, store, 4, 0, layout.SectorsPerLoad, content(4, 1))
	wantSectors(t, store, 5, 0, layout.SectorsPerLoad, content(5, 1))
	wantSectors(t, store, 6, 0, 88, sectors(data, 0, 88))

	differs := oneRun(7, 0, 64)
	differs.WriteSectors(7, 16, noise(3, 1))
	wantErr(t, "a conflict with bytes just gathered", store.Commit(ctx, differs), flowlog.ErrConflict)
	if store.Has(7, 0, 1) {
		t.Error("a refused batch left a load")
	}
}
