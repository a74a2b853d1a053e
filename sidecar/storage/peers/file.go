package peers

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// sendTimeout bounds one upload to a peer, which may hold it back for 20 s.
const sendTimeout = 30 * time.Second

// sectorsPerSegment of 256 bytes each.
const sectorsPerSegment = 1024

// Holder is a peer that knows a file, and what it says of it. No more is
// believed than where to ask.
type Holder struct {
	Node nodeapi.ShardedNode
	Info *nodeapi.FileInfo
}

// ByRoot lists the peers that know a file by its root.
func (s *Set) ByRoot(ctx context.Context, root nodeapi.Hash) []Holder {
	return s.askAll(ctx, s.Nodes(ctx), root, func(ctx context.Context, api *nodeapi.Client) (*nodeapi.FileInfo, error) {
		return api.GetFileInfo(ctx, root, true)
	})
}

// BySeq lists the peers that know an entry with this root.
func (s *Set) BySeq(ctx context.Context, txSeq uint64, root nodeapi.Hash) []Holder {
	return s.askAll(ctx, s.Nodes(ctx), root, func(ctx context.Context, api *nodeapi.Client) (*nodeapi.FileInfo, error) {
		return api.GetFileInfoByTxSeq(ctx, txSeq)
	})
}

// Holding lists the peers that have all of a file that belongs to their shard.
func (s *Set) Holding(ctx context.Context, root nodeapi.Hash) []nodeapi.ShardedNode {
	var holding []nodeapi.ShardedNode
	for _, h := range s.ByRoot(ctx, root) {
		if h.Info.Finalized {
			holding = append(holding, h.Node)
		}
	}
	return holding
}

// Owners lists the peers to whose shard a segment of the flow belongs.
func (s *Set) Owners(ctx context.Context, flowSegment uint64) []nodeapi.ShardedNode {
	var owners []nodeapi.ShardedNode
	for _, row := range s.Nodes(ctx) {
		if row.Config.Owns(flowSegment) {
			owners = append(owners, row)
		}
	}
	return owners
}

// Stored asks the peers that own the segment of the flow where a one-segment
// file lies whether they have it. known is false when there is no such peer.
func (s *Set) Stored(ctx context.Context, root nodeapi.Hash, flowSegment uint64) (stored, known bool) {
	owners := s.Owners(ctx, flowSegment)
	holders := s.askAll(ctx, owners, root, func(ctx context.Context, api *nodeapi.Client) (*nodeapi.FileInfo, error) {
		return api.GetFileInfo(ctx, root, true)
	})
	for _, h := range holders {
		stored = stored || h.Info.Finalized
	}
	return stored, len(owners) > 0
}

// Fetch gets a segment of a file from whichever peer gives one that accept
// takes, under whatever entry it has it; nil when none does. accept must check
// it: a peer is not believed.
func (s *Set) Fetch(ctx context.Context, root nodeapi.Hash, index uint64, accept func(nodeapi.SegmentWithProof) bool) *nodeapi.SegmentWithProof {
	for _, h := range s.ByRoot(ctx, root) {
		if !h.Node.Config.Owns(h.Info.Tx.StartEntryIndex/sectorsPerSegment + index) {
			continue
		}
		if segment := s.segment(ctx, h.Node, h.Info.Tx.Seq, index, accept); segment != nil {
			return segment
		}
	}
	return nil
}

// FetchOf is Fetch of one entry, from those who own the segment of the flow.
func (s *Set) FetchOf(ctx context.Context, txSeq, index, flowSegment uint64, accept func(nodeapi.SegmentWithProof) bool) *nodeapi.SegmentWithProof {
	for _, owner := range s.Owners(ctx, flowSegment) {
		if segment := s.segment(ctx, owner, txSeq, index, accept); segment != nil {
			return segment
		}
	}
	return nil
}

func (s *Set) segment(ctx context.Context, from nodeapi.ShardedNode, txSeq, index uint64, accept func(nodeapi.SegmentWithProof) bool) *nodeapi.SegmentWithProof {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	segment, err := s.find(from.URL).DownloadSegmentWithProofByTxSeq(ctx, txSeq, index)
	if err != nil || segment == nil || !accept(*segment) {
		return nil
	}
	return segment
}

// Send uploads a segment to the first peer that takes it among those it belongs
// to. The last refusal is the error.
func (s *Set) Send(ctx context.Context, txSeq, flowSegment uint64, segment nodeapi.SegmentWithProof) error {
	err := fmt.Errorf("no peer that answers keeps segment %d of the flow", flowSegment)
	for _, owner := range s.Owners(ctx, flowSegment) {
		call, cancel := context.WithTimeout(ctx, sendTimeout)
		err = s.find(owner.URL).UploadSegmentsByTxSeq(call, []nodeapi.SegmentWithProof{segment}, txSeq)
		cancel()
		if err == nil || nodeapi.IsAlreadyStored(err) {
			return err
		}
	}
	return err
}

// SendAhead uploads a segment to all peers by root, before its entry is in a
// block: nobody knows yet whom it will belong to.
func (s *Set) SendAhead(ctx context.Context, segment nodeapi.SegmentWithProof) error {
	for _, row := range s.Nodes(ctx) {
		call, cancel := context.WithTimeout(ctx, sendTimeout)
		err := s.find(row.URL).UploadSegments(call, []nodeapi.SegmentWithProof{segment})
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// askAll asks peers about a file, all at once. Who does not answer in time, or
// answers about another file, knows nothing.
func (s *Set) askAll(ctx context.Context, rows []nodeapi.ShardedNode, root nodeapi.Hash, ask func(context.Context, *nodeapi.Client) (*nodeapi.FileInfo, error)) []Holder {
	infos := make([]*nodeapi.FileInfo, len(rows))
	var wait sync.WaitGroup
	for i, row := range rows {
		wait.Go(func() {
			call, cancel := context.WithTimeout(ctx, s.opts.Timeout)
			defer cancel()
			select {
			case s.lookups <- struct{}{}:
				defer func() { <-s.lookups }()
			case <-call.Done():
				return
			}
			if info, err := ask(call, s.find(row.URL)); err == nil && info != nil && info.Tx.DataMerkleRoot == root {
				infos[i] = info
			}
		})
	}
	wait.Wait()
	var holders []Holder
	for i, row := range rows {
		if infos[i] != nil {
			holders = append(holders, Holder{Node: row, Info: infos[i]})
		}
	}
	return holders
}

// find returns the client of a peer of the set.
func (s *Set) find(url string) *nodeapi.Client {
	for _, p := range s.peers {
		if p.api.URL() == url {
			return p.api
		}
	}
	return nil // rows come from the set
}
