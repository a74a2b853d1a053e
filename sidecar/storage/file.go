package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// loadHeight is log2 of the sectors of a load: subtrees from here up have rows
// of their own, those below are recomputed from a load's bytes.
const loadHeight = 10

// entry is one file of the flow, as the chain entered it.
type entry struct {
	seq         uint64
	root        Hash
	nodes       []merkle.Node
	startSector uint64
	sectors     uint64 // charged: data and padding
	sizeBytes   uint64
	blockHeight int64
	endTime     int64 // Unix seconds
	flowRoot    Hash  // with this entry as the last
}

// entryVersion is the first byte of a row; another one is another format.
const entryVersion = 1

const entryFixedBytes = 1 + 32 + 4*8 + 8 + 32 + 1

func (e *entry) encode() []byte {
	out := make([]byte, 0, entryFixedBytes+33*len(e.nodes))
	out = append(out, entryVersion)
	out = append(out, e.root[:]...)
	for _, n := range []uint64{e.startSector, e.sectors, e.sizeBytes, uint64(e.blockHeight), uint64(e.endTime)} {
		out = binary.BigEndian.AppendUint64(out, n)
	}
	out = append(out, e.flowRoot[:]...)
	out = append(out, byte(len(e.nodes)))
	for _, node := range e.nodes {
		out = append(out, node.Height)
		out = append(out, node.Root[:]...)
	}
	return out
}

func decodeEntry(seq uint64, b []byte) (*entry, error) {
	if len(b) < entryFixedBytes || b[0] != entryVersion || len(b) != entryFixedBytes+33*int(b[entryFixedBytes-1]) {
		return nil, fmt.Errorf("%w: entry %d has %d bytes", errRow, seq, len(b))
	}
	e := &entry{seq: seq}
	b = b[1:]
	copy(e.root[:], b)
	b = b[32:]
	next := func() uint64 { n := binary.BigEndian.Uint64(b); b = b[8:]; return n }
	e.startSector, e.sectors, e.sizeBytes = next(), next(), next()
	e.blockHeight, e.endTime = int64(next()), int64(next())
	copy(e.flowRoot[:], b)
	for b = b[33:]; len(b) > 0; b = b[33:] {
		e.nodes = append(e.nodes, merkle.Node{Height: b[0], Root: Hash(b[1:33])})
	}
	return e, nil
}

// entryFromChain checks what one entry says about itself: everything but its
// place in the flow, which the follower checks.
func entryFromChain(from chain.Entry) (*entry, error) {
	nodes := make([]merkle.Node, len(from.Nodes))
	for i, node := range from.Nodes {
		nodes[i] = merkle.Node{Root: node.Root, Height: node.Height}
	}
	if err := merkle.ValidateNodes(from.SizeBytes, nodes); err != nil {
		return nil, err
	}
	if root := merkle.FileRoot(nodes); root != from.Root {
		return nil, fmt.Errorf("nodes fold to %x, the entry's root is %x", root, from.Root)
	}
	if sectors := merkle.ChargedSectors(nodes); sectors != from.Sectors {
		return nil, fmt.Errorf("nodes cover %d sectors, the entry says %d", sectors, from.Sectors)
	}
	return &entry{
		seq: from.TxSeq, root: from.Root, nodes: nodes, startSector: from.StartSector, sectors: from.Sectors,
		sizeBytes: from.SizeBytes, blockHeight: from.Height, endTime: from.EndTime, flowRoot: from.FlowRoot,
	}, nil
}

func (e *entry) endSector() uint64 { return e.startSector + e.sectors }
func (e *entry) startLoad() uint64 { return e.startSector / layout.SectorsPerLoad }

// dataSectors and dataSegments leave the padding out.
func (e *entry) dataSectors() uint64  { return layout.DataSectors(e.sizeBytes) }
func (e *entry) dataSegments() uint64 { return layout.Segments(e.dataSectors()) }

// segmentBytes is the length of a segment's bytes, whole sectors.
func (e *entry) segmentBytes(segment uint64) int {
	return int(min(layout.SectorsPerLoad, e.dataSectors()-segment*layout.SectorsPerLoad)) * layout.SectorSize
}

