package app

import (
	"math"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// A block has two lanes: submissions to the log, and everything else. While both
// have work, submissions get max_block_share_bps of the block's gas and of its
// bytes, the others the rest; what one lane leaves free the other takes. So a
// transfer passes however busy the log is, and the log moves on however busy the
// tokens are (whitepaper figure 4, mission row C21).
//
// The lane is a rule of honest proposers and of the pool, not of consensus: a
// validator that checks a proposal cannot know what waited at the proposer, so a
// block full of submissions may be one in which nothing else waited.
// checkProposal bounds the sum of gas of any proposal.
type lane int

const (
	laneGeneral lane = iota
	laneSubmission
	laneTotal
)

// maxNestedExec is how deep laneOf looks into authz.MsgExec. Deeper ones count as
// submissions: nobody but an attacker has a reason for them.
const maxNestedExec = 4

// flowMessages start the name of x/flow's messages; its MsgUpdateParams comes
// from governance, never in a transaction of its own.
const flowMessages = "/zg.flow.v1."

var flowContract = common.HexToAddress(PrecompileFlow)

// laneOf tells by what stands in the transaction: a message of x/flow, also
// inside authz.MsgExec, or a call whose target is the flow contract. A contract
// that calls the flow contract cannot be told without running it; such calls
// take the general lane and are bounded, like all of it, by gas.
func laneOf(tx sdk.Tx) lane {
	if submits(tx.GetMsgs(), 0) {
		return laneSubmission
	}
	return laneGeneral
}

func submits(msgs []sdk.Msg, depth int) bool {
	for _, msg := range msgs {
		switch msg := msg.(type) {
		case *evmtypes.MsgEthereumTx:
			if submitsByContract(msg) {
				return true
			}
		case *authz.MsgExec:
			inner, err := msg.GetMessages()
			if err == nil && (depth == maxNestedExec || submits(inner, depth+1)) {
				return true
			}
		default:
			if strings.HasPrefix(sdk.MsgTypeURL(msg), flowMessages) {
				return true
			}
		}
	}
	return false
}

func submitsByContract(msg *evmtypes.MsgEthereumTx) bool {
	tx := msg.Raw.Transaction
	return tx != nil && tx.To() != nil && *tx.To() == flowContract
}

// submissionShareBps is the parameter of x/flow, or no lane where it cannot be read.
func (app *App) submissionShareBps(ctx sdk.Context) uint64 {
	if !app.hasStorage() {
		return flowtypes.BlockShareUnit
	}
	// both halves of the pool read from one context, at the same time
	params, err := app.FlowKeeper.Params.Get(ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()))
	if err != nil || params.MaxBlockShareBps == 0 {
		return flowtypes.BlockShareUnit
	}
	return uint64(params.MaxBlockShareBps)
}

// room is gas and bytes that are free.
type room struct{ gas, bytes uint64 }

// unlimited is the gas of a block without max_gas.
const unlimited = math.MaxUint64

func (r room) fits(need room) bool { return need.gas <= r.gas && need.bytes <= r.bytes }

// take leaves nothing rather than less than nothing.
func (r *room) take(need room) {
	if r.gas != unlimited {
		r.gas -= min(need.gas, r.gas)
	}
	r.bytes -= min(need.bytes, r.bytes)
}

// share is bps/10 000 of the room, rounded down.
func (r room) share(bps uint64) room {
	part := func(whole uint64) uint64 {
		return whole/flowtypes.BlockShareUnit*bps + whole%flowtypes.BlockShareUnit*bps/flowtypes.BlockShareUnit
	}
	shared := room{gas: part(r.gas), bytes: part(r.bytes)}
	if r.gas == unlimited {
		shared.gas = unlimited
	}
	return shared
}

// laneRooms divides a block between the lanes.
func laneRooms(block room, shareBps uint64) [laneTotal]room {
	if shareBps >= flowtypes.BlockShareUnit {
		return [laneTotal]room{laneGeneral: block, laneSubmission: block}
	}
	submission := block.share(shareBps)
	general := room{gas: block.gas - submission.gas, bytes: block.bytes - submission.bytes}
	if block.gas == unlimited {
		general.gas = unlimited
	}
	return [laneTotal]room{laneGeneral: general, laneSubmission: submission}
}
