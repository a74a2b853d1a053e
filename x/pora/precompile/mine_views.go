package precompile

import (
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/pora/types"
)

// mineViews is the table of what can be read under 0G's names.
func (c contracts) mineViews() table {
	return table{
		"flow()":                 constant(c.at.Flow),
		"reward()":               constant(c.at.Reward),
		"beneficiaries(bytes32)": flat(gasRead, c.beneficiary),
		"canSubmit()": c.ofEpoch(func(e types.MiningEpoch, p types.Params, height int64) any {
			over := p.WindowBlocks != 0 && height >= e.OpenHeight+int64(p.WindowBlocks)
			return e.Epoch != 0 && e.CloseHeight == 0 && !over
		}),
		"currentSubmissions()": c.ofEpoch(func(e types.MiningEpoch, _ types.Params, _ int64) any { return big.NewInt(int64(e.Proofs)) }),
		"lastMinedEpoch()":     c.ofEpoch(func(e types.MiningEpoch, _ types.Params, _ int64) any { return new(big.Int).SetUint64(e.Epoch) }),
		"maxShards()":          c.ofEpoch(func(_ types.MiningEpoch, p types.Params, _ int64) any { return uint64(p.MaxShards) }),
		"minDifficulty()":      c.ofEpoch(func(_ types.MiningEpoch, p types.Params, _ int64) any { return new(big.Int).SetUint64(p.MinDifficulty) }),
		"poraTarget()": flat(gasRead, func(call contract.Call, _ []any) ([]any, error) {
			target, err := c.keeper.Target(call.Ctx, types.MiningFlowID)
			return []any{new(big.Int).SetBytes(target[:])}, err
		}),
	}
}

// ofEpoch answers from the mining epoch (all zero before the first) and the
// parameters.
func (c contracts) ofEpoch(answer func(types.MiningEpoch, types.Params, int64) any) contract.Function {
	return flat(gasRead, func(call contract.Call, _ []any) ([]any, error) {
		epoch, err := c.keeper.Epochs.Get(call.Ctx, types.MiningFlowID)
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return nil, err
		}
		params, err := c.keeper.Params.Get(call.Ctx)
		return []any{answer(epoch, params, call.Ctx.BlockHeight())}, err
	})
}

func (c contracts) beneficiary(call contract.Call, args []any) ([]any, error) {
	id := args[0].([32]byte)
	miner, err := c.keeper.Miner(call.Ctx, id[:])
	if errors.Is(err, types.ErrMinerNotFound) {
		return []any{common.Address{}}, nil
	}
	if err != nil {
		return nil, err
	}
	beneficiary, err := evmAddress(miner.Beneficiary)
	return []any{beneficiary}, err
}

// rewards is the table of the reward contract.
func (c contracts) rewards() table {
	return typing(c.reward, table{
		"mine()":   constant(c.at.Pora),
		"market()": constant(c.at.Market),
		"payments(address)": flat(gasRead, func(call contract.Call, args []any) ([]any, error) {
			credit, err := c.keeper.Credit(call.Ctx, args[0].(common.Address).Bytes())
			if err != nil {
				return nil, err
			}
			return []any{credit.BigInt()}, nil
		}),
		"withdrawPayments(address)": flat(gasWithdraw, func(call contract.Call, args []any) ([]any, error) {
			payee := args[0].(common.Address)
			_, err := c.payOut(call, payee, payee.Bytes())
			return nil, err
		}),
		"windowLoads()": flat(gasRead, func(call contract.Call, _ []any) ([]any, error) {
			loads, err := c.windows.Get(call.Ctx)
			return []any{loads}, err
		}),
		"accrued(uint64)": flat(gasAccrued, c.accrued),
	})
}

func (c contracts) accrued(call contract.Call, args []any) ([]any, error) {
	loads, err := c.windows.Get(call.Ctx)
	if err != nil {
		return nil, err
	}
	amount, err := c.flow.Accrued(call.Ctx, types.MiningFlowID, args[0].(uint64)/max(loads, 1))
	if err != nil {
		return nil, err
	}
	return []any{amount.BigInt()}, nil
}
