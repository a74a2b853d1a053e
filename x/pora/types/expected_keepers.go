package types

import (
	"context"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// BankKeeper pays credits out; nothing else.
type BankKeeper interface {
	SendCoinsFromModuleToAccount(ctx context.Context, senderModule string, recipient sdk.AccAddress, amt sdk.Coins) error
}

// FlowKeeper is what mining needs to know of the data log.
type FlowKeeper interface {
	// Flow returns a flow, with its length as of now.
	Flow(ctx context.Context, flowID uint64) (flowtypes.Flow, error)
	// Context returns the context of an epoch, of the newest for epoch 0.
	Context(ctx context.Context, flowID, epoch uint64) (flowtypes.MiningContext, error)
	// ContextByDigest returns the context with a digest.
	ContextByDigest(ctx context.Context, digest []byte) (flowtypes.MiningContext, error)
	// LoadHoldsData says whether some entry has a data sector in a load.
	LoadHoldsData(ctx context.Context, flowID, load uint64) (bool, error)
	// LastBlockDigest is the hash of the block that is being executed.
	LastBlockDigest(ctx context.Context) ([]byte, error)
	// Release pays what the load's reward window has accrued to an account; on
	// error nothing has changed.
	Release(ctx context.Context, flowID, load uint64, recipient sdk.AccAddress) (sdkmath.Int, error)
	// ReleaseToModule is Release to a module account.
	ReleaseToModule(ctx context.Context, flowID, load uint64, module string) (sdkmath.Int, error)
}
