package integration_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	sdkmath "cosmossdk.io/math"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// Signatures of the four ways to submit.
const (
	submitOld = "submit((uint256,bytes,(bytes32,uint256)[]))"
	submitNew = "submit(((uint256,bytes,(bytes32,uint256)[]),address))"
	batchOld  = "batchSubmit((uint256,bytes,(bytes32,uint256)[])[])"
	batchNew  = "batchSubmit(((uint256,bytes,(bytes32,uint256)[]),address)[])"
)

var (
	flowAt   = common.HexToAddress(app.PrecompileFlow)
	marketAt = common.HexToAddress(app.PrecompileMarket)
	flowABI  = mustParseABI(flowprecompile.FlowABI)
	market   = mustParseABI(flowprecompile.MarketABI)

	// ourContracts are all native contracts of our own.
	ourContracts = []common.Address{
		daAt, flowAt, marketAt, common.HexToAddress(app.PrecompilePora), common.HexToAddress(app.PrecompileReward), common.HexToAddress(app.PrecompileVerify),
	}
)

func mustParseABI(raw []byte) abi.ABI {
	parsed, err := abi.JSON(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	return parsed
}

// method finds a function by its signature: names are overloaded.
func method(t testing.TB, api abi.ABI, signature string) abi.Method {
	t.Helper()
	for _, m := range api.Methods {
		if m.Sig == signature {
			return m
		}
	}
	t.Fatalf("the ABI has no %s", signature)
	return abi.Method{}
}

// calldata is a call of a function.
func calldata(t testing.TB, api abi.ABI, signature string, args ...any) []byte {
	t.Helper()
	m := method(t, api, signature)
	packed, err := m.Inputs.Pack(args...)
	require.NoError(t, err)
	return append(bytes.Clone(m.ID), packed...)
}

// submissionOf puts a submission into the types of the ABI.
func submissionOf(s flowtypes.Submission) flowprecompile.SubmissionData {
	data := flowprecompile.SubmissionData{Length: new(big.Int).SetUint64(s.SizeBytes), Tags: s.Tags}
	if data.Tags == nil {
		data.Tags = []byte{}
	}
	for _, node := range s.Nodes {
		data.Nodes = append(data.Nodes, flowprecompile.SubmissionNode{Root: [32]byte(node.Root), Height: big.NewInt(int64(node.Height))})
	}
	return data
}

// receipt is what an Ethereum transaction did.
type receipt struct {
	*evmtypes.MsgEthereumTxResponse
	Result *abci.ExecTxResult
}

// eth delivers one call in a block of its own and requires that it entered it.
func (c *chain) eth(from apptest.Account, call apptest.EthCall) receipt {
	c.tb.Helper()
	return c.receipt(c.block(c.SignEth(from, call)).TxResults[0])
}

func (c *chain) receipt(result *abci.ExecTxResult) receipt {
	c.tb.Helper()
	require.Zero(c.tb, result.Code, result.Log)
	response, err := evmtypes.DecodeTxResponse(result.Data)
	require.NoError(c.tb, err)
	return receipt{response, result}
}

// mustEth is eth for what must succeed.
func (c *chain) mustEth(from apptest.Account, call apptest.EthCall) receipt {
	c.tb.Helper()
	r := c.eth(from, call)
	require.Empty(c.tb, r.VmError, "%s", reason(r.Ret))
	return r
}

// reason reads the data of a revert.
func reason(data []byte) string {
	if text, err := abi.UnpackRevert(data); err == nil {
		return text
	}
	for _, e := range flowABI.Errors {
		if len(data) >= 4 && bytes.Equal(data[:4], e.ID[:4]) {
			return e.Name
		}
	}
	return common.Bytes2Hex(data)
}

// view asks a contract without a transaction.
func (c *chain) view(api abi.ABI, to common.Address, signature string, args ...any) []any {
	c.tb.Helper()
	out, failure := c.ethCall(common.Address{}, to, nil, calldata(c.tb, api, signature, args...))
	require.Empty(c.tb, failure, "%s: %s", signature, reason(out))
	values, err := method(c.tb, api, signature).Outputs.Unpack(out)
	require.NoError(c.tb, err, signature)
	return values
}

// ethCall is eth_call as the JSON-RPC server makes it.
func (c *chain) ethCall(from, to common.Address, value *big.Int, data []byte, overrides ...string) (out []byte, failure string) {
	c.tb.Helper()
	response, err := c.tryCall(from, to, value, data, overrides...)
	require.NoError(c.tb, err)
	return response.Ret, response.VmError
}

func (c *chain) tryCall(from, to common.Address, value *big.Int, data []byte, overrides ...string) (*evmtypes.MsgEthereumTxResponse, error) {
	call := map[string]any{"from": from, "to": to, "input": "0x" + common.Bytes2Hex(data)}
	if value != nil {
		call["value"] = "0x" + value.Text(16)
	}
	args, err := json.Marshal(call)
	if err != nil {
		return nil, err
	}
	request := &evmtypes.EthCallRequest{Args: args, GasCap: 25_000_000, ChainId: int64(c.App.EVMChainID)}
	if len(overrides) > 0 {
		request.Overrides = []byte(overrides[0])
	}
	return c.App.EVMKeeper.EthCall(c.Ctx(), request)
}

// fixture is a compiled contract of testdata.
type fixture struct {
	ABI abi.ABI
	Bin []byte
}

// fixtures reads the contracts of one Solidity file (scripts/solc.sh).
func fixtures(t testing.TB, file string) map[string]fixture {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file + ".json")
	require.NoError(t, err)
	var compiled map[string]struct {
		ABI json.RawMessage `json:"abi"`
		Bin string          `json:"bin"`
	}
	require.NoError(t, json.Unmarshal(raw, &compiled))
	all := map[string]fixture{}
	for name, c := range compiled {
		all[name] = fixture{mustParseABI(c.ABI), common.FromHex(c.Bin)}
	}
	return all
}

// deploy creates a contract and returns where it lies.
func (c *chain) deploy(from apptest.Account, f fixture, value *big.Int, args ...any) common.Address {
	c.tb.Helper()
	packed, err := f.ABI.Pack("", args...)
	require.NoError(c.tb, err)
	nonce := c.App.EVMKeeper.GetNonce(c.Ctx(), from.EVM)
	c.mustEth(from, apptest.EthCall{Value: value, Data: append(bytes.Clone(f.Bin), packed...), GasLimit: 10_000_000})
	return crypto.CreateAddress(from.EVM, nonce)
}

// price is the floor of one sector.
func (c *chain) price() sdkmath.Int {
	c.tb.Helper()
	params, err := c.App.FlowKeeper.Params.Get(c.Ctx())
	require.NoError(c.tb, err)
	return params.PriceFloor
}

// entries is how many entries the flow has.
func (c *chain) entries() uint64 {
	c.tb.Helper()
	flow, err := c.App.FlowKeeper.Flow(c.Ctx(), flowtypes.MainFlowID)
	require.NoError(c.tb, err)
	return flow.NextTxSeq - 1
}

// balanceOf is the azg of an address of the EVM, by the bank.
func (c *chain) balanceOf(address common.Address) sdkmath.Int {
	return c.Balance(sdk.AccAddress(address.Bytes()))
}

// apptestFee is what gas costs: the test's base fee stays at its floor.
func apptestFee(gas uint64) sdkmath.Int {
	return sdkmath.NewIntFromUint64(gas).MulRaw(app.MinGasPrice + 1)
}
