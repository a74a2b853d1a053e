package precompile

import (
	"errors"

	"github.com/ethereum/go-ethereum/accounts/abi"

	errorsmod "cosmossdk.io/errors"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/pora/types"
)

// named are the module's errors under the names of the ABI.
var named = []struct {
	err  *errorsmod.Error
	name string
}{
	{types.ErrInvalidMessage, "InvalidMessage"},
	{types.ErrMinerNotFound, "MinerNotFound"},
	{types.ErrSeedUsed, "SeedUsed"},
	{types.ErrNotOwner, "NotOwner"},
	{types.ErrClaimExists, "ClaimExists"},
	{types.ErrNoClaim, "NoClaim"},
	{types.ErrInvalidClaim, "InvalidClaim"},
	{types.ErrClaimTooYoung, "ClaimTooYoung"},
	{types.ErrClaimNotActive, "ClaimNotActive"},
	{types.ErrNoEpoch, "NoEpoch"},
	{types.ErrStaleContext, "StaleContext"},
	{types.ErrEpochClosed, "EpochClosed"},
	{types.ErrWindowOver, "WindowOver"},
	{types.ErrFlowTooShort, "FlowTooShort"},
	{types.ErrRangeShort, "RangeShort"},
	{types.ErrEmptyLoad, "EmptyLoad"},
	{types.ErrRecall, "WrongRecall"},
	{types.ErrSealContext, "WrongSealContext"},
	{types.ErrInvalidProof, "InvalidProof"},
	{types.ErrQuality, "AboveTarget"},
	{types.ErrReplay, "Replayed"},
	{types.ErrNoCredit, "NothingToWithdraw"},
}

// typed gives an error of the module its name in the ABI, with its text.
func typed(of abi.ABI, err error) error {
	for _, known := range named {
		if !errors.Is(err, known.err) {
			continue
		}
		if e, ok := of.Errors[known.name]; ok {
			return contract.NewRevert(e, err.Error())
		}
	}
	return err
}

// typing gives every refusal of a table its name.
func typing(of abi.ABI, functions table) table {
	out := table{}
	for signature, f := range functions { // deterministic: fills a map, the order is not seen
		run := f.Run
		f.Run = func(call contract.Call, args []any) ([]any, error) {
			results, err := run(call, args)
			return results, typed(of, err)
		}
		out[signature] = f
	}
	return out
}
