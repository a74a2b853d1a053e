package node_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// badDisk is full, or fails to sync packs, while it is told so.
type badDisk struct {
	flowlog.FS
	full, failing atomic.Bool
}

func (d *badDisk) Space(dir string) (flowlog.Space, error) {
	space, err := d.FS.Space(dir)
	if d.full.Load() {
		space.AvailBytes = 1 << 20
	}
	return space, err
}

func (d *badDisk) Create(path string) (flowlog.File, error) {
	file, err := d.FS.Create(path)
	return badFile{file, d}, err
}

func (d *badDisk) Open(path string) (flowlog.File, error) {
	file, err := d.FS.Open(path)
	return badFile{file, d}, err
}

type badFile struct {
	flowlog.File
	disk *badDisk
}

func (f badFile) SyncData() error {
	if f.disk.failing.Load() {
		return errors.New("input/output error")
	}
	return f.File.SyncData()
}

func (w *world) signs(n *running, b ordered) error {
	_, err := n.dial(w.disperser).SignBatch(w.Context(), &pb.SignBatchRequest{Epoch: b.epoch, QuorumId: b.quorum.ID, BlobIds: []uint64{b.id}})
	return err
}

// served says that a node serves all the rows of its seats, checked.
func (w *world) served(n *running, b ordered) {
	w.Helper()
	rows, err := w.rows(n, b.DataRoot())
	if want := len(w.assigned(b, n.address()).Own); err != nil || len(rows) != want {
		w.Fatalf("node %d serves %d rows of blob %d, want %d: %v", n.name, len(rows), b.id, want, err)
	}
}

// A full disk refuses rows in words, signs nothing for
// them, serves what it has, and goes on by itself.
func TestAFullDiskRefusesAndServes(t *testing.T) {
	w := newWorld(t, []uint32{1})
	disk := &badDisk{FS: flowlog.OS()}
	n := w.start(1, func(n *running) { n.disk = disk })
	old, b := w.order(payload(700, 1)), w.order(payload(700, 2))
	w.put(n, old)
	disk.full.Store(true)
	_, err := w.submission(b, n.address()).send(t.Context(), n.dial(w.disperser))
	refused(t, err, codes.ResourceExhausted, "store is full")
	if s := n.Status(); !strings.Contains(s.LastError, "disk: store is full") {
		t.Errorf("the status says %q", s.LastError)
	}
	refused(t, w.signs(n, b), codes.FailedPrecondition, "not accepted here")
	w.served(n, old)
	if err := w.signs(n, old); err != nil {
		t.Fatalf("what is on disk is not signed any more: %v", err)
	}
	disk.full.Store(false)
	w.put(n, b)
	w.served(n, b)
	if s := n.Status(); s.LastError != "" {
		t.Errorf("the status still says %q", s.LastError)
	}
}

// Store before sign: rows that the disk did not take are not signed, now or after
// a restart.
func TestADiskThatFailsToSyncIsNotSignedFor(t *testing.T) {
	w := newWorld(t, []uint32{1})
	disk := &badDisk{FS: flowlog.OS()}
	n := w.start(1, func(n *running) { n.disk = disk })
	old, b := w.order(payload(700, 1)), w.order(payload(700, 2))
	w.put(n, old)
	disk.failing.Store(true)
	_, err := w.submission(b, n.address()).send(t.Context(), n.dial(w.disperser))
	refused(t, err, codes.Internal, "its log says why")
	refused(t, w.signs(n, b), codes.FailedPrecondition, "not accepted here")
	w.served(n, old)
	disk.failing.Store(false)
	n.restart()
	refused(t, w.signs(n, b), codes.FailedPrecondition, "not accepted here")
	w.served(n, old)
	w.put(n, b)
	w.served(n, b)
	if err := w.signs(n, b); err != nil {
		t.Fatal(err)
	}
}

// rot changes one bit of the stored bytes that contain the needle.
func rot(t *testing.T, home string, needle []byte) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(node.DataDir(home), "chunks", "*.zgc"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	for _, path := range packs {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(raw, needle)
		if at < 0 {
			continue
		}
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt([]byte{raw[at+9] ^ 0x10}, int64(at+9)); err != nil {
			t.Fatal(err)
		}
		file.Close()
		return
	}
	t.Fatal("the bytes are in no pack")
}

