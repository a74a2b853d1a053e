package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// BatchMessage is what the members of a quorum sign for a batch: blobs of one
// quorum, ascending by id.
func BatchMessage(evmChainID uint64, epoch uint64, quorumID uint32, blobs []chain.DABlob) []byte {
	leaves := make([]erasure.Hash, len(blobs))
	for i, blob := range blobs {
		leaves[i] = erasure.BatchLeaf(blob.Root, blob.ID)
	}
	return erasure.BatchMessage(evmChainID, epoch, quorumID, uint32(len(blobs)), erasure.MerkleRoot(leaves))
}

// checkBatch says whether the shape of a batch is right.
func checkBatch(ids []uint64, most uint32) error {
	if len(ids) == 0 || len(ids) > int(most) {
		return invalid("%d blobs in a batch, want 1 to %d", len(ids), most)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] {
			return invalid("blob %d after blob %d, want them ascending", ids[i], ids[i-1])
		}
	}
	return nil
}

// sign checks a batch and signs it: every blob is durable here, ordered by the
// caller, of this quorum, and still open on this node's own chain.
func (s *service) sign(ctx context.Context, submitter chain.Address, epoch uint64, quorum uint32, ids []uint64) ([]byte, error) {
	params, err := s.view.parameters(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnseen, err)
	}
	if err := checkBatch(ids, params.MaxBatch); err != nil {
		return nil, err
	}
	roots := make([]erasure.Hash, len(ids))
	for i, id := range ids { // before the chain is asked: what is not here is not signed
		r, err := s.store.Record(id)
		if errors.Is(err, ErrNotHeld) {
			return nil, state("the rows of blob %d were not accepted here: submit them first", id)
		}
		if err != nil {
			return nil, err
		}
		if r.Epoch != epoch || r.QuorumID != quorum {
			return nil, invalid("blob %d is of quorum %d of epoch %d, the batch of %d of %d", id, r.QuorumID, r.Epoch, quorum, epoch)
		}
		roots[i] = r.Root()
	}
	height, err := s.view.tip(ctx)
	if err != nil {
		return nil, err
	}
	blobs := make([]chain.DABlob, len(ids))
	for i, id := range ids {
		if blobs[i], err = s.openBlob(ctx, submitter, id, height); err != nil {
			return nil, err
		}
		if blobs[i].Root != roots[i] || blobs[i].Epoch != epoch || blobs[i].QuorumID != quorum {
			return nil, state("blob %d is another one on chain than the one held here: submit its rows again", id)
		}
	}
	secret, err := s.keyIn(ctx, epoch, quorum)
	if err != nil {
		return nil, err
	}
	signature, err := secret.Sign(bls.DomainBatch, BatchMessage(s.evmChainID, epoch, quorum, blobs))
	if err != nil {
		return nil, err
	}
	return bls.EncodeG1(&signature), nil
}

// openBlob reads a blob that still waits for its confirmation.
func (s *service) openBlob(ctx context.Context, submitter chain.Address, id uint64, height int64) (chain.DABlob, error) {
	blob, err := s.view.reader.DABlob(ctx, id)
	switch {
	case errors.Is(err, chain.ErrNotFound):
		return blob, state("blob %d is not on chain any more", id)
	case err != nil:
		return blob, fmt.Errorf("%w: blob %d: %w", ErrUnseen, id, err)
	case blob.Submitter != submitter:
		return blob, fmt.Errorf("%w: blob %d was ordered by %s, the caller is %s", ErrDenied, id, blob.Submitter, submitter)
	}
	return blob, checkOpen(blob, height)
}

// keyIn returns the secret that a quorum knows this node by.
func (s *service) keyIn(ctx context.Context, epoch uint64, id uint32) (bls.SecretKey, error) {
	quorum, err := s.view.quorum(ctx, epoch, id)
	if err != nil {
		return bls.SecretKey{}, err
	}
	for _, member := range quorum.Members {
		if member.Address == s.address {
			return s.keys.Of(member.Key)
		}
	}
	return bls.SecretKey{}, state("%s is no member of quorum %d of epoch %d", s.address, id, epoch)
}
