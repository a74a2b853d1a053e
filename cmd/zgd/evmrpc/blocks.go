package evmrpc

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	ethrpc "github.com/ethereum/go-ethereum/rpc"
)

// GetBlockByHash is null for a hash that no block has.
func (e *ethAPI) GetBlockByHash(ctx context.Context, hash common.Hash, full bool) (map[string]any, error) {
	if !e.blockExists(ctx, hash) {
		return nil, nil
	}
	return e.backend.GetBlockByHash(ctx, hash, full)
}

// GetHeaderByHash is null for a hash that no block has.
func (e *ethAPI) GetHeaderByHash(ctx context.Context, hash common.Hash) (map[string]any, error) {
	if !e.blockExists(ctx, hash) {
		return nil, nil
	}
	return e.backend.GetHeaderByHash(ctx, hash)
}

// GetBlockReceipts is null for a block that does not exist.
func (e *ethAPI) GetBlockReceipts(ctx context.Context, block ethrpc.BlockNumberOrHash) ([]map[string]any, error) {
	at, err := e.upstreamBlock(ctx, &block)
	if err == errHeaderNotFound {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if found, err := e.backend.CometBlockByNumber(ctx, *at.BlockNumber); err != nil || found == nil || found.Block == nil {
		return nil, nil
	}
	return e.backend.GetBlockReceipts(ctx, at)
}

func (e *ethAPI) blockExists(ctx context.Context, hash common.Hash) bool {
	found, err := e.backend.RPCClient.BlockByHash(ctx, hash.Bytes())
	return err == nil && found != nil && found.Block != nil
}

// isFuture recognises the SDK's and CometBFT's refusal of a height to come.
func isFuture(err error) bool {
	text := err.Error()
	return strings.Contains(text, "height in the future") || strings.Contains(text, "must be less than or equal to the current blockchain height")
}

// storageKey reads a storage slot: hex of up to 32 bytes with 0x, leading zeros
// as one likes.
func storageKey(text string) (common.Hash, error) {
	digits, ok := strings.CutPrefix(strings.ToLower(text), "0x")
	if !ok {
		return common.Hash{}, errorf(codeInvalidParams, "storage key %.70q: hex string without 0x prefix", text)
	}
	if len(digits) > 64 {
		return common.Hash{}, errorf(codeInvalidParams, "storage key has %d hex digits, at most 64", len(digits))
	}
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	bytes, err := hex.DecodeString(digits)
	if err != nil {
		return common.Hash{}, errorf(codeInvalidParams, "storage key %.70q: %s", text, err)
	}
	return common.BytesToHash(bytes), nil
}
