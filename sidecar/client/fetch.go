package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

type readerAt = io.ReaderAt

// blob is one entry to be read: what the chain says of it, and which nodes
// have it under which number.
type blob struct {
	entry chain.Entry

	once    sync.Once
	holders []holder
	err     error
}

// holder is a node that has the blob. A node may have the same data under
// another entry than the chain's first, so it has its own number.
type holder struct {
	*node
	txSeq       uint64
	startSector uint64
}

func (h holder) owns(index uint64) bool {
	return h.shard.Owns(h.startSector/layout.SectorsPerLoad + index)
}

// fetcher is the reading side of one operation.
type fetcher struct {
	*Client
	pool *pool
}

// findHolders asks every node once whether it has the blob.
func (f *fetcher) findHolders(ctx context.Context, b *blob) ([]holder, error) {
	b.once.Do(func() {
		nodes := f.pool.alive()
		answers := make([]*nodeapi.FileInfo, len(nodes))
		var wait sync.WaitGroup
		for i, n := range nodes {
			wait.Go(func() { answers[i] = f.askHolder(ctx, n, b) })
		}
		wait.Wait()
		for i, info := range answers {
			if info != nil {
				b.holders = append(b.holders, holder{node: nodes[i], txSeq: info.Tx.Seq, startSector: info.Tx.StartEntryIndex})
			}
		}
		switch {
		case ctx.Err() != nil:
			b.err = ctx.Err()
		case len(b.holders) == 0:
			b.err = fmt.Errorf("%w: entry %d is on the chain, but no reachable node has its data: %s", ErrPartial, b.entry.TxSeq, f.pool.why())
		}
	})
	return b.holders, b.err
}

// askHolder returns the node's entry of the blob's root and size, nil if it has
// none that holds any data. What it says is used for nothing but where to ask.
func (f *fetcher) askHolder(ctx context.Context, n *node, b *blob) *nodeapi.FileInfo {
	var info *nodeapi.FileInfo
	err := f.retry(ctx, 4, func() (err error) {
		call, cancel := context.WithTimeout(ctx, f.opts.Stall)
		defer cancel()
		info, err = n.api.GetFileInfo(call, nodeapi.Hash(b.entry.Root), true)
		if err == nil && (info == nil || info.Tx.Size != b.entry.SizeBytes) {
			info, err = n.api.GetFileInfoByTxSeq(call, b.entry.TxSeq)
		}
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			f.pool.drop(n, "does not answer: "+brief(err), false)
		}
		return nil
	}
	if info == nil || info.Pruned || (!info.Finalized && info.UploadedSegNum == 0) ||
		info.Tx.DataMerkleRoot != nodeapi.Hash(b.entry.Root) || info.Tx.Size != b.entry.SizeBytes {
		return nil
	}
	return info
}

// segment fetches one segment of a blob into buffer, verified against the root
// and size of the entry, from whichever node gives it. It returns the data
// without padding and the segment's root. A node whose data does not match is
// dropped and named; another is asked.
func (f *fetcher) segment(ctx context.Context, b *blob, index uint64, buffer []byte) ([]byte, Hash, error) {
	holders, err := f.findHolders(ctx, b)
	if err != nil {
		return nil, Hash{}, err
	}
	missing := map[*node]bool{} // answered that they lack this segment
	var last error
	for attempt := 0; attempt < f.opts.Attempts; attempt++ {
		h, others := choose(holders, index, missing)
		if h == nil {
			break
		}
		data, leaf, err := f.try(ctx, *h, b, index, buffer, others)
		if err == nil {
			return data, leaf, nil
		}
		if ctx.Err() != nil {
			return nil, Hash{}, ctx.Err()
		}
		last = err
		switch {
		case errors.Is(err, ErrVerify):
			f.pool.drop(h.node, "gave wrong data: "+brief(err), true)
			attempt-- // every lie costs a node, so this ends
			continue
		case errors.Is(err, nodeapi.ErrNotFound), errors.Is(err, nodeapi.ErrConflict):
			missing[h.node] = true
			continue
		case !isTransient(err):
			f.pool.drop(h.node, brief(err), false)
			continue
		}
		if others == 0 {
			if err := pause(ctx, attempt+1); err != nil {
				return nil, Hash{}, err
			}
		}
	}
	return nil, Hash{}, f.noSegment(b, index, last)
}

