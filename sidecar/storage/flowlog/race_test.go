package flowlog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Slots change hands under readers here; a reader gets the bytes of some version
// of its load or a reason, never another load's bytes and never a false alarm.
func TestReadersSeeNoTornOrForeignLoads(t *testing.T) {
	for _, direct := range []bool{false, true} {
		t.Run(fmt.Sprintf("direct writes=%v", direct), func(t *testing.T) { readWhileSlotsChange(t, direct) })
	}
}

func readWhileSlotsChange(t *testing.T, direct bool) {
	opts := testOptions(flowlog.RolePlain)
	opts.FS, opts.DirectWrites = newDisk(), direct
	store := mustOpen(t, "data", opts)
	const loads, versions = 4, 2
	want := map[[2]uint64][]byte{}
	for load := range uint64(loads) {
		for version := range uint64(versions) {
			want[[2]uint64{load, version}] = content(load, version)
		}
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	fail := make(chan error, 4)
	for worker := range uint64(4) {
		readers.Add(1)
		go func() {
			defer readers.Done()
			random := rand.New(rand.NewPCG(worker, 1))
			buffer := flowlog.AlignedBuffer(layout.LoadSize)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := readAny(store, random.Uint64N(loads), want, buffer); err != nil {
					fail <- err
					return
				}
			}
		}()
	}
	random := rand.New(rand.NewPCG(*seedFlag, 3))
	for range 150 {
		load, version := random.Uint64N(loads), random.Uint64N(versions)
		var b flowlog.Batch
		b.Delete(load)
		if random.IntN(2) == 0 {
			b.WriteSealed(load, want[[2]uint64{load, version}], flowlog.SealMeta{})
		} else {
			b.WriteSectors(load, 0, want[[2]uint64{load, version}])
		}
		if err := store.Commit(ctx, &b); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
	select {
	case err := <-fail:
		t.Fatal(err)
	default:
	}
	if stats, _ := store.Inspect(); stats.Corruptions != 0 || stats.Quarantined != 0 || stats.UsedSlots > loads {
		t.Errorf("false alarms or leaked slots: %+v", stats)
	}
}

// readAny reads a load in one of the three ways and compares with its versions.
func readAny(store *flowlog.Store, load uint64, want map[[2]uint64][]byte, buffer []byte) error {
	if err := matches("direct", load, store.ReadLoadDirect(load, buffer), want, buffer); err != nil {
		return err
	}
	if err := matches("sectors", load, store.ReadSectors(load, 0, layout.SectorsPerLoad, buffer), want, buffer); err != nil {
		return err
	}
	_, err := store.ReadSealed(load, buffer)
	return matches("sealed", load, err, want, buffer)
}

func matches(how string, load uint64, err error, want map[[2]uint64][]byte, got []byte) error {
	for _, fine := range []error{flowlog.ErrNotStored, flowlog.ErrSealed, flowlog.ErrStale} {
		if errors.Is(err, fine) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("%s read of load %d: %w", how, load, err)
	}
	for version := range uint64(2) {
		if string(got) == string(want[[2]uint64{load, version}]) {
			return nil
		}
	}
	return fmt.Errorf("%s read of load %d: bytes of no version", how, load)
}
