package chain

import (
	"errors"
	"fmt"
	"math/big"

	"cosmossdk.io/math"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// ErrMalformed says that a node's answer does not decode; it is wrong or of
// another version.
var ErrMalformed = errors.New("malformed answer from the chain node")

// maxNodes bounds the nodes of an entry: heights 63..0, strictly decreasing.
const maxNodes = 64

func hashOf(field string, b []byte) (Hash, error) {
	if len(b) != len(Hash{}) {
		return Hash{}, fmt.Errorf("%w: %s has %d bytes, want 32", ErrMalformed, field, len(b))
	}
	return Hash(b), nil
}

// hashes decodes several fields, given as alternating target, name and bytes.
type hashField struct {
	into  *Hash
	field string
	bytes []byte
}

func decodeHashes(fields ...hashField) (err error) {
	for _, f := range fields {
		if *f.into, err = hashOf(f.field, f.bytes); err != nil {
			return err
		}
	}
	return nil
}

func amountOf(i math.Int) *big.Int {
	if i.IsNil() {
		return new(big.Int)
	}
	return i.BigInt()
}

func decodeNodes(in []flowtypes.Node) ([]Node, error) {
	if len(in) > maxNodes {
		return nil, fmt.Errorf("%w: entry of %d nodes, want at most %d", ErrMalformed, len(in), maxNodes)
	}
	nodes := make([]Node, len(in))
	for i, n := range in {
		root, err := hashOf("node root", n.Root)
		if err != nil {
			return nil, err
		}
		if n.Height > 63 {
			return nil, fmt.Errorf("%w: node of height %d, want at most 63", ErrMalformed, n.Height)
		}
		nodes[i] = Node{Root: root, Height: uint8(n.Height)}
	}
	return nodes, nil
}

func decodeEntry(in *flowtypes.Entry) (Entry, error) {
	entry := Entry{
		FlowID: in.FlowId, TxSeq: in.TxSeq, StartSector: in.StartSector, Sectors: in.Sectors,
		SizeBytes: in.SizeBytes, Tags: in.Tags, Submitter: in.Submitter,
		UnitPrice: amountOf(in.UnitPrice), Height: in.Height,
	}
	for _, interval := range in.Intervals {
		entry.EndTime = max(entry.EndTime, interval.EndTime)
	}
	err := decodeHashes(
		hashField{&entry.Root, "entry root", in.Root},
		hashField{&entry.FlowRoot, "entry flow root", in.FlowRoot},
	)
	if err != nil {
		return Entry{}, err
	}
	entry.Nodes, err = decodeNodes(in.Nodes)
	return entry, err
}

func decodeEntries(in []flowtypes.Entry) ([]Entry, error) {
	entries := make([]Entry, len(in))
	for i := range in {
		var err error
		if entries[i], err = decodeEntry(&in[i]); err != nil {
			return nil, fmt.Errorf("entry %d: %w", in[i].TxSeq, err)
		}
	}
	return entries, nil
}

func decodeContext(in *flowtypes.MiningContext) (MiningContext, error) {
	out := MiningContext{
		FlowID: in.FlowId, Epoch: in.Epoch, StartHeight: in.StartHeight,
		FlowLengthSectors: in.FlowLengthSectors, PreviousLengthSectors: in.PreviousLengthSectors,
	}
	return out, decodeHashes(
		hashField{&out.FlowRoot, "context flow root", in.FlowRoot},
		hashField{&out.Digest, "context digest", in.Digest},
	)
}

func decodeMiner(in *poratypes.Miner) (Miner, error) {
	out := Miner{
		Owner: in.Owner, Beneficiary: in.Beneficiary, Seed: in.Seed,
		Proofs: in.Proofs, Rewards: amountOf(in.Rewards),
	}
	if c := in.Claim; c != nil {
		out.Claim = &Claim{FlowID: c.FlowId, StartLoad: c.StartLoad, NumShard: c.NumShard, ShardID: c.ShardId, ActiveFromEpoch: c.ActiveFromEpoch}
	}
	return out, decodeHashes(hashField{&out.MinerID, "miner id", in.MinerId})
}

func decodeWork(in *poratypes.QueryWorkResponse) (Work, error) {
	out := Work{
		Open: in.Open, Reason: in.Reason, FlowID: in.FlowId, Epoch: in.Epoch,
		FlowLengthSectors: in.FlowLengthSectors, StartLoad: in.StartLoad, LengthLoads: in.LengthLoads,
		NumShard: in.NumShard, ShardID: in.ShardId, CloseHeight: in.CloseHeight, Height: in.Height,
	}
	if !in.Open { // the rest may be absent
		return out, nil
	}
	return out, decodeHashes(
		hashField{&out.ContextDigest, "work context digest", in.ContextDigest},
		hashField{&out.FlowRoot, "work flow root", in.FlowRoot},
		hashField{&out.Target, "work target", in.Target},
	)
}

func decodeProof(in *poratypes.Proof) (Proof, error) {
	out := Proof{
		ProofID: in.ProofId, FlowID: in.FlowId, Epoch: in.Epoch, Beneficiary: in.Beneficiary,
		RecallSector: in.RecallSector, Reward: amountOf(in.Reward), Height: in.Height, Time: in.Time,
	}
	return out, decodeHashes(hashField{&out.MinerID, "proof miner id", in.MinerId})
}
