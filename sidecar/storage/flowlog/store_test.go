package flowlog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

var ctx = context.Background()

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// small packs and caches, so that a test crosses packs and flushes often.
func testOptions(role flowlog.Role) flowlog.Options {
	return flowlog.Options{
		Role: role, SlotsPerPack: 4, Direct: true, Logger: quiet, ReserveBytes: 1,
		GroupCommit:    flowlog.GroupCommit{Loads: 32, Delay: 5 * time.Millisecond},
		MetaCacheBytes: 1 << 20, MetaMemTableBytes: 256 << 10,
	}
}

func mustOpen(t testing.TB, dir string, opts flowlog.Options) *flowlog.Store {
	t.Helper()
	store, err := flowlog.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// noise returns count sectors that depend on seed and position, so that moved
// bytes show.
func noise(seed uint64, count int) []byte {
	data := make([]byte, count*layout.SectorSize)
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24), 1})
	random.Read(data)
	return data
}

func sectors(data []byte, first, count int) []byte {
	return data[first*layout.SectorSize : (first+count)*layout.SectorSize]
}

// wantSectors fails unless the sectors read back as data.
func wantSectors(t testing.TB, store *flowlog.Store, load uint64, first, count int, data []byte) {
	t.Helper()
	got := make([]byte, count*layout.SectorSize)
	if err := store.ReadSectors(load, first, count, got); err != nil {
		t.Fatalf("load %d [%d, %d): %v", load, first, first+count, err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("load %d [%d, %d): other bytes than written", load, first, first+count)
	}
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestWhatIsWrittenIsReadAfterReopening(t *testing.T) {
	dir := t.TempDir()
	store := mustOpen(t, dir, testOptions(flowlog.RolePlain))
	loads := map[uint64][]byte{}
	for load := uint64(0); load < 10; load++ {
		loads[load*7] = noise(load, layout.SectorsPerLoad)
		if err := store.WriteSectors(ctx, load*7, 0, loads[load*7]); err != nil {
			t.Fatal(err)
		}
	}
	part := noise(99, 37)
	if err := store.WriteSectors(ctx, 100, 500, part); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		for load, data := range loads {
			wantSectors(t, store, load, 0, layout.SectorsPerLoad, data)
			wantSectors(t, store, load, 3, 1, sectors(data, 3, 1))
			wantSectors(t, store, load, 15, 18, sectors(data, 15, 18))
		}
		wantSectors(t, store, 100, 501, 30, sectors(part, 1, 30))
		wantErr(t, "a sector before the part", store.ReadSectors(100, 499, 2, make([]byte, 512)), flowlog.ErrNotStored)
		wantErr(t, "a sector after the part", store.ReadSectors(100, 536, 2, make([]byte, 512)), flowlog.ErrNotStored)
		wantErr(t, "an absent load", store.ReadSectors(1, 0, 1, make([]byte, 256)), flowlog.ErrNotStored)
		if info := store.State(100); info.State != flowlog.Partial || info.Sectors.Count() != 37 || !store.Has(100, 500, 37) || store.Has(100, 500, 38) {
			t.Errorf("state of the part: %v", info.State)
		}
		if store.Count() != 11 || store.Bytes() != 10*layout.LoadSize+37*256 {
			t.Errorf("%d loads, %d bytes", store.Count(), store.Bytes())
		}
		if round == 0 {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			store = mustOpen(t, dir, testOptions(flowlog.RolePlain))
		}
	}
	if report, err := store.Fsck(true, nil); err != nil || !report.OK() || report.Loads != 11 {
		t.Errorf("fsck: %+v %v", report, err)
	}
}

func TestSectorsOfOneLoadComeInPieces(t *testing.T) {
	store := mustOpen(t, t.TempDir(), testOptions(flowlog.RolePlain))
	data := noise(1, layout.SectorsPerLoad)
	for _, part := range []struct{ first, count int }{{5, 3}, {8, 24}, {0, 5}, {1000, 24}, {3, 10}, {20, 985}} {
		if err := store.WriteSectors(ctx, 9, part.first, sectors(data, part.first, part.count)); err != nil {
			t.Fatalf("[%d, +%d): %v", part.first, part.count, err)
		}
		wantSectors(t, store, 9, part.first, part.count, sectors(data, part.first, part.count))
	}
	if info := store.State(9); info.State != flowlog.Plain || info.Sectors != flowlog.FullBitmap() {
		t.Errorf("got %v, want plain", info.State)
	}
	wantSectors(t, store, 9, 0, layout.SectorsPerLoad, data)

	before := store.State(9).Gen
	if err := store.WriteSectors(ctx, 9, 0, data); err != nil {
		t.Errorf("the same bytes again: %v", err)
	}
	if store.State(9).Gen != before {
		t.Error("the same bytes again changed the load")
	}
	data[777*256] ^= 1
	wantErr(t, "one bit away", store.WriteSectors(ctx, 9, 0, data), flowlog.ErrConflict)
	data[777*256] ^= 1
	wantSectors(t, store, 9, 0, layout.SectorsPerLoad, data)
}

func TestBadArgumentsAreRefused(t *testing.T) {
	store := mustOpen(t, t.TempDir(), testOptions(flowlog.RolePlain))
	for _, c := range []struct {
		name         string
		first, bytes int
	}{
		{"no bytes", 0, 0}, {"half a sector", 0, 128}, {"a sector and a byte", 0, 257},
		{"before the load", -1, 256}, {"past the load", 1024, 256}, {"over the end", 1023, 512},
		{"an overflowing position", int(^uint(0) >> 1), 256},
	} {
		wantErr(t, c.name, store.WriteSectors(ctx, 0, c.first, make([]byte, c.bytes)), flowlog.ErrArgument)
	}
	wantErr(t, "255 KiB sealed", store.WriteSealed(ctx, 0, make([]byte, 255<<10), flowlog.SealMeta{}), flowlog.ErrArgument)
	wantErr(t, "4097 bytes of meta", store.WriteSealed(ctx, 0, make([]byte, 256<<10), flowlog.SealMeta{Opaque: make([]byte, 4097)}), flowlog.ErrArgument)
	wantErr(t, "read of nothing", store.ReadSectors(0, 0, 0, nil), flowlog.ErrArgument)
	wantErr(t, "read into too little", store.ReadSectors(0, 0, 2, make([]byte, 511)), flowlog.ErrArgument)
	wantErr(t, "unaligned direct read", store.ReadLoadDirect(0, flowlog.AlignedBuffer(layout.LoadSize + 1)[1:]), flowlog.ErrArgument)
	if store.Count() != 0 {
		t.Errorf("%d loads after refusals", store.Count())
	}
}

func TestSealedLoadsReplacePlainOnesByCopy(t *testing.T) {
	dir := t.TempDir()
	store := mustOpen(t, dir, testOptions(flowlog.RolePlain))
	plain, sealed := noise(1, 1024), noise(2, 1024)
	meta := flowlog.SealMeta{LoadRoot: [32]byte{7}, Opaque: []byte("context 3")}
	if err := store.WriteSectors(ctx, 4, 10, sectors(plain, 10, 1000)); err != nil {
		t.Fatal(err)
	}
	gen := store.State(4).Gen
	if err := store.WriteSectors(ctx, 4, 5, sectors(plain, 5, 5)); err != nil {
		t.Fatal(err)
	}
	meta.IfGen = gen
	wantErr(t, "sealed from an older state", store.WriteSealed(ctx, 4, sealed, meta), flowlog.ErrStale)
	wantSectors(t, store, 4, 5, 1005, sectors(plain, 5, 1005))
	meta.IfGen = store.State(4).Gen
	if err := store.WriteSealed(ctx, 4, sealed, meta); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		wantErr(t, "plain read of a sealed load", store.ReadSectors(4, 10, 1, make([]byte, 256)), flowlog.ErrSealed)
		got := make([]byte, layout.LoadSize)
		gotMeta, err := store.ReadSealed(4, got)
		if err != nil || !bytes.Equal(got, sealed) || gotMeta.LoadRoot != meta.LoadRoot || string(gotMeta.Opaque) != "context 3" {
			t.Fatalf("sealed load: %v %+v", err, gotMeta)
		}
		if info := store.State(4); info.State != flowlog.Sealed || info.Sectors.Count() != 1005 || store.Has(4, 4, 1) || !store.Has(4, 5, 1005) {
			t.Errorf("state %v with %d sectors of data", info.State, info.Sectors.Count())
		}
		if stats, _ := store.Inspect(); stats.UsedSlots != 1 || stats.Sealed != 1 {
			t.Errorf("the plain slot is still used: %+v", stats)
		}
		store.Close()
		store = mustOpen(t, dir, testOptions(flowlog.RolePlain))
	}
	wantErr(t, "plain write into a sealed load", store.WriteSectors(ctx, 4, 0, noise(1, 1)), flowlog.ErrSealed)
}

