package flowlog_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

var crashes = flag.Int("crashes", 3000, "simulated crashes; mission B02 counts 10000")
var seedFlag = flag.Uint64("seed", 1, "first seed of randomized tests")

func sorted[K ~string](keys iter.Seq[K]) []K { return slices.Sorted(keys) }

// model is what a store must hold: by load, which version of which sectors.
type model map[uint64]modelLoad

type modelLoad struct {
	version uint64
	bits    flowlog.Bitmap
	sealed  bool
}

// content returns the bytes of a load's version: every sector its own.
func content(load, version uint64) []byte {
	data := make([]byte, layout.LoadSize)
	for sector := range layout.SectorsPerLoad {
		at := data[sector*layout.SectorSize:]
		word := load*1_000_003 + version*7919 + uint64(sector)*2_654_435_761 + 1
		for i := 0; i < layout.SectorSize; i += 8 {
			word += 0x9e3779b97f4a7c15
			binary.LittleEndian.PutUint64(at[i:], word)
		}
	}
	return data
}

// workload draws batches and keeps the model after each: after batch k the store
// is states[k+1], and the row "seq" says k+1.
type workload struct {
	random  *rand.Rand
	states  []model
	version uint64
	loads   uint64
	direct  bool // the store is written past the page cache
}

func newWorkload(seed, loads uint64) *workload {
	return &workload{random: rand.New(rand.NewPCG(seed, 7)), states: []model{{}}, loads: loads}
}

func (w *workload) next() *flowlog.Batch {
	var b flowlog.Batch
	state := maps.Clone(w.states[len(w.states)-1])
	for range 1 + w.random.IntN(3) {
		w.draw(&b, state)
	}
	b.Set([]byte("seq"), binary.BigEndian.AppendUint64(nil, uint64(len(w.states))))
	b.Set([]byte(fmt.Sprintf("row/%d", len(w.states)%5)), make([]byte, w.random.IntN(2000)))
	w.states = append(w.states, state)
	return &b
}

func (w *workload) draw(b *flowlog.Batch, state model) {
	load := w.random.Uint64N(w.loads)
	have, stored := state[load]
	switch roll := w.random.IntN(10); {
	case roll == 0:
		b.Delete(load)
		delete(state, load)
	case roll == 1:
		w.version++
		if !stored {
			have.bits = flowlog.FullBitmap()
		}
		have.version, have.sealed = w.version, true
		b.WriteSealed(load, content(load, w.version), flowlog.SealMeta{Opaque: binary.BigEndian.AppendUint64(nil, w.version)})
		state[load] = have
	case have.sealed: // plain sectors do not go there
	default:
		if !stored {
			w.version++
			have.version = w.version
		}
		first := w.random.IntN(layout.SectorsPerLoad)
		count := 1 + w.random.IntN(min(layout.SectorsPerLoad-first, 40))
		if roll > 7 {
			first, count = 0, layout.SectorsPerLoad
		}
		b.WriteSectors(load, first, sectors(content(load, have.version), first, count))
		have.bits.Set(first, count)
		state[load] = have
	}
}

// check fails unless the store is as a state no older than states[acked].
func (w *workload) check(store *flowlog.Store, acked int) error {
	value, ok, err := store.Meta().Get([]byte("seq"))
	if err != nil {
		return err
	}
	seq := 0
	if ok {
		seq = int(binary.BigEndian.Uint64(value))
	}
	if seq < acked || seq >= len(w.states) {
		return fmt.Errorf("store is at batch %d, %d were acknowledged, %d were written", seq, acked, len(w.states)-1)
	}
	return checkState(store, w.states[seq], w.loads)
}

func checkState(store *flowlog.Store, want model, loads uint64) error {
	for load := range loads {
		have, stored := want[load]
		info := store.State(load)
		wantState := flowlog.Absent
		switch {
		case !stored:
		case have.sealed:
			wantState = flowlog.Sealed
		case have.bits == flowlog.FullBitmap():
			wantState = flowlog.Plain
		default:
			wantState = flowlog.Partial
		}
		if info.State != wantState || info.Sectors != have.bits {
			return fmt.Errorf("load %d is %v with %d sectors, want %v with %d", load, info.State, info.Sectors.Count(), wantState, have.bits.Count())
		}
		if stored {
			if err := checkLoad(store, load, have); err != nil {
				return err
			}
		}
	}
	report, err := store.Fsck(true, nil)
	if err != nil || !report.OK() {
		return fmt.Errorf("fsck: %+v %w", report, err)
	}
	return nil
}

