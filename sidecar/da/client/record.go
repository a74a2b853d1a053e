package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// located is a confirmed blob, its quorum and what rows are checked against.
type located struct {
	root    chain.Hash
	blob    chain.DABlob
	quorum  chain.DAQuorum
	proven  bool // by a confirmed root: the chain's record is gone
	commit  erasure.Commitment
	verify  *erasure.Verifier // nil until loaded
	holders []int             // of each row
	faults  []Fault

	confirmed chain.DAConfirmedRoot // that proves it
}

// locate finds a confirmed blob: its record on chain, or a member's record under
// the confirmed root of a block.
func (c *Client) locate(ctx context.Context, root chain.Hash) (*located, error) {
	blob, err := c.chain.DABlobByRoot(ctx, root)
	if errors.Is(err, chain.ErrNotFound) {
		return c.locateByProof(ctx, root)
	}
	if err != nil {
		return nil, fmt.Errorf("look up blob %x: %w", root, err)
	}
	if blob.Root != root {
		return nil, fmt.Errorf("%w: the chain's node answers with blob %x for %x", ErrVerify, blob.Root, root)
	}
	if blob.Status != chain.DABlobConfirmed {
		return c.locateBehind(ctx, blob)
	}
	l := &located{root: root, blob: blob}
	if l.quorum, err = c.chain.DAQuorum(ctx, blob.Epoch, blob.QuorumID); err != nil {
		return nil, fmt.Errorf("quorum of blob %x: %w", root, err)
	}
	return l, nil
}

// locateBehind looks for a blob whose record is gone behind an order of the same
// root that is not confirmed: anybody can place one.
func (c *Client) locateBehind(ctx context.Context, order chain.DABlob) (*located, error) {
	waits := fmt.Errorf("%w: blob %x is %s, not confirmed", ErrNotFound, order.Root, order.Status)
	limits, err := c.chain.DALimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	if limits.RecordRetentionEpochs >= limits.RetentionEpochs || order.Epoch < limits.RecordRetentionEpochs {
		return nil, waits // records stay as long as rows do
	}
	l, err := c.locateByProof(ctx, order.Root)
	if errors.Is(err, ErrNotFound) {
		return nil, waits
	}
	return l, err
}

// locateByProof asks members of past quorums, the newest first, for a record
// that leads to a confirmed root.
func (c *Client) locateByProof(ctx context.Context, root chain.Hash) (*located, error) {
	epoch, err := c.chain.DAEpoch(ctx)
	if err != nil {
		return nil, fmt.Errorf("epoch: %w", err)
	}
	limits, err := c.chain.DALimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	asked := make(map[chain.Address]bool)
	for back := uint64(0); back <= min(limits.RetentionEpochs, epoch.Number); back++ {
		for id := uint32(0); ; id++ {
			quorum, err := c.chain.DAQuorum(ctx, epoch.Number-back, id)
			if errors.Is(err, chain.ErrNotFound) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("quorum %d of epoch %d: %w", id, epoch.Number-back, err)
			}
			if l, err := c.askForRecord(ctx, root, quorum, asked); l != nil || err != nil {
				return l, err
			}
		}
	}
	return nil, fmt.Errorf("%w: neither the chain nor a member has %x", ErrNotFound, root)
}

// askAtOnce is how many members are asked for a record at a time.
const askAtOnce = 16

// askForRecord asks the members of one quorum, each once in all, some at a time,
// and returns what the first proves.
func (c *Client) askForRecord(ctx context.Context, root chain.Hash, quorum chain.DAQuorum, asked map[chain.Address]bool) (*located, error) {
	readers, err := c.peersFor(ctx)
	if err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var once sync.Once
	var found *located
	group := new(errgroup.Group)
	group.SetLimit(askAtOnce)
	for _, member := range quorum.Members {
		if asked[member.Address] {
			continue
		}
		asked[member.Address] = true
		group.Go(func() error {
			if inner.Err() != nil {
				return nil
			}
			answer, err := record(inner, readers, member, root, false, c.opts.Retriever)
			if err != nil {
				return nil // another may know
			}
			if l, err := c.proveRecord(inner, root, answer); err == nil {
				once.Do(func() { found = l })
				cancel()
			}
			return nil
		})
	}
	_ = group.Wait()
	if found == nil {
		return nil, ctx.Err()
	}
	return found, nil
}

