package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Status says where a blob stands.
type Status struct {
	Root           string `json:"root"`
	Status         string `json:"status"` // submitted, confirmed, lapsed
	Kind           string `json:"kind"`   // blob, manifest, or "" when no member tells
	FileBytes      uint64 `json:"file_bytes"`
	Parts          int    `json:"parts"`
	SizeBytes      uint64 `json:"size_bytes"` // of the blob
	BlobID         uint64 `json:"blob_id"`
	Epoch          uint64 `json:"epoch"`
	QuorumID       uint32 `json:"quorum_id"`
	Members        int    `json:"members"`
	Profile        uint8  `json:"profile"`
	Submitter      string `json:"submitter"`
	SubmitHeight   int64  `json:"submit_height"`
	DeadlineHeight int64  `json:"deadline_height"`
	ConfirmHeight  int64  `json:"confirm_height"`
	LastEpoch      uint64 `json:"last_epoch"` // until whose end members promise to hold it
	Fee            string `json:"fee"`        // azg
	Proven         bool   `json:"proven"`     // by a confirmed root: the record is gone
}

// Status reads where a blob stands, and by its first chunk whether it is a
// manifest.
func (c *Client) Status(ctx context.Context, root chain.Hash) (*Status, error) {
	limits, err := c.chain.DALimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain parameters: %w", err)
	}
	l, err := c.locate(ctx, root)
	var blob chain.DABlob
	if err == nil {
		blob = l.blob
	} else if blob, err = c.unconfirmed(ctx, root, err); err != nil {
		return nil, err
	}
	s := &Status{
		Root: hexRoot(root), Status: blob.Status.String(), SizeBytes: blob.DataLen, BlobID: blob.ID, Epoch: blob.Epoch,
		QuorumID: blob.QuorumID, Profile: blob.Profile, SubmitHeight: blob.SubmitHeight, DeadlineHeight: blob.DeadlineHeight,
		ConfirmHeight: blob.ConfirmHeight, LastEpoch: blob.Epoch + limits.RetentionEpochs, Proven: l != nil && l.proven,
	}
	if blob.Fee != nil {
		s.Fee = blob.Fee.String()
	}
	if blob.Submitter != (chain.Address{}) {
		s.Submitter = blob.Submitter.String()
	}
	if l != nil {
		s.Members = len(l.quorum.Members)
		c.tellKind(ctx, l, s)
	}
	return s, nil
}

// unconfirmed returns the record of a blob that waits or lapsed.
func (c *Client) unconfirmed(ctx context.Context, root chain.Hash, err error) (chain.DABlob, error) {
	if !errors.Is(err, ErrNotFound) {
		return chain.DABlob{}, err
	}
	blob, again := c.chain.DABlobByRoot(ctx, root)
	if again != nil {
		return chain.DABlob{}, err
	}
	return blob, nil
}

// tellKind reads the first chunk of the payload, if its holder serves it, and a
// manifest whole: it is short.
func (c *Client) tellKind(ctx context.Context, l *located, s *Status) {
	chunk, err := c.firstChunk(ctx, l)
	if err != nil || len(chunk) < erasure.HeaderSize {
		return
	}
	s.Kind = KindBlob
	if !IsManifest(chunk[erasure.HeaderSize:]) {
		return
	}
	s.Kind = KindManifest
	if s.SizeBytes > manifestBytes(MaxParts) {
		return
	}
	got, err := c.retrieve(ctx, l.root, false, quiet{})
	if err != nil {
		return
	}
	if m, err := DecodeManifest(got.Payload); err == nil {
		s.FileBytes, s.Parts = m.SizeBytes, len(m.Parts)
	}
}

func (c *Client) firstChunk(ctx context.Context, l *located) ([]byte, error) {
	readers, err := c.peersFor(ctx)
	if err != nil {
		return nil, err
	}
	evmChainID, err := c.network(ctx)
	if err != nil {
		return nil, err
	}
	profile, err := erasure.ProfileByID(l.blob.Profile)
	if err != nil || len(l.quorum.Seats) != profile.N {
		return nil, fmt.Errorf("%w: quorum of %d seats", ErrVerify, len(l.quorum.Seats))
	}
	holder := l.quorum.Members[holders(erasure.Commitment{Profile: profile}, l.root, l.quorum)[0]]
	chunk, commit, err := askChunk(ctx, readers, holder, l.root, &pb.ChunkID{}, c.opts.Retriever.TryTimeout)
	if err != nil {
		return nil, err
	}
	if err := l.setCommitment(commit, evmChainID); err != nil {
		return nil, err
	}
	return chunk.Data, nil
}

// Signers says who the running quorums are, and how much stake they stand for.
type Signers struct {
	Epoch      uint64   `json:"epoch"`
	NextHeight int64    `json:"next_height"` // first of the next epoch
	Votes      uint64   `json:"votes"`
	VotePrice  string   `json:"vote_price"` // azg
	Bonded     string   `json:"bonded"`     // azg, of all validators
	Share      float64  `json:"registered_share"`
	Quorums    []Quorum `json:"quorums"`
}

// Quorum is one drawn quorum.
type Quorum struct {
	ID      uint32   `json:"id"`
	Profile uint8    `json:"profile"`
	Seats   int      `json:"seats"`
	Members []Member `json:"members"`
}

// Member is a member of a quorum.
type Member struct {
	Address string `json:"address"`
	Socket  string `json:"socket"`
	Seats   uint32 `json:"seats"`
}

// Signers reads the running epoch.
func (c *Client) Signers(ctx context.Context) (*Signers, error) {
	epoch, err := c.chain.DAEpoch(ctx)
	if err != nil {
		return nil, fmt.Errorf("epoch: %w", err)
	}
	out := &Signers{
		Epoch: epoch.Number, NextHeight: epoch.NextHeight, Votes: epoch.Votes,
		VotePrice: text(epoch.VotePrice), Bonded: text(epoch.BondedTokens), Quorums: []Quorum{},
	}
	if epoch.BondedTokens != nil && epoch.BondedTokens.Sign() > 0 && epoch.VotePrice != nil {
		registered := new(big.Int).Mul(epoch.VotePrice, new(big.Int).SetUint64(epoch.Votes))
		out.Share, _ = new(big.Rat).SetFrac(registered, epoch.BondedTokens).Float64()
	}
	for id := range epoch.Quorums {
		q, err := c.chain.DAQuorum(ctx, epoch.Number, id)
		if err != nil {
			return nil, fmt.Errorf("quorum %d of epoch %d: %w", id, epoch.Number, err)
		}
		one := Quorum{ID: id, Profile: q.Profile, Seats: len(q.Seats)}
		for _, m := range q.Members {
			one.Members = append(one.Members, Member{Address: m.Address.String(), Socket: m.Socket, Seats: m.Seats})
		}
		out.Quorums = append(out.Quorums, one)
	}
	return out, nil
}

func text(amount *big.Int) string {
	if amount == nil {
		return ""
	}
	return amount.String()
}
