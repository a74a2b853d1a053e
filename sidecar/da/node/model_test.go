package node_test

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// held is what the model knows of a blob in the store.
type held struct {
	blob   *erasure.Blob
	record *node.Record
}

// model is a store and what should be in it.
type model struct {
	*testing.T
	random *rand.Rand
	dir    string
	store  *node.Store
	blobs  map[uint64]held
	next   uint64
	epoch  uint64
	gone   []uint64
}

func (m *model) open() {
	store, err := node.OpenStore(m.dir, flowlog.Options{Role: flowlog.RolePlain, SlotsPerPack: 64})
	if err != nil {
		m.Fatal(err)
	}
	m.store = store
}

// put stores a blob of a random size in one of the last epochs.
func (m *model) put() {
	size := 1 << m.random.IntN(21)
	blob, err := erasure.Encode(erasure.CPU, erasure.Dev, 7, payload(size+m.random.IntN(size), int(m.next)))
	if err != nil {
		m.Fatal(err)
	}
	m.next++
	r := &node.Record{BlobID: m.next, Commitment: blob.Commitment, Epoch: m.epoch + uint64(m.random.IntN(2))}
	for row := range blob.Profile.N {
		if m.random.IntN(4) == 0 || row == 5 {
			r.Rows = append(r.Rows, uint16(row))
		}
	}
	in := node.NewIntake(blob.Commitment, blob.RLC, node.Assignment{Own: r.Rows, All: r.Rows},
		func(rows []erasure.Row) ([]error, error) { return make([]error, len(rows)), nil })
	for _, row := range r.Rows {
		if err := in.Add(blob.Row(int(row))); err != nil {
			m.Fatal(err)
		}
	}
	extent, err := in.Finish()
	if err == nil {
		err = m.store.Put(m.Context(), r, extent)
	}
	if err != nil {
		m.Fatal(err)
	}
	m.blobs[m.next] = held{blob, r}
}

// some picks a blob; ok is false when there is none.
func (m *model) some() (id uint64, ok bool) {
	ids := slices.Sorted(maps.Keys(m.blobs))
	if len(ids) == 0 {
		return 0, false
	}
	return ids[m.random.IntN(len(ids))], true
}

func (m *model) drop() {
	id, ok := m.some()
	if !ok {
		return
	}
	if err := m.store.Drop(m.Context(), id); err != nil {
		m.Fatal(err)
	}
	delete(m.blobs, id)
	m.gone = append(m.gone, id)
}

func (m *model) confirm() {
	id, ok := m.some()
	if !ok {
		return
	}
	r := m.blobs[id].record
	r.ConfirmHeight, r.LeafIndex, r.LeafPath = int64(m.random.IntN(1000)+1), uint32(m.random.IntN(9)), []erasure.Hash{{byte(id)}}
	if err := m.store.Confirm(m.Context(), r); err != nil {
		m.Fatal(err)
	}
}

func (m *model) prune() {
	m.epoch++
	want := 0
	for id, h := range m.blobs {
		if h.record.Epoch < m.epoch {
			delete(m.blobs, id)
			m.gone = append(m.gone, id)
			want++
		}
	}
	if got, err := m.store.Prune(m.Context(), m.epoch); err != nil || got != want {
		m.Fatalf("%d blobs pruned, want %d: %v", got, want, err)
	}
}

// check compares the store with what should be in it.
func (m *model) check() {
	m.Helper()
	var waiting []uint64
	for id, h := range m.blobs {
		if h.record.ConfirmHeight == 0 {
			waiting = append(waiting, id)
		}
		r, err := m.store.Record(id)
		if err != nil || r.ConfirmHeight != h.record.ConfirmHeight || !slices.Equal(r.Rows, h.record.Rows) {
			m.Fatalf("blob %d: %+v, want %+v: %v", id, r, h.record, err)
		}
		combinations, err := m.store.Combinations(r)
		if err != nil || !bytes.Equal(combinations[:16], h.blob.RLC[0][:]) {
			m.Fatalf("combinations of blob %d: %v", id, err)
		}
		index := int(r.Rows[m.random.IntN(len(r.Rows))])
		row, err := m.store.Row(r, index)
		if err == nil {
			err = h.blob.CheckPath(row)
		}
		if err != nil {
			m.Fatal(err)
		}
		if with, err := m.store.WithRoot(h.blob.DataRoot()); err != nil || with[0].BlobID != id {
			m.Fatalf("blob %d is not found by its root: %v", id, err)
		}
	}
	slices.Sort(waiting)
	if got := m.store.Waiting(); !slices.Equal(got, waiting) {
		m.Fatalf("waiting %v, want %v", got, waiting)
	}
	if blobs, _, _ := m.store.Counts(); blobs != len(m.blobs) {
		m.Fatalf("%d blobs counted, want %d", blobs, len(m.blobs))
	}
	for _, id := range m.gone {
		if _, err := m.store.Record(id); !errors.Is(err, node.ErrNotHeld) {
			m.Fatalf("blob %d is gone, got %v", id, err)
		}
	}
}

// Any order of blobs coming, being confirmed, lapsing, expiring, and restarts
// leaves the store with exactly what should be in it; with nothing held, nothing
// is on disk.
func TestTheStoreAgainstAModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := &model{T: t, random: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir(), blobs: map[uint64]held{}}
	m.open()
	for range 150 {
		switch m.random.IntN(10) {
		case 0, 1, 2, 3, 4:
			m.put()
		case 5, 6:
			m.confirm()
		case 7:
			m.drop()
		case 8:
			if err := m.store.Close(); err != nil {
				t.Fatal(err)
			}
			m.open()
		case 9:
			if m.random.IntN(3) == 0 {
				m.prune()
			}
		}
		if m.random.IntN(5) == 0 {
			m.check()
		}
	}
	m.check()
	m.prune()
	m.prune()
	if blobs, waiting, size := m.store.Counts(); blobs != 0 || waiting != 0 || size != 0 {
		t.Fatalf("%d blobs, %d waiting, %d bytes when all has expired", blobs, waiting, size)
	}
	if err := m.store.Close(); err != nil {
		t.Fatal(err)
	}
}
