package flowlog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const rotLoads = 200

// rotDisk is a cleanly closed, or crashed, store of 200 loads, a fifth of them sealed, a fifth
// partial.
func rotDisk(t *testing.T, clean bool) (*disk, model) {
	d := newDisk()
	opts := testOptions(flowlog.RolePlain)
	opts.FS, opts.SlotsPerPack = d, 64
	store := mustOpen(t, "data", opts)
	state := model{}
	var b flowlog.Batch
	for load := range uint64(rotLoads) {
		have := modelLoad{version: load, bits: flowlog.FullBitmap()}
		switch load % 5 {
		case 3:
			have.sealed = true
			b.WriteSealed(load, content(load, load), flowlog.SealMeta{})
		case 4:
			have.bits = flowlog.Bitmap{}
			first, count := int(load), 100
			have.bits.Set(first, count)
			b.WriteSectors(load, first, sectors(content(load, load), first, count))
		default:
			b.WriteSectors(load, 0, content(load, load))
		}
		state[load] = have
	}
	if err := store.Commit(ctx, &b); err != nil {
		t.Fatal(err)
	}
	for i := range 10 { // more groups, so that the log has more than one sync
		if err := store.Meta().Set(ctx, []byte{byte(i)}, make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
	}
	crashed := d.crash(rand.New(rand.NewPCG(1, 1)), 100, 4096) // long ago: all was written back
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if !clean {
		d = crashed
	}
	return d, state
}

// flip changes one random bit of one of the load's stored sectors; slot = load,
// since they were written in this order.
func flip(d *disk, random *rand.Rand, load uint64, bits flowlog.Bitmap) (sector int) {
	for sector = random.IntN(layout.SectorsPerLoad); !bits.Has(sector, 1); {
		sector = random.IntN(layout.SectorsPerLoad)
	}
	at := int64(load%64)*layout.LoadSize + int64(sector*layout.SectorSize+random.IntN(layout.SectorSize))
	pack := d.names[fmt.Sprintf("data/chunks/%08d.zgc", load/64)]
	page := append([]byte{}, pack.pages[at/pageSize]...)
	page[at%pageSize] ^= 1 << random.IntN(8)
	pack.pages[at/pageSize] = page
	return sector
}

// mission B04: one bit flipped anywhere in a stored load is found before it is
// served or mined, in 10,000 of 10,000 cases; then it can be fetched and stored
// again.
func TestB04_EveryFlippedBitOfALoadIsFound(t *testing.T) {
	t.Logf("seed %d", *seedFlag)
	base, state := rotDisk(t, true)
	random := rand.New(rand.NewPCG(*seedFlag, 4))
	got, found := flowlog.AlignedBuffer(layout.LoadSize), 0
	for range 10_000 / rotLoads {
		d := base.crash(random, 100, 4096)
		opts := testOptions(flowlog.RolePlain)
		opts.FS = d
		store := mustOpen(t, "data", opts)
		for load, have := range state {
			sector := flip(d, random, load, have.bits)
			if err := findFlip(store, load, sector, have.sealed, got); !errors.Is(err, flowlog.ErrCorrupt) {
				t.Fatalf("load %d sector %d: got %v, want corrupt", load, sector, err)
			}
			if store.Has(load, sector, 1) || store.State(load).State != flowlog.Quarantined {
				t.Fatalf("load %d is offered although it is corrupt", load)
			}
			wantErr(t, "mining a quarantined load", store.ReadLoadDirect(load, got), flowlog.ErrCorrupt)
			found++
		}
		mended := random.Uint64N(rotLoads)
		store = mend(t, store, opts, mended)
		if bad, err := store.Quarantined(); err != nil || len(bad) != rotLoads-1 {
			t.Fatalf("%d quarantined after reopening, want %d: %v", len(bad), rotLoads-1, err)
		}
		store.Close()
	}
	t.Logf("%d of %d flips found", found, found)
}

// findFlip reads as a server would, or as a miner that verifies its candidate.
func findFlip(store *flowlog.Store, load uint64, sector int, sealed bool, got []byte) error {
	if !sealed {
		return store.ReadSectors(load, sector, 1, got)
	}
	if err := store.ReadLoadDirect(load, got); err != nil {
		return fmt.Errorf("direct read: %w", err)
	}
	piece := sector / layout.SectorsPerSeal
	return store.VerifyPiece(load, piece, got[piece*layout.SealSize:(piece+1)*layout.SealSize])
}

// mend stores a corrupt load again and reopens.
func mend(t *testing.T, store *flowlog.Store, opts flowlog.Options, load uint64) *flowlog.Store {
	t.Helper()
	data := content(load, 77)
	if err := store.WriteSectors(ctx, load, 0, data); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = mustOpen(t, "data", opts)
	wantSectors(t, store, load, 0, layout.SectorsPerLoad, data)
	if bad, err := store.BadSlots(); err != nil || bad != rotLoads {
		t.Fatalf("%d bad slots, want %d: %v", bad, rotLoads, err)
	}
	return store
}

// mission B04: one bit flipped in MANIFEST.json or any file of meta/ is either
// answered with an error or changes nothing; never are other bytes served, or
// loads missing without a word.
func TestB04_FlippedBitsOfMetadataAreFound(t *testing.T) {
	t.Logf("seed %d", *seedFlag)
	for name, clean := range map[string]bool{"closed": true, "crashed": false} {
		t.Run(name, func(t *testing.T) { flipMetaBits(t, clean) })
	}
}

func flipMetaBits(t *testing.T, clean bool) {
	base, state := rotDisk(t, clean)
	random := rand.New(rand.NewPCG(*seedFlag, 5))
	found, harmless := map[string]int{}, map[string]int{}
	rounds := 800
	if !clean {
		rounds = 100 // pebble looks for the flipped bit, half a second each time
	}
	for range rounds {
		d := base.crash(random, 100, 4096)
		name, at := flipMeta(t, d, random)
		opts := testOptions(flowlog.RolePlain)
		opts.FS = d
		store, err := flowlog.Open("data", opts)
		if err == nil {
			err = sample(store, state, random)
			store.Close()
		}
		if err != nil && strings.HasPrefix(err.Error(), "SILENT") {
			t.Fatalf("bit flipped in %s at %d: %v", name, at, err)
		}
		kind := strings.Trim(path.Base(name), "0123456789")
		if err != nil {
			found[kind]++
		} else {
			harmless[kind]++
		}
	}
	t.Logf("found: %v", found)
	t.Logf("without effect: %v", harmless)
}

// flipMeta flips a bit of a random small file.
func flipMeta(t *testing.T, d *disk, random *rand.Rand) (name string, at int) {
	names, err := d.meta.List("data/meta")
	if err != nil {
		t.Fatal(err)
	}
	for {
		i := random.IntN(len(names) + 2)
		if i >= len(names) {
			name := []string{"data/MANIFEST.json", "data/WATERMARK"}[i-len(names)]
			n := d.names[name]
			at = random.IntN(int(n.size))
			page := make([]byte, pageSize)
			copy(page, n.pages[int64(at/pageSize)])
			page[at%pageSize] ^= 1 << random.IntN(8)
			n.pages[int64(at/pageSize)] = page
			return name, at
		}
		data, err := d.meta.UnsafeGetFileDataBuffer("data/meta/" + names[i])
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 0 {
			at = random.IntN(len(data))
			data[at] ^= 1 << random.IntN(8)
			return names[i], at
		}
	}
}

// sample checks the shape of the store and a few loads. An error that starts with
// SILENT is one the store did not notice itself.
func sample(store *flowlog.Store, state model, random *rand.Rand) error {
	if store.Count() != len(state) {
		return fmt.Errorf("SILENT: %d loads, want %d", store.Count(), len(state))
	}
	for load, have := range state {
		info := store.State(load)
		if info.Sectors != have.bits || (info.State == flowlog.Sealed) != have.sealed {
			return fmt.Errorf("SILENT: load %d is %v", load, info.State)
		}
		if random.IntN(20) != 0 || have.sealed {
			continue
		}
		first := int(load)
		got := make([]byte, 8*layout.SectorSize)
		if err := store.ReadSectors(load, first, 8, got); err != nil {
			return err
		}
		if string(got) != string(sectors(content(load, have.version), first, 8)) {
			return fmt.Errorf("SILENT: load %d has other bytes", load)
		}
	}
	report, err := store.Fsck(false, nil)
	if err == nil && (!report.OK() || report.Loads != len(state)) {
		err = fmt.Errorf("fsck: %+v", report)
	}
	return err
}

// A write beside rotten sectors must not give them a fresh checksum.
func TestRotIsNotLaunderedByAWriteIntoTheSamePiece(t *testing.T) {
	d := newDisk()
	opts := testOptions(flowlog.RolePlain)
	opts.FS = d
	store := mustOpen(t, "data", opts)
	data := content(0, 1)
	if err := store.WriteSectors(ctx, 0, 0, sectors(data, 0, 8)); err != nil {
		t.Fatal(err)
	}
	var eight flowlog.Bitmap
	eight.Set(0, 8)
	flip(d, rand.New(rand.NewPCG(*seedFlag, 6)), 0, eight)
	wantErr(t, "sectors 8 to 12", store.WriteSectors(ctx, 0, 8, sectors(data, 8, 4)), flowlog.ErrCorrupt)
	if store.State(0).State != flowlog.Quarantined {
		t.Errorf("load is %v", store.State(0).State)
	}
	if err := store.WriteSectors(ctx, 0, 0, sectors(data, 0, 12)); err != nil {
		t.Fatal(err)
	}
	wantSectors(t, store, 0, 0, 12, sectors(data, 0, 12))
}
