package storage

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// wholePath is where a node with a part of the flow speaks for all parts.
const wholePath = "/whole"

// whole is a node and its peers as one node that keeps everything: what belongs
// to another shard is handed on to a peer, or fetched from one and verified.
// Clients that cannot deal with shards (tests/clients/README.md) are given it as
// the only node.
type whole struct{ *Node }

// serveWhole puts the whole beside the node's own doors, and on its indexer.
func (n *Node) serveWhole() http.Handler {
	opts := n.doorOptions(n.metrics.doors)
	opts.Peers, opts.Path = nil, wholePath
	opts.Limits.UploadBytes /= 2
	opts.Limits.ServeBytes /= 2
	all := rpc.NewServer(whole{n}, opts)
	opts = n.doorOptions(n.metrics.doors)
	opts.Indexer = all
	opts.Limits.UploadBytes /= 2
	opts.Limits.ServeBytes /= 2
	own := rpc.NewServer(n, opts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, isWhole := strings.CutPrefix(r.URL.Path, wholePath)
		if !isWhole || (rest != "" && rest[0] != '/') {
			own.ServeHTTP(w, r)
			return
		}
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.URL.RawPath = "/"+strings.TrimPrefix(rest, "/"), ""
		all.ServeHTTP(w, inner)
	})
}

// Shard is everything.
func (w whole) Shard() nodeapi.ShardConfig { return nodeapi.ShardConfig{NumShard: 1} }

// FileByRoot is final when all shares are stored.
func (w whole) FileByRoot(ctx context.Context, root nodeapi.Hash, _ bool) (*nodeapi.FileInfo, error) {
	e, err := w.entryByRoot(Hash(root))
	if err != nil || e == nil {
		return nil, err
	}
	return w.info(ctx, e)
}

// FileBySeq is final when all shares are stored.
func (w whole) FileBySeq(ctx context.Context, txSeq uint64) (*nodeapi.FileInfo, error) {
	e, err := w.index.entry(txSeq)
	if errors.Is(err, errNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return w.info(ctx, e)
}

// info joins what this node and its peers say about an entry.
func (w whole) info(ctx context.Context, e *entry) (*nodeapi.FileInfo, error) {
	info, err := w.fileInfo(ctx, e)
	if err != nil {
		return nil, err
	}
	parts := []nodeapi.ShardConfig{} // that are complete
	if info.Finalized {
		parts = append(parts, w.files.shard)
	}
	for _, h := range w.peers.BySeq(ctx, e.seq, nodeapi.Hash(e.root)) {
		if h.Info.Finalized {
			parts = append(parts, h.Node.Config)
		} else {
			info.UploadedSegNum += h.Info.UploadedSegNum
		}
	}
	missing := uint64(0)
	for segment := range e.dataSegments() {
		if !ownedByAny(parts, e.startLoad()+segment) {
			missing++
		}
	}
	info.Finalized = missing == 0
	info.UploadedSegNum = min(max(info.UploadedSegNum, e.dataSegments()-missing), e.dataSegments())
	return info, nil
}

func ownedByAny(parts []nodeapi.ShardConfig, load uint64) bool {
	for _, part := range parts {
		if part.Owns(load) {
			return true
		}
	}
	return false
}

// Upload keeps a segment that belongs here and hands on any other.
func (w whole) Upload(ctx context.Context, txSeq uint64, s nodeapi.SegmentWithProof) error {
	e, err := w.target(txSeq, s.Root)
	if err != nil {
		return err
	}
	if e == nil { // ahead of its transaction: everybody keeps it for a while
		if err := w.Node.Upload(ctx, txSeq, s); err != nil {
			return err
		}
		if err := handedOn(w.peers.SendAhead(ctx, s)); !errors.Is(err, rpc.ErrDuplicate) {
			return err
		}
		return nil
	}
	load := e.startLoad() + s.Index
	if w.files.shard.Owns(load) {
		return w.Node.Upload(ctx, e.seq, s)
	}
	if e.root != Hash(s.Root) { // what does not prove goes to nobody
		return rpc.ErrRootMismatch
	}
	if e.sizeBytes != s.FileSize {
		return rpc.ErrSizeMismatch
	}
	if err := w.verify(ctx, s); err != nil {
		return err
	}
	return handedOn(w.peers.Send(ctx, e.seq, load, s))
}

// handedOn passes a peer's refusal on in its own words, and knows its duplicates
// for ours.
func handedOn(err error) error {
	var refusal *nodeapi.RPCError
	switch {
	case err == nil:
		return nil
	case nodeapi.IsAlreadyStored(err):
		return rpc.ErrDuplicate
	case errors.As(err, &refusal):
		return refusal
	}
	return rpc.Internal("the segment belongs to a peer that did not take it: " + err.Error())
}

// ReadSegment reads here, or at a peer.
func (w whole) ReadSegment(ctx context.Context, txSeq, segment uint64) ([]byte, nodeapi.Proof, error) {
	data, proof, err := w.Node.ReadSegment(ctx, txSeq, segment)
	if err != nil || data != nil {
		return data, proof, err
	}
	e, err := w.index.entry(txSeq)
	if err != nil || segment >= e.dataSegments() {
		return nil, nodeapi.Proof{}, nil // unknown here; as the node itself answers
	}
	got := w.peers.FetchOf(ctx, txSeq, segment, e.startLoad()+segment, func(s nodeapi.SegmentWithProof) bool {
		return merkle.VerifySegment(e.root, e.sizeBytes, segment, s.Data, toProof(s.Proof)) == nil
	})
	if got == nil {
		return nil, nodeapi.Proof{}, nil
	}
	return got.Data, got.Proof, nil
}

// ReadSectors reads here, or the segments they lie in.
func (w whole) ReadSectors(ctx context.Context, txSeq, start, end uint64) ([]byte, error) {
	data, err := w.Node.ReadSectors(ctx, txSeq, start, end)
	if err != nil || data != nil {
		return data, err
	}
	for at := start; at < end; {
		segment, first := at/layout.SectorsPerLoad, at%layout.SectorsPerLoad
		part, _, err := w.ReadSegment(ctx, txSeq, segment)
		if err != nil || part == nil {
			return nil, err
		}
		last := min(end-segment*layout.SectorsPerLoad, uint64(len(part)/layout.SectorSize))
		if last <= first {
			return nil, nil // beyond the file
		}
		data = append(data, part[first*layout.SectorSize:last*layout.SectorSize]...)
		at += last - first
	}
	return data, nil
}
