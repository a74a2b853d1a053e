package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// statProofs bounds the proofs listed per entry; the newest ones.
const statProofs = 100

// Stat is what is known of an entry. Amounts are decimal azg, times Unix seconds.
type Stat struct {
	Root             nodeapi.Hash  `json:"root"`
	Kind             string        `json:"kind"`
	TxSeq            uint64        `json:"tx_seq"`
	StartSector      uint64        `json:"start_sector"`
	Sectors          uint64        `json:"sectors"`
	SizeBytes        uint64        `json:"size_bytes"`
	Submitter        string        `json:"submitter"`
	Height           int64         `json:"height"`
	EndTime          int64         `json:"end_time"`
	UnitPrice        string        `json:"unit_price"` // per sector and period
	Endowment        string        `json:"endowment"`
	EndowmentPaid    string        `json:"endowment_paid"`
	EndowmentAccrued string        `json:"endowment_accrued"`
	EndowmentLeft    string        `json:"endowment_left"`
	Denom            string        `json:"denom"`
	Finalized        bool          `json:"finalized"` // by a node that was asked
	Nodes            []NodeHolds   `json:"nodes"`
	Proofs           []ProofHit    `json:"proofs"` // over loads with sectors of this entry, newest first
	Manifest         *ManifestStat `json:"manifest,omitempty"`
	OtherEntries     []uint64      `json:"other_entries"` // further entries with this root, by tx_seq
}

// NodeHolds is one node's word about an entry.
type NodeHolds struct {
	URL       string `json:"url"`
	Known     bool   `json:"known"`
	Finalized bool   `json:"finalized"`
	Segments  uint64 `json:"segments"`
	Error     string `json:"error,omitempty"`
}

// ProofHit is an accepted proof over a load of the entry.
type ProofHit struct {
	ProofID      uint64       `json:"proof_id"`
	MinerID      nodeapi.Hash `json:"miner_id"`
	Height       int64        `json:"height"`
	Time         int64        `json:"time"`
	RecallSector uint64       `json:"recall_sector"`
	Reward       string       `json:"reward"`
}

// ManifestStat sums the entries of a manifest, the manifest's own included.
type ManifestStat struct {
	Kind             string `json:"kind"`
	Files            int    `json:"files"`
	Entries          int    `json:"entries"`
	SizeBytes        uint64 `json:"size_bytes"`
	FirstEndTime     int64  `json:"first_end_time"`
	Endowment        string `json:"endowment"`
	EndowmentPaid    string `json:"endowment_paid"`
	EndowmentAccrued string `json:"endowment_accrued"`
	EndowmentLeft    string `json:"endowment_left"`
}

// Stat reads an entry from the chain and asks the nodes about its data. Where a
// root has several entries it is the first, the one Get reads.
func (c *Client) Stat(ctx context.Context, root Hash) (*Stat, error) {
	entry, _, err := c.entryOf(ctx, root, 0)
	if err != nil {
		return nil, err
	}
	reward, err := c.chain.Reward(ctx, entry.FlowID, entry.TxSeq)
	if err != nil {
		return nil, fmt.Errorf("endowment of entry %d: %w", entry.TxSeq, err)
	}
	stat := &Stat{
		Root: nodeapi.Hash(root), Kind: KindNameFile, TxSeq: entry.TxSeq, StartSector: entry.StartSector, Sectors: entry.Sectors,
		SizeBytes: entry.SizeBytes, Submitter: entry.Submitter, Height: entry.Height, EndTime: entry.EndTime,
		UnitPrice: decimal(entry.UnitPrice), Endowment: decimal(reward.Endowment), EndowmentPaid: decimal(reward.Paid),
		EndowmentAccrued: decimal(reward.Accrued), EndowmentLeft: decimal(reward.Left), Denom: Denom,
		OtherEntries: []uint64{},
	}
	if stat.Proofs, err = c.proofsOf(ctx, entry); err != nil {
		return nil, err
	}
	entries, err := c.chain.EntriesByRoot(ctx, root)
	if err != nil {
		return nil, err
	}
	for _, other := range entries {
		if other.TxSeq != entry.TxSeq && other.FlowID == entry.FlowID {
			stat.OtherEntries = append(stat.OtherEntries, other.TxSeq)
		}
	}
	stat.Nodes = c.askNodes(ctx, entry.TxSeq)
	for _, node := range stat.Nodes {
		stat.Finalized = stat.Finalized || node.Finalized
	}
	if string(entry.Tags) == ManifestTag {
		return stat, c.statManifest(ctx, root, stat)
	}
	return stat, nil
}

