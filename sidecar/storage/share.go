package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// A node with a part of the flow and its named peers are one store for a
// client that asks by root.

// storedElsewhere says whether a file of which nothing belongs to this shard is
// stored where it belongs. "Finalized" from a node that has nothing to do would
// make a client believe that its file is stored (one skips the upload then), so
// the owners are asked. Nobody to ask: true, as the reference node answers.
func (n *Node) storedElsewhere(ctx context.Context, e *entry) bool {
	stored, known := n.peers.Stored(ctx, nodeapi.Hash(e.root), e.startLoad())
	return stored || !known
}

// fetchEntry completes an entry whose file was stored under an earlier entry of
// the same root, where other segments belonged to this shard.
func (c *copier) fetchEntry(ctx context.Context, to *entry) error {
	n := c.node
	for segment := range to.dataSegments() {
		if !n.files.shard.Owns(to.startLoad() + segment) {
			continue
		}
		stored, err := n.files.isStored(to.seq, segment)
		if err != nil {
			return err
		}
		if stored {
			continue
		}
		got := n.peers.Fetch(ctx, nodeapi.Hash(to.root), segment, func(s nodeapi.SegmentWithProof) bool {
			return merkle.VerifySegment(to.root, to.sizeBytes, segment, s.Data, toProof(s.Proof)) == nil
		})
		if got == nil {
			return ctx.Err() // no peer has it yet; the client will send it
		}
		got.Root, got.Index, got.FileSize = nodeapi.Hash(to.root), segment, to.sizeBytes
		if err := n.Upload(ctx, to.seq, *got); err != nil && !errors.Is(err, rpc.ErrDuplicate) && !errors.Is(err, rpc.ErrAlreadyFinal) {
			return fmt.Errorf("segment %d of a peer: %w", segment, err)
		}
	}
	return nil
}
