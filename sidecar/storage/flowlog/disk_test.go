package flowlog_test

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

const pageSize = 4096

// disk is a machine's disk in memory that can lose power: what was not synced is
// then dropped, kept or torn, unit by unit, and pebble's files crash with it.
// Pages are never changed in place, so that a picture of the disk costs little.
type disk struct {
	meta *vfs.MemFS
	// before, when set, sees every operation before it happens; its error is the
	// operation's.
	before       func(op string) error
	direct       bool // OpenDirect works
	directReads  bool // and its files take no writes
	directWrites atomic.Int64

	mu      sync.Mutex
	names   map[string]*node // what the process sees
	durable map[string]*node // what the directories hold after a crash
	locked  map[string]bool
	space   flowlog.Space
}

// node is a file's content: a hole reads as zeros.
type node struct {
	size, durableSize int64
	pages, durable    map[int64][]byte // by number, of 4 KiB
	pending           []pendingWrite   // since the last sync
}

type pendingWrite struct {
	offset int64
	data   []byte
}

func newDisk() *disk {
	return &disk{
		meta: vfs.NewCrashableMem(), names: map[string]*node{}, durable: map[string]*node{}, locked: map[string]bool{},
		space: flowlog.Space{AvailBytes: 1 << 40}, direct: true,
	}
}

// crash returns the disk as it may be found after losing power now. Each unsynced
// unit of tear bytes, name and size change survives with keepPercent.
func (d *disk) crash(random *rand.Rand, keepPercent, tear int) *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	keep := func() bool { return keepPercent > 0 && random.IntN(100) < keepPercent }
	after := newDisk()
	after.meta = d.meta.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: keepPercent, RNG: random})
	after.space, after.direct, after.directReads = d.space, d.direct, d.directReads
	crashed := map[*node]*node{}
	for _, name := range sortedKeys(d.names, d.durable) {
		n := d.durable[name]
		if now := d.names[name]; now != n && keep() {
			n = now
		}
		if n == nil {
			continue
		}
		if crashed[n] == nil {
			crashed[n] = n.crash(keep, int64(tear))
		}
		after.names[name], after.durable[name] = crashed[n], crashed[n]
	}
	return after
}

func sortedKeys(a, b map[string]*node) []string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return sorted(maps.Keys(both))
}

func (n *node) crash(keep func() bool, tear int64) *node {
	after := &node{size: n.durableSize, pages: maps.Clone(n.durable)}
	if after.pages == nil {
		after.pages = map[int64][]byte{}
	}
	if n.size != n.durableSize && keep() {
		after.size = n.size
	}
	for _, write := range n.pending {
		for at := write.offset; at < write.offset+int64(len(write.data)); {
			end := min(at/tear*tear+tear, write.offset+int64(len(write.data)))
			if keep() && end <= after.size {
				after.write(write.data[at-write.offset:end-write.offset], at)
			}
			at = end
		}
	}
	after.durableSize, after.durable = after.size, maps.Clone(after.pages)
	return after
}

func (n *node) write(data []byte, offset int64) {
	for len(data) > 0 {
		number, within := offset/pageSize, offset%pageSize
		page := make([]byte, pageSize)
		copy(page, n.pages[number])
		written := copy(page[within:], data)
		n.pages[number] = page
		data, offset = data[written:], offset+int64(written)
	}
}

func (n *node) read(dst []byte, offset int64) {
	for len(dst) > 0 {
		number, within := offset/pageSize, offset%pageSize
		page := n.pages[number]
		if page == nil {
			page = zeroPage
		}
		got := copy(dst, page[within:])
		dst, offset = dst[got:], offset+int64(got)
	}
}

var zeroPage = make([]byte, pageSize)

func (d *disk) op(format string, args ...any) error {
	if d.before == nil {
		return nil
	}
	return d.before(fmt.Sprintf(format, args...))
}

func (d *disk) Meta() vfs.FS {
	return errorfs.Wrap(d.meta, errorfs.InjectorFunc(func(op errorfs.Op) error {
		return d.op("meta %d %s", op.Kind, path.Base(op.Path))
	}))
}

func (d *disk) MkdirAll(dir string) error {
	if err := d.op("mkdir %s", dir); err != nil {
		return err
	}
	if err := d.meta.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for ; ; dir = path.Dir(dir) {
		if err := d.syncMeta(path.Dir(dir)); err != nil || path.Dir(dir) == dir {
			return err
		}
	}
}

func (d *disk) syncMeta(dir string) error {
	handle, err := d.meta.OpenDir(dir)
	if err != nil {
		return err
	}
	defer handle.Close()
	return handle.Sync()
}

func (d *disk) Create(name string) (flowlog.File, error) {
	if err := d.op("create %s", name); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[name] = &node{pages: map[int64][]byte{}}
	return &handle{d, d.names[name], name}, nil
}

