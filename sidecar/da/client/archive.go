package client

import (
	"context"
	"fmt"
	"math/big"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// logPricer is a chain that also keeps the storage log.
type logPricer interface {
	Price(ctx context.Context, sectors uint64) (chain.Price, error)
}

// logNodes are the roots of the subtrees that a payload becomes in the storage
// log, 32 bytes each (MsgSubmitBlobs.storage_roots), and the root of the file that
// they are.
func logNodes(payload []byte) (out []byte, root chain.Hash, err error) {
	file, err := merkle.NewFileFromData(payload)
	if err != nil {
		return nil, root, fmt.Errorf("storage root: %w", err)
	}
	for _, node := range file.Nodes() {
		out = append(out, node.Root[:]...)
	}
	return out, file.Root(), nil
}

// endowments is what the log takes for some blobs, azg.
func (d *direct) endowments(ctx context.Context, lens []uint64) (*big.Int, error) {
	total := new(big.Int)
	if !d.opts.Archive {
		return total, nil
	}
	log, ok := d.chain.(logPricer)
	if !ok {
		return nil, fmt.Errorf("%w: this chain has no storage log to archive in", ErrUsage)
	}
	for _, dataLen := range lens {
		price, err := log.Price(ctx, layout.PaddedSectors(dataLen))
		if err != nil {
			return nil, fmt.Errorf("price of %d bytes in the log: %w", dataLen, err)
		}
		total.Add(total, price.Endowment)
	}
	return total, nil
}