// place returns the load a segment lies in and its first sector there. A file
// never straddles loads unless it starts on one (layout.Place), so a segment
// lies in exactly one load.
func (e *entry) place(segment uint64) (load uint64, firstSector int) {
	return e.startLoad() + segment, int(e.startSector % layout.SectorsPerLoad)
}

// owned counts the data segments that belong to a shard.
func (e *entry) owned(shard nodeapi.ShardConfig) uint64 {
	if shard.NumShard <= 1 {
		return e.dataSegments()
	}
	first := e.startLoad()
	below := func(load uint64) uint64 { // owned loads in [0, load)
		return (load + shard.NumShard - 1 - shard.ShardID) / shard.NumShard
	}
	return below(first+e.dataSegments()) - below(first)
}

// part is one leaf-to-root piece of the file's tree at the height of segments:
// a perfect subtree, or the short last segment as one leaf.
type part struct {
	root     Hash
	segments uint64 // 2^k
	height   uint8  // of the subtree in the flow; 0 for the short last segment
}

// parts returns the file's tree as the list whose right fold is the root.
func (e *entry) parts() []part {
	var parts []part
	for i, node := range e.nodes {
		if node.Height < loadHeight { // all that follow lie in the last segment too
			parts = append(parts, part{root: merkle.FileRoot(e.nodes[i:]), segments: 1})
			break
		}
		parts = append(parts, part{root: node.Root, segments: 1 << (node.Height - loadHeight), height: node.Height})
	}
	return parts
}

// locate returns the part that holds a segment.
func locate(parts []part, segment uint64) (at int) {
	for at < len(parts)-1 && segment >= parts[at].segments {
		segment -= parts[at].segments
		at++
	}
	return at
}

// segmentProof builds the proof of a segment (protocol-storage.md 2.2) and tells
// the segment's root. node gives subtrees of the flow from loadHeight up.
func (e *entry) segmentProof(segment uint64, node func(height uint8, index uint64) (Hash, error)) (merkle.Proof, Hash, error) {
	parts := e.parts()
	at := locate(parts, segment)
	own := parts[at]
	leaf := own.root
	var siblings []Hash
	path := []bool{}
	if own.segments > 1 {
		position := e.startLoad() + segment
		root, err := node(loadHeight, position)
		if err != nil {
			return merkle.Proof{}, Hash{}, err
		}
		leaf = root
		for height := uint8(loadHeight); height < own.height; height++ {
			sibling, err := node(height, position^1)
			if err != nil {
				return merkle.Proof{}, Hash{}, err
			}
			siblings = append(siblings, sibling)
			path = append(path, position&1 == 0)
			position >>= 1
		}
	}
	if at < len(parts)-1 { // everything to the right is one sibling
		right := parts[len(parts)-1].root
		for i := len(parts) - 2; i > at; i-- {
			right = keccak.Pair(parts[i].root, right)
		}
		siblings = append(siblings, right)
		path = append(path, true)
	}
	for i := at - 1; i >= 0; i-- {
		siblings = append(siblings, parts[i].root)
		path = append(path, false)
	}
	if len(siblings) == 0 {
		return merkle.Proof{Lemma: []Hash{e.root}, Path: path}, leaf, nil
	}
	lemma := append(append([]Hash{leaf}, siblings...), e.root)
	return merkle.Proof{Lemma: lemma, Path: path}, leaf, nil
}

// proofNodes visits the flow's subtrees that a verified proof of a segment
// tells: the segment's own root and its siblings inside its part.
func (e *entry) proofNodes(segment uint64, proof merkle.Proof, visit func(height uint8, index uint64, root Hash)) {
	parts := e.parts()
	at := locate(parts, segment)
	if parts[at].segments <= 1 {
		return // the part is the segment: its root came with the entry
	}
	position := e.startLoad() + segment
	visit(loadHeight, position, proof.Lemma[0])
	for height := uint8(loadHeight); height < parts[at].height; height++ {
		visit(height, position^1, proof.Lemma[1+int(height-loadHeight)])
		position >>= 1
	}
}