func (d *disk) Open(name string) (flowlog.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] == nil {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return &handle{d, d.names[name], name}, nil
}

func (d *disk) OpenDirect(name string) (flowlog.File, error) {
	if !d.direct {
		return nil, flowlog.ErrNoDirect
	}
	if err := d.op("opendirect %s", name); err != nil {
		return nil, err
	}
	file, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	return directHandle{file.(*handle)}, nil
}

// directHandle goes past the page cache. Power takes its unsynced writes as well:
// they may lie in the disk's own cache, in blocks not yet marked as written.
type directHandle struct{ *handle }

func (h directHandle) ReadAt(dst []byte, offset int64) (int, error) {
	mustAlign("read", dst, offset)
	return h.handle.ReadAt(dst, offset)
}

func (h directHandle) WriteAt(data []byte, offset int64) (int, error) {
	mustAlign("write", data, offset)
	if h.disk.directReads {
		return 0, fmt.Errorf("%w: write %s", flowlog.ErrNoDirect, h.name)
	}
	h.disk.directWrites.Add(1)
	return h.handle.WriteAt(data, offset)
}

// mustAlign ends the test: a real disk answers EINVAL, which the engine takes for
// a file system without direct writes, and the mistake would not show.
func mustAlign(what string, data []byte, offset int64) {
	address := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	if offset%pageSize != 0 || len(data)%pageSize != 0 || len(data) == 0 || address%pageSize != 0 {
		panic(fmt.Sprintf("direct %s of %d bytes at %d from address %#x: not aligned to %d", what, len(data), offset, address, pageSize))
	}
}

func (d *disk) Remove(name string) error {
	if err := d.op("remove %s", name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.names, name)
	return nil
}

func (d *disk) Rename(from, to string) error {
	if err := d.op("rename %s %s", from, to); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *disk) SyncDir(dir string) error {
	if err := d.op("syncdir %s", dir); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range sortedKeys(d.names, d.durable) {
		if path.Dir(name) != dir {
			continue
		}
		if d.names[name] == nil {
			delete(d.durable, name)
		} else {
			d.durable[name] = d.names[name]
		}
	}
	return nil
}

func (d *disk) List(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[string]bool{}
	for name := range d.names {
		if path.Dir(name) == dir {
			seen[path.Base(name)] = true
		}
	}
	below, err := d.meta.List(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range below {
		seen[name] = true
	}
	return sorted(maps.Keys(seen)), nil
}

func (d *disk) Space(string) (flowlog.Space, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.space, nil
}

func (d *disk) Lock(name string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked[name] {
		return nil, fmt.Errorf("%w: %s", flowlog.ErrLocked, name)
	}
	d.locked[name] = true
	return unlock{d, name}, nil
}

type unlock struct {
	disk *disk
	name string
}

func (u unlock) Close() error {
	u.disk.mu.Lock()
	defer u.disk.mu.Unlock()
	delete(u.disk.locked, u.name)
	return nil
}

type handle struct {
	disk *disk
	node *node
	name string
}

func (h *handle) Close() error { return nil }

func (h *handle) ReadAt(dst []byte, offset int64) (int, error) {
	if err := h.disk.op("read %s", h.name); err != nil {
		return 0, err
	}
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	n := min(max(h.node.size-offset, 0), int64(len(dst)))
	h.node.read(dst[:n], offset)
	if n < int64(len(dst)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

func (h *handle) WriteAt(data []byte, offset int64) (int, error) {
	if err := h.disk.op("write %s", h.name); err != nil {
		return 0, err
	}
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	h.node.size = max(h.node.size, offset+int64(len(data)))
	h.node.write(data, offset)
	h.node.pending = append(h.node.pending, pendingWrite{offset, append([]byte{}, data...)})
	return len(data), nil
}

func (h *handle) SyncData() error {
	err := h.disk.op("sync %s", h.name)
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if err != nil { // as Linux does: the pages count as clean although they are not on disk
		h.node.pending = nil
		return err
	}
	h.node.pending, h.node.durable, h.node.durableSize = nil, maps.Clone(h.node.pages), h.node.size
	return nil
}

func (h *handle) Fallocate(offset, length int64) error {
	if err := h.disk.op("fallocate %s", h.name); err != nil {
		return err
	}
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	h.node.size = max(h.node.size, offset+length)
	return nil
}

func (h *handle) StartWrite(int64, int64) {}

func (h *handle) DropCache(int64, int64) {}

func (h *handle) Size() (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	return h.node.size, nil
}

// opCounter numbers operations for hooks.
type opCounter struct{ n atomic.Int64 }

func (c *opCounter) next() int64 { return c.n.Add(1) - 1 }
