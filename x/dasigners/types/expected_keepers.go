package types

import (
	"context"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
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

// ValidatorSource finds validators by their operator.
type ValidatorSource interface {
	// ConsensusAddress of the validator that an account operates, 20 bytes.
	ConsensusAddress(ctx context.Context, operator sdk.AccAddress) ([]byte, error)
}
