package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

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
