package types

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

const hashBytes = 32

// maxSiblings is the Merkle path of a piece in the longest flow.
const maxSiblings = 52

// Hash32 reads a field of 32 bytes.
func Hash32(name string, data []byte) (mine.Hash, error) {
	if len(data) != hashBytes {
		return mine.Hash{}, ErrInvalidMessage.Wrapf("%s has %d bytes, want %d", name, len(data), hashBytes)
	}
	return mine.Hash(data), nil
}

// Address reads a bech32 address; an empty one means otherwise, unless that is nil.
func Address(name, text string, otherwise sdk.AccAddress) (sdk.AccAddress, error) {
	if text == "" && otherwise != nil {
		return otherwise, nil
	}
	addr, err := sdk.AccAddressFromBech32(text)
	if err != nil {
		return nil, ErrInvalidMessage.Wrapf("%s: %s", name, err)
	}
	return addr, nil
}

// Solution checks the answer's shape and translates it into the judge's words.
func (a PoraAnswer) Solution() (mine.Solution, error) {
	var s mine.Solution
	for _, field := range []struct {
		name string
		data []byte
		into *mine.Hash
	}{
		{"miner_id", a.MinerId, &s.MinerID},
		{"context_digest", a.ContextDigest, &s.ContextDigest},
		{"nonce", a.Nonce, &s.Nonce},
		{"seal_context_digest", a.SealContextDigest, &s.SealContextDigest},
	} {
		hash, err := Hash32(field.name, field.data)
		if err != nil {
			return mine.Solution{}, err
		}
		*field.into = hash
	}
	if len(a.SealedPiece) != layout.SealSize {
		return mine.Solution{}, ErrInvalidMessage.Wrapf("sealed_piece has %d bytes, want %d", len(a.SealedPiece), layout.SealSize)
	}
	if len(a.Proof) > maxSiblings {
		return mine.Solution{}, ErrInvalidProof.Wrapf("proof has %d siblings, want at most %d", len(a.Proof), maxSiblings)
	}
	s.SealedPiece = (*mine.Piece)(a.SealedPiece)
	s.RecallSector = a.RecallSector
	s.Proof = make([]mine.Hash, len(a.Proof))
	for i, sibling := range a.Proof {
		if len(sibling) != hashBytes {
			return mine.Solution{}, ErrInvalidProof.Wrapf("sibling %d has %d bytes, want %d", i, len(sibling), hashBytes)
		}
		s.Proof[i] = mine.Hash(sibling)
	}
	return s, nil
}

// Puzzle is the claim in the puzzle's words.
func (c Claim) Puzzle() mine.Claim {
	return mine.Claim{StartLoad: c.StartLoad, NumShard: uint64(c.NumShard), ShardID: uint64(c.ShardId)}
}

// Validate checks the claim against the parameters.
func (c Claim) Validate(p Params) error {
	if c.FlowId != MiningFlowID {
		return ErrInvalidClaim.Wrapf("flow %d is not mined, want %d", c.FlowId, MiningFlowID)
	}
	if err := c.Puzzle().Validate(); err != nil {
		return ErrInvalidClaim.Wrap(err.Error())
	}
	if c.NumShard > p.MaxShards {
		return ErrInvalidClaim.Wrapf("%d shards, want at most %d", c.NumShard, p.MaxShards)
	}
	if c.StartLoad%p.ClaimAlignLoads != 0 {
		return ErrInvalidClaim.Wrapf("starts at load %d, want a multiple of %d", c.StartLoad, p.ClaimAlignLoads)
	}
	return nil
}
