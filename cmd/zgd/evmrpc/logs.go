package evmrpc

import (
	"context"
	"time"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/filters"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/evm/rpc/backend"
	evmfilters "github.com/cosmos/evm/rpc/namespaces/ethereum/eth/filters"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Bounds of a log query, beside json-rpc.logs-cap and block-range-cap.
const (
	maxTopics     = 4 // LOG4
	maxAlternates = 1000
	logsTime      = 10 * time.Second
)

// GetLogs searches blocks as geth does: an inverted range and one that begins
// or ends after the head are errors a client can tell (-32602); it stops after
// logs-cap results, block-range-cap blocks or ten seconds.
func (e *ethAPI) GetLogs(ctx context.Context, crit filters.FilterCriteria) ([]*ethtypes.Log, error) {
	if err := checkCriteria(crit); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, logsTime)
	defer cancel()
	from, to, err := e.logRange(ctx, crit)
	if err != nil {
		return nil, err
	}
	logsCap := int(e.backend.Cfg.JSONRPC.LogsCap)
	logs := make([]*ethtypes.Log, 0)
	for height := from; height <= to; height++ {
		if ctx.Err() != nil {
			return nil, errorf(codeLimitExceeded, "query timeout: searched blocks %d to %d within %s, ask for fewer", from, height-1, logsTime)
		}
		results, err := e.backend.CometBlockResultByNumber(ctx, &height)
		if err != nil {
			return nil, errorf(codeServer, "results of block %d: %s", height, err)
		}
		if !mayMatch(results.FinalizeBlockEvents, crit) {
			continue
		}
		perTx, err := backend.GetLogsFromBlockResults(results)
		if err != nil {
			return nil, errorf(codeServer, "logs of block %d: %s", height, err)
		}
		for _, txLogs := range perTx {
			logs = append(logs, evmfilters.FilterLogs(txLogs, nil, nil, crit.Addresses, crit.Topics)...)
		}
		if len(logs) > logsCap {
			return nil, errorf(codeLimitExceeded, "query returned more than %d results, up to block %d", logsCap, height)
		}
	}
	return logs, nil
}

// checkCriteria refuses what geth refuses before it looks at the chain.
func checkCriteria(crit filters.FilterCriteria) error {
	if len(crit.Topics) > maxTopics {
		return errorf(codeInvalidParams, "exceed max topics: %d, at most %d", len(crit.Topics), maxTopics)
	}
	if len(crit.Addresses) > maxAlternates {
		return errorf(codeInvalidParams, "exceed max addresses: %d, at most %d", len(crit.Addresses), maxAlternates)
	}
	for _, alternates := range crit.Topics {
		if len(alternates) > maxAlternates {
			return errorf(codeInvalidParams, "exceed max topics per search position: %d, at most %d", len(alternates), maxAlternates)
		}
	}
	if crit.BlockHash != nil && (crit.FromBlock != nil || crit.ToBlock != nil) {
		return errorf(codeInvalidParams, "can't specify fromBlock/toBlock with blockHash")
	}
	return nil
}

// logRange is the range of heights to search, both ends included.
func (e *ethAPI) logRange(ctx context.Context, crit filters.FilterCriteria) (from, to int64, err error) {
	if crit.BlockHash != nil {
		number, err := e.backend.BlockNumberFromCometByHash(ctx, *crit.BlockHash)
		if err != nil {
			return 0, 0, errUnknownBlock
		}
		return number.Int64(), number.Int64(), nil
	}
	latest, err := e.backend.BlockNumber(ctx)
	if err != nil {
		return 0, 0, err
	}
	head := int64(latest)
	resolve := func(number ethrpc.BlockNumber) (int64, error) {
		if number == ethrpc.PendingBlockNumber {
			return 0, errorf(codeInvalidParams, "pending logs are not supported")
		}
		height, err := e.engine.height(ctx, &ethrpc.BlockNumberOrHash{BlockNumber: &number})
		if height == 0 {
			height = head
		}
		return height, err
	}
	begin, end := ethrpc.LatestBlockNumber, ethrpc.LatestBlockNumber
	if crit.FromBlock != nil {
		begin = ethrpc.BlockNumber(crit.FromBlock.Int64())
	}
	if crit.ToBlock != nil {
		end = ethrpc.BlockNumber(crit.ToBlock.Int64())
	}
	if from, err = resolve(begin); err != nil {
		return 0, 0, err
	}
	if to, err = resolve(end); err != nil {
		return 0, 0, err
	}
	rangeCap := int64(e.backend.Cfg.JSONRPC.BlockRangeCap)
	switch {
	case from > to:
		return 0, 0, errorf(codeInvalidParams, "invalid block range params")
	case to > head:
		return 0, 0, errorf(codeInvalidParams, "block range extends beyond current head block")
	case to-from >= rangeCap:
		return 0, 0, errorf(codeLimitExceeded, "exceed maximum block range: %d blocks asked for, at most %d", to-from+1, rangeCap)
	}
	return from, to, nil
}

// mayMatch looks at the block's bloom filter; a block without one is searched.
func mayMatch(events []abci.Event, crit filters.FilterCriteria) bool {
	for _, event := range events {
		if event.Type != evmtypes.EventTypeBlockBloom {
			continue
		}
		for _, attribute := range event.Attributes {
			if attribute.Key == evmtypes.AttributeKeyEthereumBloom {
				return inBloom(ethtypes.BytesToBloom([]byte(attribute.Value)), crit)
			}
		}
	}
	return true
}

func inBloom(bloom ethtypes.Bloom, crit filters.FilterCriteria) bool {
	if len(crit.Addresses) > 0 && !anyIn(crit.Addresses, func(a common.Address) bool { return ethtypes.BloomLookup(bloom, a) }) {
		return false
	}
	for _, alternates := range crit.Topics {
		if len(alternates) > 0 && !anyIn(alternates, func(t common.Hash) bool { return ethtypes.BloomLookup(bloom, t) }) {
			return false
		}
	}
	return true
}

func anyIn[T any](items []T, holds func(T) bool) bool {
	for _, item := range items {
		if holds(item) {
			return true
		}
	}
	return false
}

// isEthereum says whether a transaction's events are those of the EVM.
func isEthereum(events []abci.Event) bool {
	return anyIn(events, func(event abci.Event) bool { return event.Type == evmtypes.EventTypeEthereumTx })
}
