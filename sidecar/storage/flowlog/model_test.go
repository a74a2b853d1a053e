package flowlog_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// machine drives a store and a model of it with the same commands, over few
// slots, so that allocation and freeing meet the capacity.
type machine struct {
	opts  flowlog.Options
	store *flowlog.Store
	want  model
	last  uint64 // load of the last command
}

const machineCapacity = 6

func TestStoreBehavesAsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := testOptions(flowlog.RolePlain)
		opts.FS, opts.CapacityLoads = newDisk(), machineCapacity
		opts.DirectWrites = rapid.Bool().Draw(t, "direct writes")
		m := &machine{opts: opts, want: model{}}
		m.open(t)
		defer func() { m.store.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"write":  m.write,
			"seal":   m.seal,
			"delete": m.delete,
			"reopen": func(t *rapid.T) {
				if err := m.store.Close(); err != nil {
					t.Fatal(err)
				}
				m.open(t)
				if err := checkState(m.store, m.want, 8); err != nil {
					t.Fatal(err)
				}
			},
			"": m.check,
		})
	})
}

func (m *machine) open(t *rapid.T) {
	var err error
	if m.store, err = flowlog.Open("data", m.opts); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) drawLoad(t *rapid.T) uint64 {
	m.last = rapid.Uint64Range(0, 7).Draw(t, "load")
	return m.last
}

func (m *machine) write(t *rapid.T) {
	load := m.drawLoad(t)
	first := rapid.IntRange(0, layout.SectorsPerLoad-1).Draw(t, "first")
	count := rapid.IntRange(1, layout.SectorsPerLoad-first).Draw(t, "count")
	version := rapid.Uint64Range(1, 2).Draw(t, "version")
	err := m.store.WriteSectors(ctx, load, first, sectors(content(load, version), first, count))
	have, stored := m.want[load]
	var overlap bool
	for sector := first; sector < first+count; sector++ {
		overlap = overlap || have.bits.Has(sector, 1)
	}
	switch {
	case have.sealed:
		wantDrawn(t, err, flowlog.ErrSealed)
	case stored && overlap && have.version != version:
		wantDrawn(t, err, flowlog.ErrConflict)
	case stored && have.version != version: // the model keeps one version per load: undo
		wantDrawn(t, err, nil)
		wantDrawn(t, m.store.Delete(ctx, load), nil)
		delete(m.want, load)
	case !stored && len(m.want) == machineCapacity:
		wantDrawn(t, err, flowlog.ErrFull)
	default:
		wantDrawn(t, err, nil)
		have.version = version
		have.bits.Set(first, count)
		m.want[load] = have
	}
}

func (m *machine) seal(t *rapid.T) {
	load, version := m.drawLoad(t), rapid.Uint64Range(1, 2).Draw(t, "version")
	opaque := []byte{0, 0, 0, 0, 0, 0, 0, byte(version)}
	err := m.store.WriteSealed(ctx, load, content(load, version), flowlog.SealMeta{Opaque: opaque})
	have, stored := m.want[load]
	same := have.sealed && have.version == version
	if len(m.want) == machineCapacity && !same { // copying needs a free slot, also for a load that is stored
		wantDrawn(t, err, flowlog.ErrFull)
		return
	}
	wantDrawn(t, err, nil)
	if !stored {
		have.bits = flowlog.FullBitmap()
	}
	have.version, have.sealed = version, true
	m.want[load] = have
}

func (m *machine) delete(t *rapid.T) {
	load := m.drawLoad(t)
	wantDrawn(t, m.store.Delete(ctx, load), nil)
	delete(m.want, load)
}

func (m *machine) check(t *rapid.T) {
	have, stored := m.want[m.last]
	if info := m.store.State(m.last); info.Sectors != have.bits || (info.State == flowlog.Sealed) != have.sealed {
		t.Fatalf("load %d is %v", m.last, info.State)
	}
	if stored {
		if err := checkLoad(m.store, m.last, have); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := m.store.Inspect()
	if err != nil || stats.UsedSlots != len(m.want) || stats.Loads != len(m.want) {
		t.Fatalf("%d slots for %d loads, want %d: %v", stats.UsedSlots, stats.Loads, len(m.want), err)
	}
	seen := map[uint64]bool{}
	err = m.store.Loads(0, func(load uint64, _ flowlog.State) bool { seen[load] = true; return true })
	if err != nil || len(seen) != len(m.want) {
		t.Fatalf("loads %v, want those of %v: %v", seen, maps.Keys(m.want), err)
	}
}

func wantDrawn(t *rapid.T, got, want error) {
	if !isErr(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