// noSegment is the error when every way is used up: a lie if there was one.
func (f *fetcher) noSegment(b *blob, index uint64, last error) error {
	kind := ErrPartial
	if f.pool.anyLied() {
		kind = ErrVerify
	}
	if last == nil {
		return fmt.Errorf("%w: segment %d of entry %d: %s", kind, index, b.entry.TxSeq, f.pool.why())
	}
	return fmt.Errorf("%w: segment %d of entry %d: %s (%s)", kind, index, b.entry.TxSeq, f.pool.why(), brief(last))
}

// choose returns the owner likely to answer first, and how many others there are.
func choose(holders []holder, index uint64, missing map[*node]bool) (*holder, int) {
	var able []holder
	for _, h := range holders {
		if h.alive() && !missing[h.node] && h.owns(index) {
			able = append(able, h)
		}
	}
	if len(able) == 0 {
		return nil, 0
	}
	best := slices.MinFunc(able, func(a, b holder) int { return cmp.Compare(a.load(), b.load()) })
	return &best, len(able) - 1
}

// try asks one node once. While others could answer, it gets less time.
func (f *fetcher) try(ctx context.Context, h holder, b *blob, index uint64, buffer []byte, others int) ([]byte, Hash, error) {
	limit := f.opts.Stall
	if others > 0 {
		limit = f.opts.Hedge
	}
	call, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := h.begin()
	data, leaf, err := fetchVerified(call, h.node, b.entry.Root, b.entry.SizeBytes, h.txSeq, index, buffer)
	if ctx.Err() != nil {
		h.end(time.Now(), nil)
		return nil, Hash{}, ctx.Err()
	}
	if h.end(began, err) && others > 0 {
		f.pool.drop(h.node, fmt.Sprintf("stalled: %d calls in a row without an answer", strikesToDrop), false)
	}
	return data, leaf, err
}

// fetchVerified gets a segment from a node and checks it against root and size.
// Anything that does not verify is ErrVerify.
func fetchVerified(ctx context.Context, n *node, root Hash, sizeBytes, txSeq, index uint64, buffer []byte) ([]byte, Hash, error) {
	data, proof, err := fetchAny(ctx, n, txSeq, index, buffer)
	if errors.Is(err, nodeapi.ErrMalformed) || errors.Is(err, nodeapi.ErrTooLarge) {
		return nil, Hash{}, fmt.Errorf("%w: %w", ErrVerify, err)
	}
	if err != nil {
		return nil, Hash{}, err
	}
	checked := merkleProof(proof)
	if err := merkle.VerifySegment(root, sizeBytes, index, data, checked); err != nil {
		return nil, Hash{}, fmt.Errorf("%w: segment %d of entry %d: %w", ErrVerify, index, txSeq, err)
	}
	start, end := segmentSpan(sizeBytes, index)
	return data[:end-start], checked.Lemma[0], nil
}

// fetchAny gets a segment through the fast door, or by JSON-RPC where there is none.
func fetchAny(ctx context.Context, n *node, txSeq, index uint64, buffer []byte) ([]byte, nodeapi.Proof, error) {
	if !n.isRPCOnly() {
		data, proof, err := n.api.FetchSegment(ctx, txSeq, index, buffer)
		if !errors.Is(err, nodeapi.ErrNoDoor) {
			return data, proof, err
		}
		n.setRPCOnly()
	}
	segment, err := n.api.DownloadSegmentWithProofByTxSeq(ctx, txSeq, index)
	if err != nil {
		return nil, nodeapi.Proof{}, err
	}
	if segment == nil {
		return nil, nodeapi.Proof{}, fmt.Errorf("%w: segment %d of entry %d", nodeapi.ErrNotFound, index, txSeq)
	}
	return segment.Data, segment.Proof, nil
}
