package integration_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/stretchr/testify/require"

	evmante "github.com/cosmos/evm/x/vm/ante"
	"github.com/cosmos/evm/x/vm/statedb"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/layout"
	poraprecompile "github.com/zgd-network/zgd/x/pora/precompile"
	"github.com/zgd-network/zgd/x/pora/precompile/verify"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const (
	submitProof = "submitProof((bytes32,bytes32,bytes32,uint64,bytes32,bytes,bytes32[]))"
	mineSubmit  = "submit((bytes32,bytes32,bytes32,(uint256,uint256,uint64,uint64),uint256,uint256,bytes32,bytes32[128],bytes32[]))"
	claimRange  = "claimRange(bytes32,uint64,uint32,uint32)"
)

var (
	poraAt    = common.HexToAddress(app.PrecompilePora)
	rewardAt  = common.HexToAddress(app.PrecompileReward)
	verifyAt  = common.HexToAddress(app.PrecompileVerify)
	poraABI   = mustParseABI(poraprecompile.PoraABI)
	rewardABI = mustParseABI(poraprecompile.RewardABI)
	verifyABI = mustParseABI(verify.ABI)
)

// typedReason is the custom error of a revert and its text.
func typedReason(api abi.ABI, data []byte) (name, text string) {
	for _, e := range api.Errors {
		if len(data) < 4 || !bytes.Equal(data[:4], e.ID[:4]) {
			continue
		}
		if values, err := e.Inputs.Unpack(data[4:]); err == nil && len(values) == 1 {
			text, _ = values[0].(string)
		}
		return e.Name, text
	}
	return "", reason(data)
}

// refusedAs requires a revert with a custom error.
func (c *chain) refusedAs(r receipt, name string) {
	c.tb.Helper()
	require.NotEmpty(c.tb, r.VmError)
	got, text := typedReason(poraABI, r.Ret)
	require.Equal(c.tb, name, got, text)
	require.NotEmpty(c.tb, text)
	require.Empty(c.tb, r.Logs)
}

// pora calls the contract.
func (c *chain) callPora(from apptest.Account, signature string, args ...any) receipt {
	c.tb.Helper()
	return c.eth(from, apptest.Call(poraAt, nil, calldata(c.tb, poraABI, signature, args...)))
}

// newEVMMiner is newMiner by Ethereum transactions.
func newEVMMiner(c *chain, l *library, owner apptest.Account, beneficiary common.Address, seed uint64) *miner {
	c.tb.Helper()
	r := c.callPora(owner, "registerMiner(address,uint64)", beneficiary, seed)
	require.Empty(c.tb, r.VmError, reason(r.Ret))
	id := common.BytesToHash(r.Ret)
	claimed := c.callPora(owner, claimRange, [32]byte(id), uint64(0), uint32(1), uint32(0))
	require.Empty(c.tb, claimed.VmError, reason(claimed.Ret))
	return &miner{library: l, chain: c, owner: owner, id: id[:]}
}

// answerOf puts an answer into the types of the ABI.
func answerOf(a poratypes.PoraAnswer) poraprecompile.Answer {
	return poraprecompile.Answer{
		MinerId: [32]byte(a.MinerId), ContextDigest: [32]byte(a.ContextDigest), Nonce: [32]byte(a.Nonce), RecallSector: a.RecallSector,
		SealContextDigest: [32]byte(a.SealContextDigest), SealedPiece: a.SealedPiece, Proof: hashes(a.Proof),
	}
}

// mineAnswerOf puts it into 0G's words.
func mineAnswerOf(a poratypes.PoraAnswer, job *poratypes.QueryWorkResponse) poraprecompile.MineAnswer {
	m := poraprecompile.MineAnswer{
		ContextDigest: [32]byte(a.ContextDigest), Nonce: [32]byte(a.Nonce), MinerId: [32]byte(a.MinerId),
		Range: poraprecompile.MineRange{
			StartPosition: new(big.Int).SetUint64(job.StartLoad * layout.SectorsPerLoad),
			MineLength:    new(big.Int).SetUint64(job.LengthLoads * layout.SectorsPerLoad),
			ShardId:       uint64(job.ShardId), ShardMask: ^(uint64(job.NumShard) - 1),
		},
		RecallPosition:      new(big.Int).SetUint64(a.RecallSector),
		SealOffset:          new(big.Int).SetUint64(a.RecallSector % layout.SectorsPerLoad / layout.SectorsPerSeal),
		SealedContextDigest: [32]byte(a.SealContextDigest), MerkleProof: hashes(a.Proof),
	}
	for i := range m.SealedData {
		m.SealedData[i] = [32]byte(a.SealedPiece[32*i:])
	}
	return m
}

func hashes(list [][]byte) [][32]byte {
	out := make([][32]byte, len(list))
	for i := range list {
		out[i] = [32]byte(list[i])
	}
	return out
}

// apply runs a call with exactly so much gas on a copy of the state, which it
// returns as the call left it.
func (c *chain) apply(from, to common.Address, gas uint64, data []byte) (sdk.Context, *evmtypes.MsgEthereumTxResponse) {
	c.tb.Helper()
	return c.applyIn(c.Ctx(), from, to, gas, data)
}

// applyIn is apply on a copy of the state that a test has changed.
func (c *chain) applyIn(changed sdk.Context, from, to common.Address, gas uint64, data []byte) (sdk.Context, *evmtypes.MsgEthereumTxResponse) {
	c.tb.Helper()
	ctx := evmante.BuildEvmExecutionCtx(changed)
	zero := new(big.Int)
	state := statedb.New(ctx, c.App.EVMKeeper, statedb.NewEmptyTxConfig())
	response, err := c.App.EVMKeeper.ApplyMessage(ctx, state, core.Message{
		From: from, To: &to, Nonce: c.App.EVMKeeper.GetNonce(ctx, from), Value: zero, GasLimit: gas,
		GasPrice: zero, GasTipCap: zero, GasFeeCap: zero, Data: data,
	}, nil, true, false, true)
	require.NoError(c.tb, err)
	return ctx, response
}

// unpack converts the only result of a view.
func unpack[T any](values []any) T {
	return *abi.ConvertType(values[0], new(T)).(*T)
}

// compiledOf reads contracts that a package embeds.
func compiledOf(t testing.TB, raw []byte, name string) fixture {
	t.Helper()
	var all map[string]struct {
		ABI json.RawMessage `json:"abi"`
		Bin string          `json:"bin"`
	}
	require.NoError(t, json.Unmarshal(raw, &all))
	return fixture{mustParseABI(all[name].ABI), common.FromHex(all[name].Bin)}
}
