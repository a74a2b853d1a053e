package flowlog_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

func directOptions(d *disk) flowlog.Options {
	opts := testOptions(flowlog.RolePlain)
	opts.DirectWrites = true
	if d != nil {
		opts.FS = d
	}
	return opts
}

// misaligned copies data to an odd address.
func misaligned(data []byte) []byte {
	return append(make([]byte, 1, 1+len(data)), data...)[1:]
}

// wholeLoads is a batch of loads [from, from+count), version 1, as callers have
// them: anywhere in memory.
func wholeLoads(from, count uint64) *flowlog.Batch {
	var b flowlog.Batch
	for load := from; load < from+count; load++ {
		b.WriteSectors(load, 0, misaligned(content(load, 1)))
	}
	return &b
}

func TestDirectWritesReadBack(t *testing.T) {
	t.Run("the machine's disk", func(t *testing.T) { readBack(t, t.TempDir(), directOptions(nil)) })
	t.Run("a simulated disk", func(t *testing.T) { readBack(t, "data", directOptions(newDisk())) })
}

func readBack(t *testing.T, dir string, opts flowlog.Options) {
	opts.SlotsPerPack = 8
	store := mustOpen(t, dir, opts)
	want := writeOddRuns(t, store)
	for range 2 { // also after opening again
		wantBothReads(t, store, want)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		store = mustOpen(t, dir, opts)
	}
	if report, err := store.Fsck(true, nil); err != nil || !report.OK() {
		t.Errorf("fsck: %+v %v", report, err)
	}
}

// writeOddRuns stores batches of random runs, and returns what each load holds.
func writeOddRuns(t *testing.T, store *flowlog.Store) map[uint64]*flowlog.Bitmap {
	t.Logf("seed %d", *seedFlag)
	random := rand.New(rand.NewPCG(*seedFlag, 21))
	want := map[uint64]*flowlog.Bitmap{}
	for range 20 {
		var b flowlog.Batch
		for range 1 + random.IntN(6) {
			load, first := random.Uint64N(12), random.IntN(layout.SectorsPerLoad)
			count := 1 + random.IntN(layout.SectorsPerLoad-first)
			if random.IntN(3) == 0 {
				first, count = 0, layout.SectorsPerLoad
			}
			b.WriteSectors(load, first, misaligned(sectors(content(load, 1), first, count)))
			if want[load] == nil {
				want[load] = new(flowlog.Bitmap)
			}
			want[load].Set(first, count)
		}
		if err := store.Commit(ctx, &b); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

// wantBothReads reads every load verified, and as a miner does.
func wantBothReads(t *testing.T, store *flowlog.Store, want map[uint64]*flowlog.Bitmap) {
	t.Helper()
	got := flowlog.AlignedBuffer(layout.LoadSize)
	for load, bits := range want {
		if err := checkLoad(store, load, modelLoad{version: 1, bits: *bits}); err != nil {
			t.Fatal(err)
		}
		expected := content(load, 1)
		for sector := range layout.SectorsPerLoad {
			if !bits.Has(sector, 1) {
				clear(sectors(expected, sector, 1))
			}
		}
		if err := store.ReadLoadDirect(load, got); err != nil || !bytes.Equal(got, expected) {
			t.Fatalf("direct read of load %d: %v", load, err)
		}
	}
}

func TestLoadsOfABatchShareDirectWrites(t *testing.T) {
	for _, c := range []struct {
		name  string
		batch *flowlog.Batch
		want  int64 // packs have 16 slots
	}{
		{"ten loads: 8 and 2", wholeLoads(0, 10), 2},
		{"eighteen loads in two packs: 8, 8 and 2", wholeLoads(0, 18), 3},
		{"less than a piece", oneRun(0, 3, 15), 0},
		{"a piece over two pieces", oneRun(0, 8, 16), 0},
		{"a piece and both edges", oneRun(0, 8, 32), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDisk()
			opts := directOptions(d)
			opts.SlotsPerPack = 16
			store := mustOpen(t, "data", opts)
			if err := store.Commit(ctx, c.batch); err != nil {
				t.Fatal(err)
			}
			if got := d.directWrites.Load(); got != c.want {
				t.Errorf("%d direct writes, want %d", got, c.want)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			for name, n := range d.names {
				if len(n.pending) != 0 && strings.HasSuffix(name, ".zgc") {
					t.Errorf("%s: %d writes were acknowledged and not synced", name, len(n.pending))
				}
			}
		})
	}
}

func oneRun(load uint64, first, count int) *flowlog.Batch {
	var b flowlog.Batch
	b.WriteSectors(load, first, sectors(content(load, 1), first, count))
	return &b
}

// Free slots need not be neighbours: only what is goes into one write.
func TestDirectWritesIntoGaps(t *testing.T) {
	d := newDisk()
	opts := directOptions(d)
	opts.SlotsPerPack = 16
	store := mustOpen(t, "data", opts)
	if err := store.Commit(ctx, wholeLoads(0, 8)); err != nil {
		t.Fatal(err)
	}
	for _, load := range []uint64{1, 3, 4, 6} {
		if err := store.Delete(ctx, load); err != nil {
			t.Fatal(err)
		}
	}
	before := d.directWrites.Load()
	if err := store.Commit(ctx, wholeLoads(20, 6)); err != nil { // slots 1; 3 and 4; 6; 8 and 9
		t.Fatal(err)
	}
	if got := d.directWrites.Load() - before; got != 4 {
		t.Errorf("%d direct writes, want 4", got)
	}
	for _, load := range []uint64{0, 2, 5, 7, 20, 21, 22, 23, 24, 25} {
		wantSectors(t, store, load, 0, layout.SectorsPerLoad, content(load, 1))
	}
}
