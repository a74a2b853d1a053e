package storage

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// CheckReport is what Check found.
type CheckReport struct {
	Entries     uint64   `json:"entries"`
	Segments    uint64   `json:"segments"`
	Finalized   uint64   `json:"finalized"`
	Loads       int      `json:"loads"`
	Bytes       int64    `json:"bytes"`
	Corrupt     []uint64 `json:"corrupt_loads"`    // found by this run
	Unreadable  []uint64 `json:"unreadable_loads"` // the disk would not read them
	Quarantined int      `json:"quarantined"`
	Lost        []string `json:"lost"`     // segments promised and not there
	Problems    []string `json:"problems"` // rows that contradict each other, or the engine's
}

func newReport(engine flowlog.Report) CheckReport {
	return CheckReport{
		Loads: engine.Loads, Bytes: engine.Bytes, Quarantined: engine.Quarantined, Lost: []string{},
		Corrupt: append([]uint64{}, engine.Corrupt...), Unreadable: append([]uint64{}, engine.Unreadable...),
		Problems: append([]string{}, engine.Problems...),
	}
}

// OK says whether nothing was found.
func (r CheckReport) OK() bool {
	return len(r.Lost)+len(r.Problems)+len(r.Corrupt)+len(r.Unreadable)+r.Quarantined == 0
}

// Check compares the node's rows with each other and with the engine; full also
// reads every byte and hashes every segment. Nothing is repaired, but what is
// found corrupt is quarantined by the next start.
func (n *Node) Check(ctx context.Context, full bool, progress func(done, total int)) (CheckReport, error) {
	engine, err := n.engine.Fsck(full, progress)
	if err != nil {
		return CheckReport{}, err
	}
	report := newReport(engine)
	if err := n.checkFrontier(&report); err != nil {
		return report, err
	}
	err = n.index.meta.Iterate([]byte{'x'}, func(key, _ []byte) (bool, error) {
		if len(key) != 13 {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		report.Segments++
		n.checkSegment(&report, binary.BigEndian.Uint64(key[1:]), uint64(binary.BigEndian.Uint32(key[9:])), full)
		return ctx.Err() == nil, nil
	})
	if err != nil {
		return report, err
	}
	return report, n.checkFinal(ctx, &report)
}

// checkFrontier recomputes the flow from its entries.
func (n *Node) checkFrontier(report *CheckReport) error {
	at := n.follower.state()
	report.Entries = at.nextSeq - 1
	if report.Entries == 0 {
		return nil
	}
	last, err := n.index.entry(at.nextSeq - 1)
	if err != nil {
		return fmt.Errorf("entry %d: %w", at.nextSeq-1, err)
	}
	if root := at.frontier.Root(); root != last.flowRoot || at.frontier.LengthSectors != last.endSector() {
		report.Problems = append(report.Problems, fmt.Sprintf("frontier has root %x and %d sectors, the last entry %x and %d", root, at.frontier.LengthSectors, last.flowRoot, last.endSector()))
	}
	return nil
}

func (n *Node) checkSegment(report *CheckReport, seq, segment uint64, full bool) {
	e, err := n.index.entry(seq)
	if err != nil || segment >= e.dataSegments() {
		report.Problems = append(report.Problems, fmt.Sprintf("segment %d of entry %d is stored, the entry is not known or shorter", segment, seq))
		return
	}
	load, first := e.place(segment)
	if !n.engine.Has(load, first, e.segmentBytes(segment)/layout.SectorSize) {
		report.Lost = append(report.Lost, fmt.Sprintf("segment %d of entry %d (load %d)", segment, seq, load))
		return
	}
	if !full {
		return
	}
	_, root, err := e.segmentProof(segment, n.index.node)
	if err == nil {
		_, err = n.readProven(e, segment, root)
	}
	if err != nil {
		report.Lost = append(report.Lost, fmt.Sprintf("segment %d of entry %d (load %d): %v", segment, seq, load, err))
	}
}

// checkFinal looks for files that claim to be complete and are not.
func (n *Node) checkFinal(ctx context.Context, report *CheckReport) error {
	return n.index.meta.Iterate([]byte{'z'}, func(key, _ []byte) (bool, error) {
		if len(key) != 9 {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		report.Finalized++
		seq := binary.BigEndian.Uint64(key[1:])
		e, err := n.index.entry(seq)
		if err != nil {
			report.Problems = append(report.Problems, fmt.Sprintf("entry %d is finalized, but not known", seq))
			return true, nil
		}
		n.files.mu.Lock()
		p, err := n.files.progressOf(e)
		complete := err == nil && p.written == p.needed
		delete(n.files.open, seq)
		n.files.mu.Unlock()
		if !complete {
			report.Problems = append(report.Problems, fmt.Sprintf("entry %d is finalized, but segments of it are missing", seq))
		}
		return ctx.Err() == nil, err
	})
}

// Summary is the store at a glance, for `zg-storage inspect`.
type Summary struct {
	Home          string `json:"home"`
	ChainID       string `json:"chain_id"`
	EVMChainID    uint64 `json:"evm_chain_id"`
	NextTxSeq     uint64 `json:"next_tx_seq"`
	LengthSectors uint64 `json:"length_sectors"`
	FlowRoot      string `json:"flow_root"`
	Finalized     uint64 `json:"finalized"`
	Loads         int    `json:"loads"`
	Partial       int    `json:"partial"`
	Quarantined   int    `json:"quarantined"`
	Bytes         int64  `json:"bytes"`
	MetaBytes     uint64 `json:"meta_bytes"`
	Packs         int    `json:"packs"`
	PackSlots     int    `json:"pack_slots"`
	DiskFree      uint64 `json:"disk_free"`
}

// Summary reads the store's numbers.
func (n *Node) Summary(home string) (Summary, error) {
	stats, err := n.engine.Inspect()
	at := n.follower.state()
	return Summary{
		Home: home, ChainID: at.chainID, EVMChainID: at.evmChainID, NextTxSeq: at.nextSeq,
		LengthSectors: at.frontier.LengthSectors, FlowRoot: fmt.Sprintf("0x%x", at.frontier.Root()),
		Finalized: n.files.countFinalized(), Loads: stats.Loads, Partial: stats.Partial, Quarantined: stats.Quarantined,
		Bytes: stats.Bytes, MetaBytes: stats.MetaBytes, Packs: stats.Packs, PackSlots: stats.SlotsPerPack, DiskFree: stats.Disk.AvailBytes,
	}, err
}
