package types

import (
	"context"
	"time"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// BankKeeper moves deposits, fees and rewards.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, senderModule string, recipient sdk.AccAddress, amt sdk.Coins) error
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
}

// CommunityPool takes the community's share of fees.
type CommunityPool interface {
	FundCommunityPool(ctx context.Context, amount sdk.Coins, sender sdk.AccAddress) error
}

// StakeSource says how much stake stands behind an account.
type StakeSource interface {
	// Bonded is the tokens of an account's own delegations to bonded validators,
	// base units; it looks at the first most delegations by validator address.
	Bonded(ctx context.Context, delegator sdk.AccAddress, most uint16) (sdkmath.Int, error)
	// TotalBonded is the tokens of all bonded validators, base units.
	TotalBonded(ctx context.Context) (sdkmath.Int, error)
}

// ValidatorSet is what the module compares its promises and its seeds with.
type ValidatorSet interface {
	// Powers are the consensus powers of the bonded validators, in any order.
	Powers(ctx context.Context) ([]int64, error)
	// UnbondingTime is how long stake that leaves can still be slashed.
	UnbondingTime(ctx context.Context) (time.Duration, error)
}

// ValidatorSource finds validators by their operator.
type ValidatorSource interface {
	// ConsensusAddress of the validator that an account operates, 20 bytes.
	ConsensusAddress(ctx context.Context, operator sdk.AccAddress) ([]byte, error)
}

// ValidatorSlasher punishes validators.
type ValidatorSlasher interface {
	// PunishValidator takes a share of the stake of the validator that an account
	// operates, in 1/10 000, and shuts it out of consensus for good. It returns what
	// was burnt, base units: nothing when the account operates none that is bonded
	// or unbonding.
	PunishValidator(ctx context.Context, operator sdk.AccAddress, bps uint32) (sdkmath.Int, error)
}

// StorageLog is the data log of x/flow.
type StorageLog interface {
	// Price of an entry of so many bytes now, base units; the error says why the log
	// would take none.
	Price(ctx context.Context, sizeBytes uint64) (sdkmath.Int, error)
	// Enter appends an entry to the main flow, paid from the account of this module
	// and owned by another, and returns its number. The log takes the whole
	// endowment, or fails.
	Enter(ctx context.Context, owner sdk.AccAddress, entry flowtypes.Submission, endowment sdkmath.Int) (txSeq uint64, err error)
}