// A bit that rots never leaves the node. The rows of that
// load are answered as not found, those of other loads are served, and new blobs
// find room.
func TestRotIsNeverServed(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	b := w.order(payload(400_000, 3)) // rows of 100 KiB: 16 of them fill 7 loads
	w.put(n, b)
	w.served(n, b)
	victim := 9
	rot(t, n.home, b.Rows[victim][1000:1100])
	rows, err := w.rows(n, b.DataRoot())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := rows[victim]; ok {
		t.Fatal("a row that rotted was served")
	}
	if len(rows) < 11 {
		t.Fatalf("only %d rows are left of 16: one load has three", len(rows))
	}
	root := b.DataRoot()
	answer, err := n.dial(nil).GetChunks(t.Context(), &pb.GetChunksRequest{DataRoot: root[:], Chunks: []*pb.ChunkID{{Row: uint32(victim)}, {Row: 0}}})
	if err != nil || len(answer.Chunks) != 1 || answer.Chunks[0].Row != 0 {
		t.Fatalf("%v %v", answer, err)
	}
	if n.Status().Served.Lost == 0 {
		t.Error("the status does not tell of it")
	}
	small := w.order(payload(700, 4))
	w.put(n, small)
	w.served(n, small)
	n.restart()
	if rows, err := w.rows(n, root); err != nil || len(rows) < 11 || rows[victim].Data != nil {
		t.Fatalf("%d rows after a restart: %v", len(rows), err)
	}
}

// Rot in the load that the next blob would share: the blob lands elsewhere.
func TestRotUnderTheNextBlob(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	a, b := w.order(payload(700, 1)), w.order(payload(700, 2))
	w.put(n, a)
	rot(t, n.home, a.Rows[15])
	w.put(n, b)
	w.served(n, b)
	n.restart()
	w.served(n, b)
}

// When retention is over, an epoch's blobs go as whole
// loads; those of later epochs stay. A lapsed blob frees the loads it had alone.
func TestExpiredEpochsArePruned(t *testing.T) {
	w := newWorld(t, []uint32{1}, func(p *datest.DAParams) {
		p.EpochBlocks, p.ConfirmWindowBlocks, p.RecordEpochs, p.RetentionEpochs = 20, 20, 1, 2
	})
	n := w.start(1)
	next := func(epoch uint64) {
		w.eventually("the node registers for the next epoch", func() bool {
			s := n.Status()
			return s.NextEpoch && s.Epoch == epoch-1
		})
		for {
			e, err := w.chain.DAEpoch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if e.Number == epoch {
				break
			}
			w.chain.Advance(1)
		}
		w.eventually("the node follows", func() bool { return n.Status().Epoch == epoch })
	}
	put := func(size, seed int) ordered {
		b := w.order(payload(size, seed))
		w.put(n, b)
		w.confirm([]*running{n}, b)
		return b
	}
	first := put(300_000, 1)
	w.eventually("confirmed", func() bool { return n.Status().Blobs.Waiting == 0 })
	bytesOfOne := n.Status().Blobs.Bytes
	next(1)
	second := put(300_000, 2)
	next(2)
	next(3)
	if _, err := w.chain.DABlob(t.Context(), second.id); err == nil {
		t.Fatal("this case wants a blob whose record the chain has forgotten")
	}
	w.checkRecord(n, second) // its confirmed root is not
	for epoch := uint64(4); epoch <= 8; epoch++ {
		next(epoch)
	}
	w.served(n, first) // retention 2, an epoch for the confirmation window, five for that of challenges
	next(9)
	w.eventually("the first epoch is pruned", func() bool { return n.Status().Blobs.Held == 1 })
	w.eventually("its loads are free", func() bool { return n.Status().Blobs.Bytes <= bytesOfOne })
	w.served(n, second)
	if _, err := w.rows(n, first.DataRoot()); err == nil {
		t.Fatal("an expired blob is served")
	}
	n.restart()
	w.served(n, second)
	next(10)
	w.eventually("the second epoch is pruned", func() bool { s := n.Status().Blobs; return s.Held == 0 && s.Bytes == 0 })
}
