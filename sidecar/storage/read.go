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
// the first; nil when there is none. Entries of which nothing belongs to this
// shard come last: they are final without any data.
func (n *Node) entryByRoot(root Hash) (*entry, error) {
	seqs, err := n.index.seqsOf(root, maxSameRoot)
	if err != nil {
		return nil, err
	}
	var first, foreign *entry
	for _, seq := range seqs {
		e, err := n.index.entry(seq)
		if err != nil {
			return nil, err
		}
		if e.owned(n.files.shard) == 0 {
			if foreign == nil {
				foreign = e
			}
			continue
		}
		final, err := n.files.isFinal(seq)
		if err != nil || final {
			return e, err
		}
		if first == nil {
			first = e
		}
	}
	if first == nil {
		return foreign, nil
	}
	if len(seqs) > 1 && !n.peers.Empty() {
		n.copies.offer(root) // a peer may have it under another entry
	}
	return first, nil
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
		if info.UploadedSegNum == 0 {
			info.Finalized = n.storedElsewhere(ctx, e)
		}
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
