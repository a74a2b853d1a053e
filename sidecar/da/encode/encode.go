// Package encode spreads the coding of a blob over cores. The bytes are those of
// x/dasigners/erasure, whatever the number of workers.
package encode

import (
	"context"
	"runtime"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// hashBlock and combineBlock are rows that one worker takes at a time: enough to
// make taking them cheap, few enough that the last worker does not keep the
// others waiting. Combinations go over groups of rows that fit the first cache.
const (
	layBlock     = 32
	hashBlock    = 32
	combineBlock = 256
)

// Encode encodes a payload on up to workers cores (0: all that Go uses). It uses
// memory that Recycle gave back. A cancelled context ends it within one stripe.
func Encode(ctx context.Context, codec erasure.Codec, p erasure.Profile, evmChainID uint64, payload []byte, workers int) (*erasure.Blob, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	rowSize, err := p.RowSize(uint64(len(payload)))
	if err != nil {
		return nil, err
	}
	b, err := erasure.NewBlobIn(slabs.Take(p.N*rowSize), p, evmChainID, uint64(len(payload)))
	if err != nil {
		return nil, err
	}
	if err := steps(ctx, codec, b, payload, workers); err != nil {
		slabs.Give(b.Memory()) // nobody works on it any more
		return nil, err
	}
	return b, nil
}

func steps(ctx context.Context, codec erasure.Codec, b *erasure.Blob, payload []byte, workers int) error {
	p := b.Profile
	lay := func(from, to int) error { b.LayRows(payload, from, to); return nil }
	if err := spread(ctx, workers, p.K, layBlock, lay); err != nil {
		return err
	}
	stripe := func(from, _ int) error { return b.EncodeStripe(codec, from) }
	if err := spread(ctx, workers, b.Stripes(), 1, stripe); err != nil {
		return err
	}
	hash := func(from, to int) error { b.HashRows(from, to); return nil }
	if err := spread(ctx, workers, p.N, hashBlock, hash); err != nil {
		return err
	}
	b.FixRows()
	combine := func(from, to int) error { b.CombineRows(from, to); return nil }
	if err := spread(ctx, workers, p.K, combineBlock, combine); err != nil {
		return err
	}
	b.Fix()
	return nil
}
