package integration_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// decide submits a proposal, votes it through with all stake, and returns how it
// ended. Validator is the operator of the only validator.
func (c *chain) decide(msg sdk.Msg) govv1.ProposalStatus {
	c.tb.Helper()
	voter := c.Validator
	params, err := c.App.GovKeeper.Params.Get(c.Ctx())
	require.NoError(c.tb, err)
	submit, err := govv1.NewMsgSubmitProposal([]sdk.Msg{msg}, params.MinDeposit, voter.Address.String(), "", "parameters", "a test", false)
	require.NoError(c.tb, err)
	var response govv1.MsgSubmitProposalResponse
	c.mustSend(voter, submit, &response)
	c.mustSend(voter, govv1.NewMsgVote(voter.Address, response.ProposalId, govv1.OptionYes, ""), nil)
	c.blockAfter((votingSeconds + 1) * time.Second)
	c.block()
	proposal, err := c.App.GovKeeper.Proposals.Get(c.Ctx(), response.ProposalId)
	require.NoError(c.tb, err)
	return proposal.Status
}

// TestEveryParameterIsChangedByGovernanceAlone goes through both modules: a vote
// changes all parameters, an invalid value fails at execution and changes
// nothing, and nobody else may. mission C17
func TestEveryParameterIsChangedByGovernanceAlone(t *testing.T) {
	c := newChain(t)
	flow, flowBefore := c.flowState().Params, c.flowState().Params
	flow.PeriodSeconds, flow.PriceFloor, flow.MaxTagsBytes, flow.MaxStoredTagsBytes = 777, sdkmath.NewInt(4711), 100, 10
	flow.MaxBatch, flow.MaxEntrySectors, flow.BlocksPerEpoch, flow.ContextHistory = 7, 1<<20, 9, 55
	flow.RechargeGraceSeconds, flow.MinRechargeSeconds, flow.MaxBlockShareBps = 11, 12, 4000
	require.Equal(t, govv1.StatusPassed, c.decide(&flowtypes.MsgUpdateParams{Authority: app.Authority(), Params: flow}))
	require.Equal(t, flow, c.flowState().Params)

	pora, poraBefore := c.poraState().Params, c.poraState().Params
	pora.WindowBlocks, pora.TargetBlocks, pora.MaxProofsPerEpoch, pora.AdjustN, pora.MinDifficulty = 3, 4, 5, 6, 7
	pora.MaxShards, pora.MiningRangeLoads, pora.ClaimAlignLoads, pora.ClaimMinEpochs = 8, 1<<10, 16, 9
	pora.ProofGas, pora.ProofHistory = 200_000, 5000
	require.Equal(t, govv1.StatusPassed, c.decide(&poratypes.MsgUpdateParams{Authority: app.Authority(), Params: pora}))
	require.Equal(t, pora, c.poraState().Params)

	requireAllDiffer(t, flow, flowBefore, "Paused") // TestPausingTheLogLeavesTheRestAlive
	requireAllDiffer(t, pora, poraBefore)

	badFlow, badPora := flow, pora
	badFlow.BlocksPerEpoch = 0
	badPora.MaxShards = 3 // no power of two
	require.Equal(t, govv1.StatusFailed, c.decide(&flowtypes.MsgUpdateParams{Authority: app.Authority(), Params: badFlow}))
	require.Equal(t, govv1.StatusFailed, c.decide(&poratypes.MsgUpdateParams{Authority: app.Authority(), Params: badPora}))

	mallory := c.Accounts[1]
	c.refused(c.send(mallory, &flowtypes.MsgUpdateParams{Authority: mallory.Address.String(), Params: flow}), sdkerrors.ErrUnauthorized)
	c.refused(c.send(mallory, &poratypes.MsgUpdateParams{Authority: mallory.Address.String(), Params: pora}), sdkerrors.ErrUnauthorized)
	require.Equal(t, flow, c.flowState().Params)
	require.Equal(t, pora, c.poraState().Params)
}

// requireAllDiffer fails when a parameter was forgotten.
func requireAllDiffer(t *testing.T, a, b any, but ...string) {
	t.Helper()
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if name := x.Type().Field(i).Name; !slices.Contains(but, name) {
			require.NotEqual(t, x.Field(i).Interface(), y.Field(i).Interface(), "parameter %s was not changed", name)
		}
	}
}

// TestPausingTheLogLeavesTheRestAlive pauses x/flow by vote: submissions and
// recharges stop; proofs are judged and paid, bank and EVM move coins.
// mission S15
func TestPausingTheLogLeavesTheRestAlive(t *testing.T) {
	c := newChain(t)
	alice, bob, carol := c.Accounts[0], c.Accounts[1], c.Accounts[2]
	data := new(library)
	entry := data.put(c, alice, 1, 512<<10, 1)
	m := newMiner(c, data, bob, carol.Address.String(), 1)

	params := c.flowState().Params
	params.Paused = true
	require.Equal(t, govv1.StatusPassed, c.decide(&flowtypes.MsgUpdateParams{Authority: app.Authority(), Params: params}))

	_, s := randomFile(c, 2, 1000)
	c.refused(c.send(alice, submission(c, alice, s, 1)), flowtypes.ErrPaused)
	c.refused(c.send(alice, &flowtypes.MsgRecharge{Sender: alice.Address.String(), TxSeq: entry.TxSeq, Amount: entry.Endowment}), flowtypes.ErrPaused)

	job := m.waitOpen(0)
	answer := m.find(job, nil)
	due := c.accruedAt(answer.RecallSector/layout.SectorsPerLoad, 1)
	had := c.Balance(carol.Address)
	results := c.block(
		c.Sign(bob, proof(bob, answer)),
		c.Sign(alice, banktypes.NewMsgSend(alice.Address, carol.Address, azg(zg(1)))),
		c.transfer(alice, carol, zg(2)),
	).TxResults
	for _, result := range results {
		c.accepted(result, nil)
	}
	require.True(t, due.IsPositive())
	require.Equal(t, had.Add(due).Add(zg(3)), c.Balance(carol.Address))

	params.Paused = false
	require.Equal(t, govv1.StatusPassed, c.decide(&flowtypes.MsgUpdateParams{Authority: app.Authority(), Params: params}))
	c.accepted(c.send(alice, submission(c, alice, s, 1)), nil)
}
