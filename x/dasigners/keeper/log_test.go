package keeper_test

import (
	"context"
	"errors"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// dataLog is a log in memory: a price a sector, and what was entered.
type dataLog struct {
	bank    bank
	price   int64 // azg a sector
	closed  error
	entries []logEntry
}

type logEntry struct {
	owner      sdk.AccAddress
	submission flowtypes.Submission
	paid       int64
}

func newLog(b bank) *dataLog { return &dataLog{bank: b, price: 10} }

func (l *dataLog) Price(_ context.Context, sizeBytes uint64) (sdkmath.Int, error) {
	return sdkmath.NewIntFromUint64(layout.PaddedSectors(sizeBytes)).MulRaw(l.price), l.closed
}

func (l *dataLog) Enter(ctx context.Context, owner sdk.AccAddress, entry flowtypes.Submission, endowment sdkmath.Int) (uint64, error) {
	price, err := l.Price(ctx, entry.SizeBytes)
	if err != nil {
		return 0, err
	}
	if endowment.LT(price) {
		return 0, errors.New("underpaid")
	}
	if _, err := entry.MerkleNodes(); err != nil {
		return 0, err
	}
	if err := l.bank.move(string(types.ModuleAddress), "log", sdk.NewCoins(sdk.NewCoin(types.Denom, endowment))); err != nil {
		return 0, err
	}
	l.entries = append(l.entries, logEntry{owner, entry, endowment.Int64()})
	return uint64(len(l.entries)), nil
}
