package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// maxSameRoot bounds how many entries of one root are looked at: anybody can
// pay for the same file again and again.
const maxSameRoot = 64

// entryByRoot picks among the entries of a root the first finalized one, else
// the first; nil when there is none.
func (n *Node) entryByRoot(root Hash) (*entry, error) {
	seqs, err := n.index.seqsOf(root, maxSameRoot)
	if err != nil || len(seqs) == 0 {
		return nil, err
	}
	pick := seqs[0]
	for _, seq := range seqs {
		final, err := n.files.isFinal(seq)
		if err != nil {
			return nil, err
		}
		if final {
			pick = seq
			break
		}
	}
	return n.index.entry(pick)
}

// FileByRoot is zgs_getFileInfo. Nothing is ever pruned here, so needAvailable
// changes nothing.
func (n *Node) FileByRoot(ctx context.Context, root nodeapi.Hash, _ bool) (*nodeapi.FileInfo, error) {
	e, err := n.entryByRoot(Hash(root))
	if err != nil || e == nil {
		return nil, err
	}
	return n.fileInfo(ctx, e)
}

// FileBySeq is zgs_getFileInfoByTxSeq.
func (n *Node) FileBySeq(ctx context.Context, txSeq uint64) (*nodeapi.FileInfo, error) {
	e, err := n.index.entry(txSeq)
	if errors.Is(err, errNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return n.fileInfo(ctx, e)
}

func (n *Node) fileInfo(ctx context.Context, e *entry) (*nodeapi.FileInfo, error) {
	info := &nodeapi.FileInfo{Tx: nodeapi.Tx{
		StreamIDs: []string{}, Data: nodeapi.Bytes{}, DataMerkleRoot: nodeapi.Hash(e.root),
		StartEntryIndex: e.startSector, Size: e.sizeBytes, Seq: e.seq,
	}}
	for _, node := range e.nodes {
		info.Tx.MerkleNodes = append(info.Tx.MerkleNodes, nodeapi.MerkleNode{Height: node.Height, Root: nodeapi.Hash(node.Root)})
	}
	final, err := n.files.isFinal(e.seq)
	if err != nil {
		return nil, err
	}
	if final {
		info.Finalized, info.UploadedSegNum = true, e.owned(n.files.shard)
		return info, nil
	}
	info.UploadedSegNum, info.Finalized, err = n.files.uploaded(ctx, e)
	if info.Finalized {
		n.fileDone(e)
	}
	info.IsCached = n.cache.count(nodeapi.Hash(e.root)) > 0
	return info, err
}

// ReadSegment returns a segment's verified bytes and proof; nil data when it is
// not stored.
func (n *Node) ReadSegment(ctx context.Context, txSeq, segment uint64) ([]byte, nodeapi.Proof, error) {
	e, err := n.index.entry(txSeq)
	if errors.Is(err, errNoRow) {
		return nil, nodeapi.Proof{}, nil
	}
	if err != nil {
		return nil, nodeapi.Proof{}, err
	}
	data, proof, err := n.readSegment(ctx, e, segment)
	return data, fromProof(proof), err
}

// readSegment reads, and verifies against the segment's root: what leaves the
// node is what was proven on the way in, or nothing.
func (n *Node) readSegment(ctx context.Context, e *entry, segment uint64) ([]byte, merkle.Proof, error) {
	if segment >= e.dataSegments() {
		return nil, merkle.Proof{}, nil
	}
	stored, err := n.files.isStored(e.seq, segment)
	if err != nil || !stored {
		return nil, merkle.Proof{}, err
	}
	proof, root, err := e.segmentProof(segment, n.index.node)
	if err != nil {
		return nil, merkle.Proof{}, fmt.Errorf("proof of segment %d of file %d: %w", segment, e.seq, err)
	}
	data, err := n.readProven(e, segment, root)
	if errors.Is(err, flowlog.ErrCorrupt) || errors.Is(err, flowlog.ErrNotStored) {
		data, err = n.quarantine(ctx, e, segment, root)
	}
	if err != nil {
		return nil, merkle.Proof{}, err
	}
	return data, proof, nil
}

// readProven reads a segment and compares it with its root.
func (n *Node) readProven(e *entry, segment uint64, root Hash) ([]byte, error) {
	load, first := e.place(segment)
	data, err := n.readSectors(load, first, e.segmentBytes(segment)/layout.SectorSize)
	if err == nil && merkle.SegmentRoot(data, merkle.SegmentSectors(e.sizeBytes, segment)) != root {
		err = fmt.Errorf("%w: it does not hash to its root", flowlog.ErrCorrupt)
	}
	if err != nil {
		return nil, fmt.Errorf("read segment %d of file %d: %w", segment, e.seq, err)
	}
	return data, nil
}

// quarantine gives up a load that cannot be read back as it was written, unless
// it was written anew since. Other failures of the disk say nothing about the
// bytes; they do not come here.
func (n *Node) quarantine(ctx context.Context, e *entry, segment uint64, root Hash) ([]byte, error) {
	n.losing.Lock()
	defer n.losing.Unlock()
	load, _ := e.place(segment)
	stored, err := n.files.isStored(e.seq, segment)
	if err == nil && stored {
		var data []byte
		if data, err = n.readProven(e, segment, root); err == nil {
			return data, nil
		}
		n.metrics.corrupt.Inc()
		n.log.Error("stored data is corrupt: quarantined, upload it again", "load", load, "error", err)
		if err := n.files.lose(ctx, load); err != nil {
			n.log.Error("cannot quarantine", "load", load, "error", err)
		}
	}
	return nil, rpc.Internal(fmt.Sprintf("stored data of load %d is corrupt and was quarantined: fetch it from another node, or upload it again", load))
}

// ReadSectors returns sectors [start, end) of a file, nil if one is missing.
func (n *Node) ReadSectors(ctx context.Context, txSeq, start, end uint64) ([]byte, error) {
	e, err := n.index.entry(txSeq)
	if errors.Is(err, errNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if start >= end || end > e.dataSectors() || end-start > layout.SectorsPerLoad {
		return nil, rpc.ErrRangeBound
	}
	var out []byte
	for at := start; at < end; {
		segment := at / layout.SectorsPerLoad
		data, _, err := n.readSegment(ctx, e, segment)
		if err != nil || data == nil {
			return nil, err
		}
		base := segment * layout.SectorsPerLoad
		until := min(end, base+layout.SectorsPerLoad)
		piece := data[(at-base)*layout.SectorSize : (until-base)*layout.SectorSize]
		if at == start && until == end {
			return piece, nil
		}
		out = append(out, piece...)
		at = until
	}
	return out, nil
}

// loadView is a load as of some length of the flow.
type loadView struct {
	data    []byte // 256 KiB, zeros filled in
	known   []bool // per sector: stored, or zero for sure
	missing string // why not every sector is known
	whole   bool   // one verified segment fills it
}

// viewLoad reads what is stored of a load, and zeros what no entry below
// lengthSectors has data in.
func (n *Node) viewLoad(ctx context.Context, load, lengthSectors uint64) (*loadView, error) {
	view := &loadView{data: make([]byte, layout.LoadSize), known: make([]bool, layout.SectorsPerLoad)}
	for i := range view.known {
		view.known[i] = true
	}
	entries, err := n.index.entriesIn(load)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.startSector >= lengthSectors || load < e.startLoad() || load-e.startLoad() >= e.dataSegments() {
			continue // came later, or padding
		}
		segment := load - e.startLoad()
		_, first := e.place(segment)
		data, _, err := n.readSegment(ctx, e, segment)
		if err != nil {
			return nil, err
		}
		copy(view.data[first*layout.SectorSize:], data)
		if data != nil {
			view.whole = len(data) == layout.LoadSize
			continue
		}
		view.missing = fmt.Sprintf("segment %d of file %d has not been uploaded to this node", segment, e.seq)
		for i := range e.segmentBytes(segment) / layout.SectorSize {
			view.known[first+i] = false
		}
	}
	return view, nil
}

// ReadLoad returns a load as of flowRoot and the siblings from its root up.
func (n *Node) ReadLoad(ctx context.Context, load uint64, flowRoot nodeapi.Hash) ([]byte, []nodeapi.Hash, error) {
	length, err := n.index.lengthAt(Hash(flowRoot))
	if errors.Is(err, errNoRow) {
		return nil, nil, rpc.ErrUnknownFlowRoot
	}
	if err != nil {
		return nil, nil, err
	}
	if load > (length-1)/layout.SectorsPerLoad || length <= layout.SectorsPerLoad/2 {
		return nil, nil, rpc.InvalidParams("load", fmt.Sprintf("load %d is outside the flow, which has %d sectors at this root", load, length))
	}
	view, err := n.viewLoad(ctx, load, length)
	if err != nil {
		return nil, nil, err
	}
	if view.missing != "" {
		return nil, nil, rpc.NotStored(view.missing)
	}
	// Every subtree of a load or larger has its row by now, and so have the
	// pieces of a load that the flow ends in: nothing below is asked for.
	siblings, root, err := merkle.ProveFlow(length, loadHeight, load, n.index.nodeSource(nil))
	if err == nil && root != Hash(flowRoot) {
		err = fmt.Errorf("load %d folds to %x, want %x", load, root, flowRoot)
	}
	if err == nil && !view.whole { // else the segment was verified against this very root
		err = merkle.VerifyFlow(Hash(flowRoot), length, loadHeight, load, merkle.LoadRoot(view.data, load), siblings)
	}
	if errors.Is(err, merkle.ErrMissingNode) {
		return nil, nil, rpc.NotStored(err.Error())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("prove load %d: %w", load, err)
	}
	out := make([]nodeapi.Hash, len(siblings))
	for i, sibling := range siblings {
		out[i] = nodeapi.Hash(sibling)
	}
	return view.data, out, nil
}

// SectorProof is zgs_getSectorProof; nil when the root is unknown or the
// sector's load is not all here.
func (n *Node) SectorProof(ctx context.Context, sector uint64, flowRoot *nodeapi.Hash) (*nodeapi.Proof, error) {
	at := n.follower.state()
	length, root := at.frontier.LengthSectors, at.frontier.Root()
	if flowRoot != nil && Hash(*flowRoot) != root {
		var err error
		length, err = n.index.lengthAt(Hash(*flowRoot))
		if errors.Is(err, errNoRow) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		root = Hash(*flowRoot)
	}
	if sector >= length {
		return nil, rpc.InvalidParams("sector_index", fmt.Sprintf("sector %d is outside the flow, which has %d sectors at this root", sector, length))
	}
	load := sector / layout.SectorsPerLoad
	view, err := n.viewLoad(ctx, load, length)
	if err != nil {
		return nil, err
	}
	tree := newLoadTree(load, view.data, view.known)
	siblings, folded, err := merkle.ProveFlow(length, 0, sector, n.index.nodeSource(tree.node))
	if errors.Is(err, merkle.ErrMissingNode) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("prove sector %d: %w", sector, err)
	}
	if folded != root {
		return nil, fmt.Errorf("prove sector %d: folds to %x, want %x", sector, folded, root)
	}
	return sectorProof(sector, tree.levels[0][sector%layout.SectorsPerLoad], siblings, root), nil
}

// sectorProof writes siblings in the words of the JSON-RPC: [leaf, siblings,
// root], or [root] alone for a flow of one sector.
func sectorProof(sector uint64, leaf Hash, siblings []Hash, root Hash) *nodeapi.Proof {
	proof := &nodeapi.Proof{Lemma: []nodeapi.Hash{}, Path: make([]bool, len(siblings))}
	if len(siblings) > 0 {
		proof.Lemma = append(proof.Lemma, nodeapi.Hash(leaf))
	}
	for i, sibling := range siblings {
		proof.Lemma = append(proof.Lemma, nodeapi.Hash(sibling))
		proof.Path[i] = sector>>i&1 == 0
	}
	proof.Lemma = append(proof.Lemma, nodeapi.Hash(root))
	return proof
}

// FlowContext is zgs_getFlowContext.
func (n *Node) FlowContext(context.Context) (nodeapi.Hash, uint64) {
	at := n.follower.state()
	return nodeapi.Hash(at.frontier.Root()), at.frontier.LengthSectors
}
