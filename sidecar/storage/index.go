package storage

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// Hash is a digest of 32 bytes.
type Hash = merkle.Hash

// The node's rows live in the engine's owner area, so that a segment's bytes
// and the row that says so are one commit. All integers are big-endian.
//
//	c                        cursor: chain, next entry, frontier
//	h                        shard the rows z are about
//	t seq(8)                 entry
//	r root(32) seq(8)        entries of a file root
//	f flowRoot(32)           flow length in sectors (8) at that root
//	n height(1) index(8)     root of a completed aligned subtree of the flow
//	o height(1) index(8)     seq of the entry that has this subtree, of a load or larger, as a node
//	b load(8) sector(2)      seq of the entry that has something smaller than a load there
//	x seq(8) segment(4)      segment stored
//	d seq(8)                 root(32) of the blob whose payload the entry is, not fetched yet
//	q load(8) seq(8)         the entry's segment in this load rotted, and is not stored again yet
//	z seq(8)                 every segment of this node's shard is stored
type index struct{ meta flowlog.Meta }

// errNoRow: there is no such row. errRow: there is one that nobody wrote.
var (
	errNoRow = errors.New("no such row")
	errRow   = errors.New("malformed row")
)

// get returns a row's value, errNoRow when there is none.
func (x index) get(key []byte) ([]byte, error) {
	value, ok, err := x.meta.Get(key)
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	if !ok {
		return nil, errNoRow
	}
	return value, nil
}

func (x index) has(key []byte) (bool, error) {
	_, err := x.get(key)
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	return err == nil, err
}

func (x index) uint64(key []byte) (uint64, error) {
	value, err := x.get(key)
	if err != nil {
		return 0, err
	}
	return decodeUint64(value)
}

// entry returns an entry of the flow.
func (x index) entry(seq uint64) (*entry, error) {
	value, err := x.get(rowTx(seq))
	if err != nil {
		return nil, err
	}
	return decodeEntry(seq, value)
}

// seqsOf lists the entries of a root in the flow's order, at most limit.
func (x index) seqsOf(root Hash, limit int) (seqs []uint64, err error) {
	prefix := append([]byte{'r'}, root[:]...)
	err = x.meta.Iterate(prefix, func(key, _ []byte) (bool, error) {
		if len(key) != len(prefix)+8 {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		seqs = append(seqs, binary.BigEndian.Uint64(key[len(prefix):]))
		return len(seqs) < limit, nil
	})
	return seqs, err
}

// entriesIn lists the entries that have sectors in a load, in order. A load is
// either inside one node of one entry, or made of pieces smaller than itself.
func (x index) entriesIn(load uint64) (entries []*entry, err error) {
	var seqs []uint64
	err = x.meta.Iterate(binary.BigEndian.AppendUint64([]byte{'b'}, load), func(_, value []byte) (bool, error) {
		seq, err := decodeUint64(value)
		seqs = append(seqs, seq)
		return true, err
	})
	for height := uint8(loadHeight); err == nil && len(seqs) == 0 && height < 56; height++ {
		var seq uint64
		if seq, err = x.uint64(rowOwner(height, load>>(height-loadHeight))); err == nil {
			seqs = append(seqs, seq)
		} else if errors.Is(err, errNoRow) {
			err = nil
		}
	}
	for _, seq := range seqs {
		e, err := x.entry(seq)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, err
}

// node returns a subtree's root.
func (x index) node(height uint8, index uint64) (Hash, error) {
	value, err := x.get(rowNode(height, index))
	if err != nil {
		return Hash{}, err
	}
	if len(value) != 32 {
		return Hash{}, fmt.Errorf("%w: subtree %d of height %d has %d bytes", errRow, index, height, len(value))
	}
	return Hash(value), nil
}

// lengthAt returns the flow's length at a root, errNoRow when it never had it.
func (x index) lengthAt(flowRoot Hash) (uint64, error) { return x.uint64(rowFlowRoot(flowRoot)) }

// setEntry adds the rows of an entry, all but those of the tree.
func setEntry(batch *flowlog.Batch, e *entry, lengthSectors uint64) {
	seq := encodeUint64(e.seq)
	batch.Set(rowTx(e.seq), e.encode())
	batch.Set(rowRoot(e.root, e.seq), nil)
	batch.Set(rowFlowRoot(e.flowRoot), encodeUint64(lengthSectors))
	at := e.startSector
	for _, node := range e.nodes {
		if node.Height < loadHeight { // this and all that follow lie in one load
			load, sector := at/layout.SectorsPerLoad, at%layout.SectorsPerLoad
			batch.Set(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64([]byte{'b'}, load), uint16(sector)), seq)
			return
		}
		batch.Set(rowOwner(node.Height, at>>node.Height), seq)
		at += 1 << node.Height
	}
}

func rowTx(seq uint64) []byte      { return binary.BigEndian.AppendUint64([]byte{'t'}, seq) }
func rowFinal(seq uint64) []byte   { return binary.BigEndian.AppendUint64([]byte{'z'}, seq) }
func rowPayload(seq uint64) []byte { return binary.BigEndian.AppendUint64([]byte{'d'}, seq) }
func rowFlowRoot(root Hash) []byte { return append([]byte{'f'}, root[:]...) }

func rowRoot(root Hash, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte{'r'}, root[:]...), seq)
}

func rowNode(height uint8, index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{'n', height}, index)
}

func rowOwner(height uint8, index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{'o', height}, index)
}

func rowLost(load, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte{'q'}, load), seq)
}

func rowSegment(seq, segment uint64) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64([]byte{'x'}, seq), uint32(segment))
}

var (
	rowCursor = []byte{'c'}
	rowShard  = []byte{'h'}
)

func encodeUint64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func decodeUint64(b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: got %d bytes, want a number of 8", errRow, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}