func TestMiningReads(t *testing.T) {
	for _, direct := range []bool{true, false} {
		t.Run(fmt.Sprintf("direct=%v", direct), func(t *testing.T) {
			opts := testOptions(flowlog.RoleSealed)
			opts.Direct = direct
			store := mustOpen(t, t.TempDir(), opts)
			sealed := noise(5, 1024)
			if err := store.WriteSealed(ctx, 1<<40, sealed, flowlog.SealMeta{}); err != nil {
				t.Fatal(err)
			}
			got := flowlog.AlignedBuffer(layout.LoadSize)
			if err := store.ReadLoadDirect(1<<40, got); err != nil || !bytes.Equal(got, sealed) {
				t.Fatalf("mining read: %v", err)
			}
			piece := got[5*4096 : 6*4096]
			if err := store.VerifyPiece(1<<40, 5, piece); err != nil {
				t.Error(err)
			}
			wantErr(t, "another piece", store.VerifyPiece(1<<40, 6, piece), flowlog.ErrStale)
			piece[17] ^= 4
			wantErr(t, "a piece one bit away in memory only", store.VerifyPiece(1<<40, 5, piece), flowlog.ErrStale)
			wantErr(t, "an absent load", store.ReadLoadDirect(0, got), flowlog.ErrNotStored)
			wantErr(t, "plain sectors for a miner", store.WriteSectors(ctx, 0, 0, noise(1, 1)), flowlog.ErrArgument)
		})
	}
}

