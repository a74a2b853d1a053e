package client

import (
	"context"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// listPage is how many entries are read from the chain at once.
const listPage = 500

// ListedEntry is a row of List.
type ListedEntry struct {
	Root      nodeapi.Hash `json:"root"`
	TxSeq     uint64       `json:"tx_seq"`
	Kind      string       `json:"kind"` // "file" or "manifest"
	SizeBytes uint64       `json:"size_bytes"`
	EndTime   int64        `json:"end_time"`
	Height    int64        `json:"height"`
}

// List returns the newest entries an account submitted, at most limit (0: all),
// newest first. It reads the log backwards from its end.
func (c *Client) List(ctx context.Context, account string, limit int) ([]ListedEntry, error) {
	flow, err := c.chain.Flow(ctx, mainFlow)
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	out := []ListedEntry{}
	for end := flow.NextTxSeq; end > 1; {
		from := max(1, end-min(end, listPage))
		entries, _, err := c.chain.Entries(ctx, mainFlow, from, uint32(end-from))
		if err != nil {
			return nil, fmt.Errorf("entries from %d: %w", from, err)
		}
		for i := len(entries) - 1; i >= 0; i-- {
			entry := entries[i]
			if entry.Submitter != account || entry.TxSeq >= end {
				continue
			}
			row := ListedEntry{
				Root: nodeapi.Hash(entry.Root), TxSeq: entry.TxSeq, Kind: "file",
				SizeBytes: entry.SizeBytes, EndTime: entry.EndTime, Height: entry.Height,
			}
			if string(entry.Tags) == ManifestTag {
				row.Kind = "manifest"
			}
			if out = append(out, row); len(out) == limit {
				return out, nil
			}
		}
		end = from
	}
	return out, nil
}

// Contents returns what a root stands for, with its manifest if it has one.
func (c *Client) Contents(ctx context.Context, root Hash) (*Located, error) {
	return c.open(ctx, root)
}
