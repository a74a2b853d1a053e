package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// Upload checks a segment and stores it. Nothing is written before its proof
// holds. The order of checks is that of protocol-storage.md 3.2.
func (n *Node) Upload(ctx context.Context, txSeq uint64, s nodeapi.SegmentWithProof) error {
	err := n.upload(ctx, txSeq, s)
	n.metrics.segments.WithLabelValues(uploadOutcome(err)).Inc()
	return err
}

func uploadOutcome(err error) string {
	var refusal *rpc.Error
	switch {
	case err == nil:
		return "stored"
	case errors.Is(err, rpc.ErrDuplicate), errors.Is(err, rpc.ErrAlreadyFinal):
		return "duplicate"
	case errors.Is(err, rpc.ErrProof):
		return "bad_proof"
	case errors.As(err, &refusal) && refusal.Code == rpc.CodeInvalidParams:
		return "invalid"
	}
	return "failed"
}

func (n *Node) upload(ctx context.Context, txSeq uint64, s nodeapi.SegmentWithProof) error {
	if len(s.Data) == 0 {
		return rpc.ErrDataEmpty
	}
	if len(s.Data)%layout.SectorSize != 0 {
		return rpc.ErrDataLength
	}
	e, err := n.target(txSeq, s.Root)
	if err != nil {
		return err
	}
	if err := n.checkTarget(e, s); err != nil {
		return err
	}
	if err := n.verify(ctx, s); err != nil {
		return err
	}
	if e == nil {
		return n.keepForLater(ctx, s)
	}
	return n.store(ctx, e, s)
}

// target finds the entry a segment is for; nil when there is none yet.
func (n *Node) target(txSeq uint64, root Hash) (*entry, error) {
	if txSeq == 0 {
		return n.entryByRoot(root)
	}
	e, err := n.index.entry(txSeq)
	if errors.Is(err, errNoRow) {
		return nil, nil
	}
	return e, err
}

// checkTarget compares what the segment says with the entry, before any hashing.
func (n *Node) checkTarget(e *entry, s nodeapi.SegmentWithProof) error {
	if e == nil {
		if s.FileSize == 0 {
			return rpc.ErrFileEmpty
		}
		if s.FileSize > maxCacheFile {
			return rpc.ErrTooBigToCache
		}
		return nil
	}
	if e.root != Hash(s.Root) {
		return rpc.ErrRootMismatch
	}
	if e.sizeBytes != s.FileSize {
		return rpc.ErrSizeMismatch
	}
	final, err := n.files.isFinal(e.seq)
	if err != nil {
		return err
	}
	if final {
		return rpc.ErrAlreadyFinal
	}
	return nil
}

// verify checks index, length and proof. Hashing runs on as many goroutines as
// there are cores; the others wait, so that questions get their turn.
func (n *Node) verify(ctx context.Context, s nodeapi.SegmentWithProof) error {
	if err := n.hashing.Acquire(ctx, 1); err != nil {
		return rpc.ErrBusy
	}
	defer n.hashing.Release(1)
	err := merkle.VerifySegment(Hash(s.Root), s.FileSize, s.Index, s.Data, toProof(s.Proof))
	switch {
	case errors.Is(err, merkle.ErrIndex):
		return rpc.ErrIndexBound
	case errors.Is(err, merkle.ErrDataLength):
		return rpc.ErrDataLength
	case err != nil:
		return rpc.ErrProof
	}
	return nil
}

// keepForLater caches a segment whose transaction is not known yet. If it became
// known in between, the segment goes on to disk.
func (n *Node) keepForLater(ctx context.Context, s nodeapi.SegmentWithProof) error {
	stored, ok := n.cache.put(s)
	if !ok {
		return rpc.ErrCacheFull
	}
	e, err := n.entryByRoot(Hash(s.Root))
	if err != nil {
		return err
	}
	if e != nil {
		return n.flushCache(ctx, e)
	}
	if !stored {
		return rpc.ErrDuplicate
	}
	return nil
}

// flushCache stores the segments that came before their entry.
func (n *Node) flushCache(ctx context.Context, e *entry) error {
	for _, s := range n.cache.take(nodeapi.Hash(e.root)) {
		if s.FileSize != e.sizeBytes {
			continue // proven for another size: cannot be this entry's padding
		}
		if err := n.store(ctx, e, s); err != nil && !errors.Is(err, rpc.ErrDuplicate) && !errors.Is(err, rpc.ErrNotThisShard) {
			return fmt.Errorf("segment %d of file %d, uploaded ahead: %w", s.Index, e.seq, err)
		}
	}
	return nil
}

// store writes a verified segment.
func (n *Node) store(ctx context.Context, e *entry, s nodeapi.SegmentWithProof) error {
	if !n.files.shard.Owns(e.startLoad() + s.Index) {
		return rpc.ErrNotThisShard
	}
	finalized, err := n.files.write(ctx, e, s.Index, s.Data, func(visit func(uint8, uint64, Hash)) {
		e.proofNodes(s.Index, toProof(s.Proof), visit)
	})
	switch {
	case errors.Is(err, errStored):
		return rpc.ErrDuplicate
	case errors.Is(err, flowlog.ErrFull):
		n.setWriteTrouble(err)
		return rpc.DiskFull(err.Error())
	case err != nil:
		n.setWriteTrouble(err)
		return fmt.Errorf("store segment %d of file %d: %w", s.Index, e.seq, err)
	}
	n.setWriteTrouble(nil)
	n.metrics.bytesIn.Add(float64(len(s.Data)))
	if finalized {
		n.fileDone(e)
	}
	return nil
}

// fileDone is told once per completed file.
func (n *Node) fileDone(e *entry) {
	n.metrics.finalized.Inc()
	n.log.Debug("file finalized", "tx_seq", e.seq, "root", nodeapi.Hash(e.root).String(), "bytes", e.sizeBytes)
	n.copies.offer(e.root)
}

func toProof(p nodeapi.Proof) merkle.Proof {
	lemma := make([]Hash, len(p.Lemma))
	for i, h := range p.Lemma {
		lemma[i] = Hash(h)
	}
	return merkle.Proof{Lemma: lemma, Path: p.Path}
}

func fromProof(p merkle.Proof) nodeapi.Proof {
	lemma := make([]nodeapi.Hash, len(p.Lemma))
	for i, h := range p.Lemma {
		lemma[i] = nodeapi.Hash(h)
	}
	return nodeapi.Proof{Lemma: lemma, Path: p.Path}
}
