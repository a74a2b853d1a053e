package peers

import (
	"context"
	"sync"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// Holding lists the peers that have all of a file that belongs to their shard.
// All are asked at once; who does not answer in time has nothing.
func (s *Set) Holding(ctx context.Context, root nodeapi.Hash) []nodeapi.ShardedNode {
	rows := s.Nodes(ctx)
	infos := s.askAll(ctx, rows, root)
	var holding []nodeapi.ShardedNode
	for i, row := range rows {
		if infos[i] != nil && infos[i].Finalized {
			holding = append(holding, row)
		}
	}
	return holding
}

// Stored asks the peers that own the segment of the flow where a one-segment
// file lies whether they have it. known is false when there is no such peer.
func (s *Set) Stored(ctx context.Context, root nodeapi.Hash, flowSegment uint64) (stored, known bool) {
	var owners []nodeapi.ShardedNode
	for _, row := range s.Nodes(ctx) {
		if row.Config.Owns(flowSegment) {
			owners = append(owners, row)
		}
	}
	for _, info := range s.askAll(ctx, owners, root) {
		stored = stored || (info != nil && info.Finalized)
	}
	return stored, len(owners) > 0
}

// Fetch gets a segment of a file from whichever peer gives one that accept
// takes; nil when none does. accept must check it: a peer is not believed.
func (s *Set) Fetch(ctx context.Context, root nodeapi.Hash, index uint64, accept func(nodeapi.SegmentWithProof) bool) *nodeapi.SegmentWithProof {
	rows := s.Nodes(ctx)
	for i, info := range s.askAll(ctx, rows, root) {
		if info == nil || !rows[i].Config.Owns(info.Tx.StartEntryIndex/sectorsPerSegment+index) {
			continue
		}
		call, cancel := context.WithTimeout(ctx, s.opts.Timeout)
		segment, err := s.find(rows[i].URL).DownloadSegmentWithProofByTxSeq(call, info.Tx.Seq, index)
		cancel()
		if err == nil && segment != nil && accept(*segment) {
			return segment
		}
	}
	return nil
}

// sectorsPerSegment of 256 bytes each.
const sectorsPerSegment = 1024

// askAll asks peers about a file, all at once; nil for no answer, or a wrong one.
func (s *Set) askAll(ctx context.Context, rows []nodeapi.ShardedNode, root nodeapi.Hash) []*nodeapi.FileInfo {
	infos := make([]*nodeapi.FileInfo, len(rows))
	var wait sync.WaitGroup
	for i, row := range rows {
		wait.Go(func() { infos[i] = s.askFile(ctx, s.find(row.URL), root) })
	}
	wait.Wait()
	return infos
}

func (s *Set) askFile(ctx context.Context, api *nodeapi.Client, root nodeapi.Hash) *nodeapi.FileInfo {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	select {
	case s.lookups <- struct{}{}:
		defer func() { <-s.lookups }()
	case <-ctx.Done():
		return nil
	}
	info, err := api.GetFileInfo(ctx, root, true)
	if err != nil || info == nil || info.Tx.DataMerkleRoot != root {
		return nil
	}
	return info
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
