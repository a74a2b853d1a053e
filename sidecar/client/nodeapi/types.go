package nodeapi

import (
	"encoding/json"
	"fmt"
)

// Status is the result of zgs_getStatus.
type Status struct {
	ConnectedPeers  uint64          `json:"connectedPeers"`
	LogSyncHeight   uint64          `json:"logSyncHeight"` // block of the chain up to which the log is known
	LogSyncBlock    Hash            `json:"logSyncBlock"`
	NextTxSeq       uint64          `json:"nextTxSeq"`
	NetworkIdentity NetworkIdentity `json:"networkIdentity"`
}

// NetworkIdentity says which network a node belongs to.
type NetworkIdentity struct {
	ChainID            uint64             `json:"chainId"`     // EVM chain id
	FlowAddress        string             `json:"flowAddress"` // the flow precompile, 0x hex
	P2PProtocolVersion P2PProtocolVersion `json:"p2pProtocolVersion"`
}

// P2PProtocolVersion is major.minor.build.
type P2PProtocolVersion struct {
	Major uint32 `json:"major"`
	Minor uint32 `json:"minor"`
	Build uint32 `json:"build"`
}

// MerkleNode is one subtree of an entry. The wire form is the pair
// [depth, root] with depth = Height + 1.
type MerkleNode struct {
	Height uint8 // covers 2^Height sectors
	Root   Hash
}

// MarshalJSON writes [Height+1, root].
func (n MerkleNode) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{uint16(n.Height) + 1, n.Root})
}

// UnmarshalJSON reads [depth, root], depth from 1 to 64.
func (n *MerkleNode) UnmarshalJSON(text []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("merkle node has %d parts, want [depth, root]", len(pair))
	}
	var depth uint8
	if err := json.Unmarshal(pair[0], &depth); err != nil {
		return fmt.Errorf("merkle node depth: %w", err)
	}
	if depth < 1 || depth > 64 {
		return fmt.Errorf("merkle node has depth %d, want 1 to 64", depth)
	}
	n.Height = depth - 1
	return json.Unmarshal(pair[1], &n.Root)
}

// Tx is the on-chain part of a FileInfo.
type Tx struct {
	StreamIDs       []string     `json:"streamIds"` // hex quantities; [] when none
	Data            Bytes        `json:"data"`      // [] when none
	DataMerkleRoot  Hash         `json:"dataMerkleRoot"`
	MerkleNodes     []MerkleNode `json:"merkleNodes"`
	StartEntryIndex uint64       `json:"startEntryIndex"` // first sector in the flow
	Size            uint64       `json:"size"`            // bytes, padding excluded
	Seq             uint64       `json:"seq"`             // txSeq, from 1
}

// MarshalJSON writes empty lists as [], never null: old clients index them.
func (t Tx) MarshalJSON() ([]byte, error) {
	type plain Tx
	if t.StreamIDs == nil {
		t.StreamIDs = []string{}
	}
	if t.MerkleNodes == nil {
		t.MerkleNodes = []MerkleNode{}
	}
	return json.Marshal(plain(t))
}

// FileInfo is the result of zgs_getFileInfo and zgs_getFileInfoByTxSeq.
type FileInfo struct {
	Tx             Tx     `json:"tx"`
	Finalized      bool   `json:"finalized"` // every segment of this node's shard is stored
	IsCached       bool   `json:"isCached"`
	UploadedSegNum uint64 `json:"uploadedSegNum"`
	Pruned         bool   `json:"pruned"`
}

// Proof is an inclusion proof (protocol-storage.md 2.2).
//
//	Lemma   [leaf, siblings bottom up, root]; [root] for one leaf
//	Path    bottom up, true: the node is a left child
type Proof struct {
	Lemma []Hash `json:"lemma"`
	Path  []bool `json:"path"`
}

// MarshalJSON writes empty lists as [].
func (p Proof) MarshalJSON() ([]byte, error) {
	type plain Proof
	if p.Lemma == nil {
		p.Lemma = []Hash{}
	}
	if p.Path == nil {
		p.Path = []bool{}
	}
	return json.Marshal(plain(p))
}

// FlowProof is the result of zgs_getSectorProof: the path of one sector of the
// flow up to a flow root. Same shape as a segment's proof, other tree.
type FlowProof = Proof

// SegmentWithProof is one segment of a file in JSON-RPC.
type SegmentWithProof struct {
	Root     Hash   `json:"root"`
	Data     []byte `json:"data"`  // standard base64; whole sectors of 256 B
	Index    uint64 `json:"index"` // segment of the file, from 0
	Proof    Proof  `json:"proof"`
	FileSize uint64 `json:"fileSize"` // bytes
}

// ShardConfig: the node owns flow segment g iff g mod NumShard == ShardID.
type ShardConfig struct {
	ShardID  uint64 `json:"shardId"`
	NumShard uint64 `json:"numShard"` // a power of two
}

// Owns says whether a flow segment (sector / 1024) belongs to the shard.
func (s ShardConfig) Owns(flowSegment uint64) bool {
	return s.NumShard <= 1 || flowSegment%s.NumShard == s.ShardID
}

// Validate checks NumShard a power of two and ShardID below it.
func (s ShardConfig) Validate() error {
	if s.NumShard == 0 || s.NumShard&(s.NumShard-1) != 0 {
		return fmt.Errorf("numShard is %d, want a power of two", s.NumShard)
	}
	if s.ShardID >= s.NumShard {
		return fmt.Errorf("shardId is %d, want below numShard %d", s.ShardID, s.NumShard)
	}
	return nil
}

// ShardedNode is one row of the indexer_* methods.
type ShardedNode struct {
	URL     string      `json:"url"`
	Config  ShardConfig `json:"config"`
	Latency uint64      `json:"latency"` // ms
	Since   int64       `json:"since"`   // Unix seconds
}

// ShardedNodes is the result of indexer_getShardedNodes.
type ShardedNodes struct {
	Trusted    []ShardedNode `json:"trusted"`
	Discovered []ShardedNode `json:"discovered"`
}

// LoadProof is the X-Zg-Proof header of GET /v1/loads/{load}: the siblings
// from the load's root (height 10) up to the flow root.
type LoadProof struct {
	Siblings []Hash `json:"siblings"`
}

// NodeStatus is the body of GET /v1/status.
type NodeStatus struct {
	ChainHeight uint64      `json:"chain_height"`
	LagBlocks   uint64      `json:"lag_blocks"`
	NextTxSeq   uint64      `json:"next_tx_seq"`
	Files       FileCounts  `json:"files"`
	Loads       uint64      `json:"loads"`
	Bytes       uint64      `json:"bytes"`
	DiskFree    uint64      `json:"disk_free"` // bytes
	Shard       ShardConfig `json:"shard"`
	Scrub       ScrubStatus `json:"scrub"`
	Quarantined uint64      `json:"quarantined"` // loads found rotten and not uploaded again yet
	LastError   string      `json:"last_error"`
	Version     string      `json:"version"`
}

// ScrubStatus counts what was read back and checked in the background since the
// start.
type ScrubStatus struct {
	Bytes        uint64 `json:"bytes"`
	Rotten       uint64 `json:"rotten"`         // loads
	LastFullPass int64  `json:"last_full_pass"` // Unix seconds; 0: not yet
}

// FileCounts counts the files of a node by state.
type FileCounts struct {
	Known     uint64 `json:"known"`
	Finalized uint64 `json:"finalized"`
	Waiting   uint64 `json:"waiting"`
}
