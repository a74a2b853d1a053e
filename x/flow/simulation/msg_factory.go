// Package simulation makes random messages of x/flow for the SDK's simulator.
package simulation

import (
	"context"
	"encoding/binary"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/keeper"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/types"
)

// maxSizeBytes keeps simulated entries affordable for simulated accounts.
const maxSizeBytes = 8 << 20

// MsgSubmitFactory enters files of random sizes at up to three times the floor.
func MsgSubmitFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSubmit] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubmit) {
		submission, sectors := randomSubmission(data.Rand())
		params, err := k.Params.Get(ctx)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		price := params.PriceFloor.MulRaw(1 + int64(data.Rand().Intn(3)))
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		endowment := price.Mul(sdkmath.NewIntFromUint64(sectors))
		if reporter.IsSkipped() || !take(&from, endowment, reporter) {
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgSubmit{Sender: from.AddressBech32, Submission: submission, Endowment: endowment}
	}
}

// MsgRechargeFactory extends a random entry by some days.
func MsgRechargeFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRecharge] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRecharge) {
		flow, err := k.Flow(ctx, types.MainFlowID)
		if err != nil || flow.NextTxSeq == 1 {
			reporter.Skip("no entry yet")
			return nil, nil
		}
		txSeq := 1 + data.Rand().Uint64()%(flow.NextTxSeq-1)
		entry, err := k.Entry(ctx, types.MainFlowID, txSeq)
		if err != nil || len(entry.Intervals) == 0 {
			reporter.Skip("no such entry")
			return nil, nil
		}
		last := entry.Intervals[len(entry.Intervals)-1]
		days := int64(2 + data.Rand().Intn(100))
		amount := last.RateBase.MulRaw(days * 86400).QuoRaw(last.RateSeconds).AddRaw(1)
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() || !take(&from, amount, reporter) {
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgRecharge{Sender: from.AddressBech32, TxSeq: txSeq, Amount: amount}
	}
}

// take reserves an amount of the account's balance, so that the random fee is
// taken from the rest, or skips.
func take(from *simsx.SimAccount, amount sdkmath.Int, reporter simsx.SimulationReporter) bool {
	if from.LiquidBalance().BlockAmount(sdk.NewCoin(types.Denom, amount)) {
		return true
	}
	reporter.Skip("account cannot pay the endowment")
	return false
}

// randomSubmission has the right heights for its size and random roots.
func randomSubmission(r *simsx.XRand) (s types.Submission, sectors uint64) {
	s.SizeBytes = r.Uint64InRange(1, maxSizeBytes)
	s.Tags = []byte(r.StringN(40))
	sectors = layout.PaddedSectors(s.SizeBytes)
	for _, height := range layout.NodeHeights(sectors) {
		root := keccak.Sum256(binary.BigEndian.AppendUint64(nil, r.Uint64()))
		s.Nodes = append(s.Nodes, types.Node{Root: root[:], Height: uint32(height)})
	}
	return s, sectors
}