// proofsOf lists the accepted proofs over loads that hold sectors of the entry.
func (c *Client) proofsOf(ctx context.Context, entry Entry) ([]ProofHit, error) {
	first := entry.StartSector / layout.SectorsPerLoad
	end := (entry.StartSector+entry.Sectors-1)/layout.SectorsPerLoad + 1
	proofs, err := c.chain.Proofs(ctx, entry.FlowID, first, end, statProofs)
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return nil, fmt.Errorf("proofs over entry %d: %w", entry.TxSeq, err)
	}
	hits := make([]ProofHit, 0, len(proofs))
	for _, proof := range proofs {
		if load := proof.RecallSector / layout.SectorsPerLoad; load < first || load >= end {
			continue
		}
		hits = append(hits, ProofHit{
			ProofID: proof.ProofID, MinerID: nodeapi.Hash(proof.MinerID), Height: proof.Height, Time: proof.Time,
			RecallSector: proof.RecallSector, Reward: decimal(proof.Reward),
		})
	}
	return hits, nil
}

// askNodes asks every node about an entry.
func (c *Client) askNodes(ctx context.Context, txSeq uint64) []NodeHolds {
	out := make([]NodeHolds, len(c.nodes))
	var group errgroup.Group
	for i, api := range c.nodes {
		group.Go(func() error {
			call, cancel := context.WithTimeout(ctx, min(c.opts.Stall, statTimeout))
			defer cancel()
			out[i].URL = api.URL()
			info, err := api.GetFileInfoByTxSeq(call, txSeq)
			if err != nil {
				out[i].Error = brief(err)
			} else if info != nil {
				out[i].Known, out[i].Finalized, out[i].Segments = true, info.Finalized, info.UploadedSegNum
			}
			return nil
		})
	}
	_ = group.Wait() // errors are in the rows
	return out
}

// statManifest adds up what a manifest lists.
func (c *Client) statManifest(ctx context.Context, root Hash, stat *Stat) error {
	located, err := c.open(ctx, root)
	if err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	stat.Kind = located.Kind
	entries, err := c.entriesOf(ctx, located)
	if err != nil {
		return err
	}
	sum := ManifestStat{Kind: located.Kind, Entries: len(entries), SizeBytes: located.Manifest.SizeBytes()}
	for _, record := range located.Manifest.Records {
		if record.Type != RecordFolder {
			sum.Files++
		}
	}
	total := chain.Reward{Endowment: new(big.Int), Paid: new(big.Int), Accrued: new(big.Int), Left: new(big.Int)}
	for _, entry := range entries {
		reward, err := c.chain.Reward(ctx, entry.FlowID, entry.TxSeq)
		if err != nil {
			return fmt.Errorf("endowment of entry %d: %w", entry.TxSeq, err)
		}
		addTo(total.Endowment, reward.Endowment)
		addTo(total.Paid, reward.Paid)
		addTo(total.Accrued, reward.Accrued)
		addTo(total.Left, reward.Left)
		if sum.FirstEndTime == 0 || entry.EndTime < sum.FirstEndTime {
			sum.FirstEndTime = entry.EndTime
		}
	}
	sum.Endowment, sum.EndowmentPaid = decimal(total.Endowment), decimal(total.Paid)
	sum.EndowmentAccrued, sum.EndowmentLeft = decimal(total.Accrued), decimal(total.Left)
	stat.Manifest = &sum
	return nil
}

// open locates a root with nodes of its own.
func (c *Client) open(ctx context.Context, root Hash) (*Located, error) {
	entry, others, err := c.entryOf(ctx, root, 0)
	if err != nil {
		return nil, err
	}
	if string(entry.Tags) != ManifestTag { // then no node is needed
		return &Located{Kind: KindNameFile, Entry: entry, Others: others}, nil
	}
	pool, err := c.newPool(ctx)
	if err != nil {
		return nil, err
	}
	return c.locate(ctx, &fetcher{Client: c, pool: pool}, root)
}

// entriesOf returns the entries a located root consists of, each once: its own
// last, before it those of its parts.
func (c *Client) entriesOf(ctx context.Context, located *Located) ([]Entry, error) {
	var entries []Entry
	if located.Manifest != nil {
		seen := map[Part]bool{}
		var parts []Part
		for _, record := range located.Manifest.Records {
			for _, part := range record.Parts {
				if !seen[part] {
					seen[part] = true
					parts = append(parts, part)
				}
			}
		}
		blobs, err := c.blobs(ctx, parts)
		if err != nil {
			return nil, err
		}
		for _, b := range blobs {
			entries = append(entries, b.entry)
		}
	}
	return append(entries, located.Entry), nil
}

func addTo(sum, x *big.Int) {
	if x != nil {
		sum.Add(sum, x)
	}
}

// decimal writes an amount; none is 0.
func decimal(x *big.Int) string {
	if x == nil {
		return "0"
	}
	return x.String()
}