func TestMissingSectorsAreZerosToTheMiner(t *testing.T) {
	store := mustOpen(t, t.TempDir(), testOptions(flowlog.RolePlain))
	data := noise(1, 1024)
	if err := store.WriteSectors(ctx, 0, 0, data); err != nil { // leaves its bytes in slot 0
		t.Fatal(err)
	}
	if err := store.Delete(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteSectors(ctx, 1, 100, sectors(data, 3, 50)); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, layout.LoadSize)
	copy(want[100*256:], sectors(data, 3, 50))
	got := flowlog.AlignedBuffer(layout.LoadSize)
	if err := store.ReadLoadDirect(1, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("partial load: %v", err)
	}
}

func TestBatchesAreAtomicWithTheOwnersRows(t *testing.T) {
	dir := t.TempDir()
	store := mustOpen(t, dir, testOptions(flowlog.RolePlain))
	var b flowlog.Batch
	b.WriteSectors(1, 0, noise(1, 1024))
	b.WriteSectors(2, 0, noise(2, 10))
	b.Set([]byte("file/1"), []byte("final"))
	if err := store.Commit(ctx, &b); err != nil {
		t.Fatal(err)
	}
	var bad flowlog.Batch
	bad.Set([]byte("file/2"), []byte("final"))
	bad.Unset([]byte("file/1"))
	bad.Delete(1)
	bad.WriteSectors(3, 0, noise(3, 1024))
	bad.WriteSectors(2, 9, noise(4, 1)) // differs
	wantErr(t, "one conflict in a batch", store.Commit(ctx, &bad), flowlog.ErrConflict)
	for range 2 {
		if _, ok, err := store.Meta().Get([]byte("file/2")); ok || err != nil {
			t.Errorf("a refused batch left a row: %v", err)
		}
		if value, ok, err := store.Meta().Get([]byte("file/1")); !ok || err != nil || string(value) != "final" {
			t.Errorf("row of the first batch: %q %v %v", value, ok, err)
		}
		if store.Has(3, 0, 1) || !store.Has(1, 0, 1024) {
			t.Error("a refused batch wrote or deleted a load")
		}
		if stats, _ := store.Inspect(); stats.UsedSlots != 2 {
			t.Errorf("%d slots used, want 2", stats.UsedSlots)
		}
		store.Close()
		store = mustOpen(t, dir, testOptions(flowlog.RolePlain))
	}
	for _, key := range []string{"a", "b/1", "b/2", "b\xff", "c"} {
		if err := store.Meta().Set(ctx, []byte(key), []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	err := store.Meta().Iterate([]byte("b"), func(key, value []byte) (bool, error) {
		keys = append(keys, string(key))
		return true, nil
	})
	if err != nil || fmt.Sprintf("%q", keys) != `["b/1" "b/2" "b\xff"]` {
		t.Errorf("iterate: %q %v", keys, err)
	}
	if err := store.Meta().Delete(ctx, []byte("b/1")); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := store.Meta().Get([]byte("b/1")); ok {
		t.Error("a deleted row is still there")
	}
}

func TestAsyncWritesShareOneGroup(t *testing.T) {
	store := mustOpen(t, t.TempDir(), testOptions(flowlog.RolePlain))
	var answers []<-chan error
	data := noise(3, 1024)
	for i := range 100 { // ten writes to each of ten loads, out of order
		first := i / 10 * 100
		answers = append(answers, store.WriteSectorsAsync(ctx, uint64(i%10), first, sectors(data, first, 100)))
	}
	for i, answer := range answers {
		if err := <-answer; err != nil {
			t.Fatalf("write %d: %v", i, err)
		}
	}
	for load := range uint64(10) {
		wantSectors(t, store, load, 0, 1000, sectors(data, 0, 1000))
	}
}

func TestLoadsComeInOrder(t *testing.T) {
	store := mustOpen(t, t.TempDir(), testOptions(flowlog.RolePlain))
	for _, load := range []uint64{300, 2, 1 << 45, 0, 256} {
		if err := store.WriteSectors(ctx, load, 0, noise(load, 1)); err != nil {
			t.Fatal(err)
		}
	}
	var got []uint64
	if err := store.Loads(1, func(load uint64, state flowlog.State) bool { got = append(got, load); return load < 300 }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[2 256 300]" {
		t.Errorf("got %v", got)
	}
}

func TestClosedStoresAnswer(t *testing.T) {
	store := mustOpen(t, t.TempDir(), testOptions(flowlog.RolePlain))
	answer := store.WriteSectorsAsync(ctx, 1, 0, noise(1, 1))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("a write queued before Close: %v", err)
	}
	wantErr(t, "write", store.WriteSectors(ctx, 1, 1, noise(1, 1)), flowlog.ErrClosed)
	wantErr(t, "read", store.ReadSectors(1, 0, 1, make([]byte, 256)), flowlog.ErrClosed)
	_, _, err := store.Meta().Get([]byte("x"))
	wantErr(t, "meta", err, flowlog.ErrClosed)
	if err := store.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