// record asks one member what it knows of a blob.
func record(ctx context.Context, p *peers, m chain.DAMember, root chain.Hash, combinations bool, o RetrieverOptions) (*pb.GetRecordResponse, error) {
	signer, err := p.signer(m)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.TryTimeout)
	defer cancel()
	return signer.GetRecord(ctx, &pb.GetRecordRequest{DataRoot: root[:], WithCombinations: combinations})
}

// proveRecord checks a member's record against the confirmed root of its block.
func (c *Client) proveRecord(ctx context.Context, root chain.Hash, r *pb.GetRecordResponse) (*located, error) {
	commit, err := checkPreimage(root, r.GetPreimage())
	if err != nil {
		return nil, err
	}
	confirmed, err := c.chain.DAConfirmedRoot(ctx, r.GetConfirmHeight())
	if err != nil {
		return nil, fmt.Errorf("confirmed root of height %d: %w", r.GetConfirmHeight(), err)
	}
	if len(r.GetLeafPath())%32 != 0 || len(r.GetLeafPath()) > 64*32 {
		return nil, fmt.Errorf("%w: path of %d bytes", ErrVerify, len(r.GetLeafPath()))
	}
	path := make([]erasure.Hash, len(r.GetLeafPath())/32)
	for i := range path {
		path[i] = erasure.Hash(r.GetLeafPath()[32*i:])
	}
	leaf := erasure.ConfirmedLeaf(r.GetBlobId(), root, r.GetEpoch(), r.GetQuorumId())
	if !erasure.CheckMerklePath(leaf, int(r.GetLeafIndex()), int(confirmed.Blobs), path, confirmed.Root) {
		return nil, fmt.Errorf("%w: record of blob %x does not lead to the confirmed root of height %d", ErrVerify, root, confirmed.Height)
	}
	l := &located{root: root, proven: true, confirmed: confirmed, commit: commit, blob: chain.DABlob{
		ID: r.GetBlobId(), Root: root, DataLen: commit.DataLen, Profile: commit.Profile.ID, Epoch: r.GetEpoch(),
		QuorumID: r.GetQuorumId(), ConfirmHeight: confirmed.Height, Status: chain.DABlobConfirmed,
	}}
	if l.quorum, err = c.chain.DAQuorum(ctx, l.blob.Epoch, l.blob.QuorumID); err != nil {
		return nil, fmt.Errorf("quorum of blob %x: %w", root, err)
	}
	return l, nil
}

// checkPreimage reads the commitment behind a root.
func checkPreimage(root chain.Hash, preimage []byte) (erasure.Commitment, error) {
	commit, err := erasure.ParseCommitment(preimage)
	if err != nil {
		return commit, err
	}
	if commit.DataRoot() != root {
		return commit, fmt.Errorf("%w: preimage of another root", ErrVerify)
	}
	return commit, nil
}

// setCommitment says whether a commitment is what the chain confirmed, and keeps it.
func (l *located) setCommitment(commit erasure.Commitment, evmChainID uint64) error {
	if commit.DataLen != l.blob.DataLen || commit.Profile.ID != l.blob.Profile || commit.EVMChainID != evmChainID {
		return fmt.Errorf("%w: the root commits to %d bytes of profile %d on chain %d, the chain's record says %d, %d and %d",
			ErrMalformedBlob, commit.DataLen, commit.Profile.ID, commit.EVMChainID, l.blob.DataLen, l.blob.Profile, evmChainID)
	}
	if len(l.quorum.Seats) != commit.Profile.N {
		return fmt.Errorf("%w: quorum of %d seats for %d rows", ErrVerify, len(l.quorum.Seats), commit.Profile.N)
	}
	l.commit, l.holders = commit, holders(commit, l.root, l.quorum)
	return nil
}

// loadVerifier makes the verifier of a member's record with combinations.
func (l *located) loadVerifier(r *pb.GetRecordResponse, evmChainID uint64) error {
	commit, err := checkPreimage(l.root, r.GetPreimage())
	if err != nil {
		return err
	}
	rlc, err := wire.UnpackCombinations(commit.Profile, r.GetCombinations())
	if err != nil {
		return err
	}
	verifier, err := erasure.NewVerifier(erasure.CPU, commit, rlc)
	if err != nil {
		return err
	}
	if err := l.setCommitment(commit, evmChainID); err != nil {
		return err
	}
	l.verify = verifier
	return nil
}
