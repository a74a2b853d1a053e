package flowlog

import (
	"context"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// Batch is a list of writes that become durable and visible together or not at
// all: loads and the owner's rows. The zero value is empty. A batch is used by
// one goroutine, once; byte slices of loads must not change until it is
// answered (keys and values are copied).
type Batch struct {
	ops   []op
	loads int   // ops that write a load
	err   error // first bad argument; Commit returns it
}

type opKind uint8

const (
	opSectors opKind = iota
	opSealed
	opDelete
	opQuarantine
	opSet
	opUnset
)

type op struct {
	kind  opKind
	load  uint64
	first int    // sector
	gen   uint64 // opQuarantine
	data  []byte // opSectors, opSealed; value of opSet
	key   []byte // opSet, opUnset
	seal  *SealMeta
}

// WriteSectors stores plain sectors of a load, from firstSector on. The caller
// has verified them. Sectors stored already must be the same (ErrConflict).
func (b *Batch) WriteSectors(load uint64, firstSector int, data []byte) {
	count := len(data) / layout.SectorSize
	if len(data) == 0 || len(data)%layout.SectorSize != 0 || firstSector < 0 || firstSector > layout.SectorsPerLoad-count {
		b.refuse("sectors [%d, %d) of load %d, %d bytes: want whole sectors inside [0, 1024)", firstSector, firstSector+count, load, len(data))
		return
	}
	b.ops = append(b.ops, op{kind: opSectors, load: load, first: firstSector, data: data})
	b.loads++
}

// WriteSealed stores a sealed load in a fresh slot; what the load was before
// stays readable until then.
func (b *Batch) WriteSealed(load uint64, sealed []byte, meta SealMeta) {
	if len(sealed) != layout.LoadSize || len(meta.Opaque) > maxOpaqueBytes {
		b.refuse("sealed load %d has %d bytes with %d of meta, want %d with at most %d", load, len(sealed), len(meta.Opaque), layout.LoadSize, maxOpaqueBytes)
		return
	}
	meta.Opaque = append([]byte{}, meta.Opaque...)
	b.ops = append(b.ops, op{kind: opSealed, load: load, data: sealed, seal: &meta})
	b.loads++
}

// Delete forgets a load and frees its slot. Deleting an absent load is no error.
func (b *Batch) Delete(load uint64) { b.ops = append(b.ops, op{kind: opDelete, load: load}) }

// Set stores one of the owner's rows.
func (b *Batch) Set(key, value []byte) {
	b.ops = append(b.ops, op{kind: opSet, key: ownerKey(key), data: append([]byte{}, value...)})
}

// Unset removes one of the owner's rows.
func (b *Batch) Unset(key []byte) { b.ops = append(b.ops, op{kind: opUnset, key: ownerKey(key)}) }

// Empty says whether there is nothing to commit.
func (b *Batch) Empty() bool { return len(b.ops) == 0 && b.err == nil }

func (b *Batch) refuse(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("%w: "+format, append([]any{ErrArgument}, args...)...)
	}
}

// request is a batch on its way through the committer.
type request struct {
	batch  *Batch
	urgent bool // somebody waits for it: do not wait for more
	answer chan error
}

// Commit makes the batch durable and returns. Batches of concurrent callers
// share one group. ctx bounds the wait for room in the queue; a queued batch is
// waited for, since its bytes are in use until it is answered.
func (s *Store) Commit(ctx context.Context, b *Batch) error {
	return <-s.send(ctx, b, true)
}

// CommitAsync queues the batch and returns at once, or when the queue has room;
// the channel yields one answer when the group is durable. A group closes after
// GroupCommit.Loads loads or GroupCommit.Delay, or at the next Commit.
func (s *Store) CommitAsync(ctx context.Context, b *Batch) <-chan error {
	return s.send(ctx, b, false)
}

func (s *Store) send(ctx context.Context, b *Batch, urgent bool) <-chan error {
	answer := make(chan error, 1)
	if b.err != nil || len(b.ops) == 0 {
		answer <- b.err
		return answer
	}
	s.sendMu.RLock() // Close waits for us, then closes the queue
	defer s.sendMu.RUnlock()
	if s.closed {
		answer <- ErrClosed
		return answer
	}
	select {
	case s.queue <- &request{batch: b, urgent: urgent, answer: answer}:
	case <-ctx.Done():
		answer <- ctx.Err()
	}
	return answer
}

// WriteSectors stores plain sectors and returns when they are durable.
func (s *Store) WriteSectors(ctx context.Context, load uint64, firstSector int, data []byte) error {
	var b Batch
	b.WriteSectors(load, firstSector, data)
	return s.Commit(ctx, &b)
}

// WriteSectorsAsync is WriteSectors without waiting; data must not change until
// the answer.
func (s *Store) WriteSectorsAsync(ctx context.Context, load uint64, firstSector int, data []byte) <-chan error {
	var b Batch
	b.WriteSectors(load, firstSector, data)
	return s.CommitAsync(ctx, &b)
}

// WriteSealed stores a sealed load (256 KiB) and returns when it is durable.
func (s *Store) WriteSealed(ctx context.Context, load uint64, sealed []byte, meta SealMeta) error {
	var b Batch
	b.WriteSealed(load, sealed, meta)
	return s.Commit(ctx, &b)
}

// WriteSealedAsync is WriteSealed without waiting.
func (s *Store) WriteSealedAsync(ctx context.Context, load uint64, sealed []byte, meta SealMeta) <-chan error {
	var b Batch
	b.WriteSealed(load, sealed, meta)
	return s.CommitAsync(ctx, &b)
}

// Delete forgets a load and returns when that is durable.
func (s *Store) Delete(ctx context.Context, load uint64) error {
	var b Batch
	b.Delete(load)
	return s.Commit(ctx, &b)
}
