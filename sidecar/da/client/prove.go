package client

import (
	"context"
	"fmt"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// LightTrust is what a light client trusts to begin with (chain.LightOptions).
type LightTrust struct {
	Height int64 // of a header learnt elsewhere; 0: what Dir has, else the node's word on first use
	Hash   chain.Hash
	Dir    string // where the newest trusted header is kept
}

// Prover proves records under headers that validators have signed; *chain.Light
// is one.
type Prover interface {
	DABlob(ctx context.Context, id uint64) (blob chain.DABlob, height int64, err error)
	DAConfirmedRoot(ctx context.Context, at int64) (root chain.DAConfirmedRoot, height int64, err error)
	CheckDAQuorum(ctx context.Context, q chain.DAQuorum) error
}

// OpenProver starts a prover; firstUse says that its anchor is the node's word.
type OpenProver func(ctx context.Context, trust LightTrust) (p Prover, firstUse bool, err error)

// lightOf is the prover over a real node.
func lightOf(remote *chain.Remote) OpenProver {
	return func(ctx context.Context, trust LightTrust) (Prover, bool, error) {
		light, err := remote.Light(ctx, chain.LightOptions{Height: trust.Height, Hash: trust.Hash, Dir: trust.Dir})
		if err != nil {
			return nil, false, err
		}
		return light, light.FirstUse, nil
	}
}

// prove checks what a node said of a confirmed blob and its quorum against a
// verified header, and returns that header's height.
func (l *located) prove(ctx context.Context, p Prover) (height int64, err error) {
	if l.proven {
		root, height, err := p.DAConfirmedRoot(ctx, l.confirmed.Height)
		if err != nil {
			return 0, err
		}
		if root != l.confirmed {
			return 0, fmt.Errorf("%w: block %d confirmed blobs with root %x, the node said %x", ErrVerify, root.Height, root.Root, l.confirmed.Root)
		}
		return height, p.CheckDAQuorum(ctx, l.quorum)
	}
	blob, height, err := p.DABlob(ctx, l.blob.ID)
	if err != nil {
		return 0, err
	}
	said := l.blob
	if blob.Root != said.Root || blob.DataLen != said.DataLen || blob.Profile != said.Profile || blob.Epoch != said.Epoch ||
		blob.QuorumID != said.QuorumID || blob.Status != said.Status || blob.ConfirmHeight != said.ConfirmHeight {
		return 0, fmt.Errorf("%w: the record of blob %d is not what the node said", ErrVerify, said.ID)
	}
	return height, p.CheckDAQuorum(ctx, l.quorum)
}

// afterConfirmation waits for the block after a confirmation: its header has the
// first application hash with the record.
func (c *Client) afterConfirmation(ctx context.Context, height int64) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		status, err := c.chain.Status(ctx)
		if err != nil {
			return fmt.Errorf("chain status: %w", err)
		}
		if status.Height > height {
			return nil
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("wait for block %d: %w", height+1, err)
		}
	}
}