func checkLoad(store *flowlog.Store, load uint64, want modelLoad) error {
	data := content(load, want.version)
	got := make([]byte, layout.LoadSize)
	if want.sealed {
		meta, err := store.ReadSealed(load, got)
		if err != nil {
			return err
		}
		if string(got) != string(data) || binary.BigEndian.Uint64(meta.Opaque) != want.version {
			return fmt.Errorf("sealed load %d has other bytes", load)
		}
		return nil
	}
	for first := 0; first < layout.SectorsPerLoad; first++ {
		count := 0
		for first+count < layout.SectorsPerLoad && want.bits.Has(first+count, 1) {
			count++
		}
		if count == 0 {
			continue
		}
		if err := store.ReadSectors(load, first, count, got); err != nil {
			return err
		}
		if string(got[:count*layout.SectorSize]) != string(sectors(data, first, count)) {
			return fmt.Errorf("load %d [%d, %d) has other bytes", load, first, first+count)
		}
		first += count
	}
	return nil
}

// image is a disk after a crash, and how many batches were acknowledged before.
type image struct {
	disk  *disk
	acked int
	op    string
}

// crashRun runs a workload and takes a picture before every operation on the
// disk, from the making of the directory on.
func crashRun(t *testing.T, seed uint64, batches int) (*workload, []image) {
	random := rand.New(rand.NewPCG(seed, 1))
	keepPercent, tear := []int{0, 20, 50, 80}[random.IntN(4)], []int{512, 4096}[random.IntN(2)]
	d := newDisk()
	var mu sync.Mutex
	var images []image
	var acked atomic.Int64
	d.before = func(op string) error {
		mu.Lock()
		defer mu.Unlock()
		before := int(acked.Load()) // first: acknowledgements go on while the picture is taken
		images = append(images, image{d.crash(random, keepPercent, tear), before, op})
		return nil
	}
	opts := testOptions(flowlog.RolePlain)
	opts.FS = d
	opts.GroupCommit.Loads = 6
	opts.DirectWrites = seed%2 == 0
	opts.MetaMemTableBytes = 16 << 10 // flushes and compactions take part
	store, err := flowlog.Open("data", opts)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	w := newWorkload(seed, 12)
	w.direct = opts.DirectWrites
	for done := 0; done < batches; {
		var answers []<-chan error
		for range 1 + random.IntN(4) {
			answers = append(answers, store.CommitAsync(ctx, w.next()))
		}
		for _, answer := range answers {
			if err := <-answer; err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			done++
			acked.Store(int64(done))
		}
	}
	if err := store.Close(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if got := d.directWrites.Load(); (got > 0) != w.direct {
		t.Fatalf("seed %d: %d direct writes, with DirectWrites %v", seed, got, w.direct)
	}
	return w, images
}

// mission B01, B02: nothing acknowledged is lost, nothing unacknowledged shows in
// part, and opening again needs no operator, whatever the disk kept.
func TestB02_CrashAtEveryWritePoint(t *testing.T) {
	t.Logf("seed %d", *seedFlag)
	want := *crashes
	if testing.Short() {
		want /= 10
	}
	done, again := 0, 0
	for seed := *seedFlag; done+again < want; seed++ {
		w, images := crashRun(t, seed, 20)
		random := rand.New(rand.NewPCG(seed, 2))
		for i, image := range images {
			if err := recoverImage(w, image, random.IntN(20) == 0, &again); err != nil {
				t.Fatalf("seed %d, crash %d before %q: %v", seed, i, image.op, err)
			}
		}
		done += len(images)
	}
	t.Logf("%d crashes while writing, %d while recovering from one", done, again)
}

// recoverImage opens the disk, checks it, and writes on. With twice it also
// crashes at every point of the recovery.
func recoverImage(w *workload, image image, twice bool, again *int) error {
	opts := testOptions(flowlog.RolePlain)
	opts.FS, opts.DirectWrites = image.disk, w.direct
	var second []*disk
	var recovered atomic.Bool // pebble goes on asking the hook after Open
	if twice {
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(3, 3))
		image.disk.before = func(string) error {
			mu.Lock()
			defer mu.Unlock()
			if !recovered.Load() {
				second = append(second, image.disk.crash(random, 50, 512))
			}
			return nil
		}
	}
	store, err := flowlog.Open("data", opts)
	if err != nil {
		return err
	}
	recovered.Store(true)
	if err := w.check(store, image.acked); err != nil {
		return err
	}
	if err := store.WriteSectors(ctx, 1000, 3, noise(5, 40)); err != nil {
		return fmt.Errorf("write after recovery: %w", err)
	}
	if err := store.Close(); err != nil {
		return err
	}
	for i, d := range second {
		*again++
		if err := recoverImage(w, imageOf(d, image.acked), false, again); err != nil {
			return fmt.Errorf("second crash %d: %w", i, err)
		}
	}
	return nil
}

func imageOf(d *disk, acked int) image { return image{disk: d, acked: acked} }
