package client

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// statTimeout bounds a question whose answer is only shown.
const statTimeout = 5 * time.Second

// Info is a network on one screen. Amounts are decimal azg.
type Info struct {
	ChainID         string         `json:"chain_id"`
	EVMChainID      uint64         `json:"evm_chain_id"`
	Height          int64          `json:"height"`
	BlockTime       int64          `json:"block_time"`
	CatchingUp      bool           `json:"catching_up"`
	Epoch           uint64         `json:"epoch"`
	BlocksPerEpoch  uint64         `json:"blocks_per_epoch"`
	Entries         uint64         `json:"entries"`
	LengthSectors   uint64         `json:"length_sectors"`
	FlowRoot        nodeapi.Hash   `json:"flow_root"`
	MaxEntrySectors uint64         `json:"max_entry_sectors"`
	Paused          bool           `json:"paused"`
	UnitPrice       string         `json:"unit_price"` // the floor, per sector and period
	PeriodSeconds   uint64         `json:"period_seconds"`
	Denom           string         `json:"denom"`
	Examples        []PriceExample `json:"examples"`
	Account         string         `json:"account,omitempty"`
	Balance         string         `json:"balance,omitempty"`
	Nodes           []NodeHealth   `json:"nodes"`
}

// PriceExample is the endowment of a file of some size for one period.
type PriceExample struct {
	SizeBytes uint64 `json:"size_bytes"`
	Sectors   uint64 `json:"sectors"` // charged: the size rounded up to 1/16 of the next power of two
	Endowment string `json:"endowment"`
}

// NodeHealth is one storage node.
type NodeHealth struct {
	URL       string              `json:"url"`
	OK        bool                `json:"ok"`
	Error     string              `json:"error,omitempty"`
	LatencyMS float64             `json:"latency_ms"`
	LagBlocks int64               `json:"lag_blocks"` // behind the chain's head
	NextTxSeq uint64              `json:"next_tx_seq"`
	Shard     nodeapi.ShardConfig `json:"shard"`
}

// Info reads the state of the network, and the balance of an account ("": none).
func (c *Client) Info(ctx context.Context, account string) (*Info, error) {
	status, err := c.chain.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain status: %w", err)
	}
	limits, err := c.chain.Limits(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain parameters: %w", err)
	}
	flow, err := c.chain.Flow(ctx, mainFlow)
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	info := &Info{
		ChainID: status.ChainID, EVMChainID: status.EVMChainID, Height: status.Height, BlockTime: status.BlockTime.Unix(),
		CatchingUp: status.CatchingUp, Epoch: flow.Epoch, BlocksPerEpoch: limits.BlocksPerEpoch, Entries: max(flow.NextTxSeq, 1) - 1,
		LengthSectors: flow.LengthSectors, FlowRoot: nodeapi.Hash(flow.Root), MaxEntrySectors: limits.MaxEntrySectors,
		Paused: limits.Paused, Denom: Denom,
	}
	if err := c.priceExamples(ctx, info); err != nil {
		return nil, err
	}
	if account != "" {
		balance, err := c.chain.Balance(ctx, account)
		if err != nil {
			return nil, fmt.Errorf("balance of %s: %w", account, err)
		}
		info.Account, info.Balance = account, decimal(balance)
	}
	info.Nodes = c.health(ctx, status.Height)
	return info, nil
}

// priceExamples works out what common sizes cost.
func (c *Client) priceExamples(ctx context.Context, info *Info) error {
	for _, sizeBytes := range []uint64{1 << 10, 1 << 20, 100 << 20, 1 << 30, 1 << 40} {
		sectors := layout.PaddedSectors(sizeBytes)
		price, err := c.chain.Price(ctx, min(sectors, max(info.MaxEntrySectors, 1)))
		if err != nil {
			return fmt.Errorf("price: %w", err)
		}
		info.UnitPrice, info.PeriodSeconds = decimal(price.UnitPrice), price.PeriodSeconds
		endowment := new(big.Int).Mul(price.UnitPrice, new(big.Int).SetUint64(sectors))
		info.Examples = append(info.Examples, PriceExample{SizeBytes: sizeBytes, Sectors: sectors, Endowment: endowment.String()})
	}
	return nil
}

// health asks every node how it is.
func (c *Client) health(ctx context.Context, height int64) []NodeHealth {
	out := make([]NodeHealth, len(c.nodes))
	var group errgroup.Group
	for i, api := range c.nodes {
		group.Go(func() error {
			call, cancel := context.WithTimeout(ctx, statTimeout)
			defer cancel()
			row := NodeHealth{URL: api.URL()}
			began := time.Now()
			status, err := api.GetStatus(call)
			row.LatencyMS = float64(time.Since(began).Microseconds()) / 1000
			if err == nil {
				row.Shard, err = api.GetShardConfig(call)
			}
			if err != nil {
				row.Error = brief(err)
			} else {
				row.OK, row.NextTxSeq, row.LagBlocks = true, status.NextTxSeq, max(0, height-int64(status.LogSyncHeight))
			}
			out[i] = row
			return nil
		})
	}
	_ = group.Wait() // errors are in the rows
	return out
}
