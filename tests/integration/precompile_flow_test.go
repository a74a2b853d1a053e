package integration_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/stretchr/testify/require"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/merkle"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// submitLog decodes a Submit log as clients do.
func submitLog(t *testing.T, log *evmtypes.Log) (sender common.Address, identity [32]byte, index, start, sectors uint64, data flowprecompile.SubmissionData) {
	t.Helper()
	require.Equal(t, flowAt.Hex(), log.Address)
	require.Equal(t, "0x167ce04d2aa1981994d3a31695da0d785373335b1078cec239a1a3a2c7675555", log.Topics[0])
	require.Len(t, log.Topics, 3)
	values, err := flowABI.Events["Submit"].Inputs.NonIndexed().Unpack(log.Data)
	require.NoError(t, err)
	return common.HexToAddress(log.Topics[1]), common.HexToHash(log.Topics[2]),
		values[0].(*big.Int).Uint64(), values[1].(*big.Int).Uint64(), values[2].(*big.Int).Uint64(),
		values[3].(flowprecompile.SubmissionData)
}

// mission E06
func TestSubmitByAnEthereumTransactionIsTheSameEntryAsByAMessage(t *testing.T) {
	c := newChain(t)
	alice, bob := c.Accounts[0], c.Accounts[1]
	s := c.Submission(make([]byte, 1000), []byte("tag"))
	value := c.price().MulRaw(4)
	before := c.Balance(alice.Address)

	r := c.mustEth(alice, apptest.Call(flowAt, value.BigInt(), calldata(t, flowABI, submitOld, submissionOf(s))))
	out, err := method(t, flowABI, submitOld).Outputs.Unpack(r.Ret)
	require.NoError(t, err)
	require.Len(t, r.Logs, 1)
	sender, identity, index, start, sectors, data := submitLog(t, r.Logs[0])
	require.Equal(t, alice.EVM, sender)
	nodes, err := s.MerkleNodes()
	require.NoError(t, err)
	require.Equal(t, [32]byte(merkle.Identity(nodes)), identity)
	require.Equal(t, []any{big.NewInt(1), identity, big.NewInt(4), big.NewInt(4)}, out)
	require.Equal(t, []uint64{1, 4, 4}, []uint64{index, start, sectors})
	require.Equal(t, submissionOf(s), data, "the submission is repeated as it came")
	fee := apptestFee(r.GasUsed)
	require.Equal(t, before.Sub(value).Sub(fee), c.Balance(alice.Address))

	c.mustSend(bob, &flowtypes.MsgSubmit{Sender: bob.Address.String(), Submitter: alice.Address.String(), Submission: s, Endowment: value}, nil)
	first, err := c.App.FlowKeeper.Entry(c.Ctx(), 0, 1)
	require.NoError(t, err)
	second, err := c.App.FlowKeeper.Entry(c.Ctx(), 0, 2)
	require.NoError(t, err)
	require.Equal(t, first.Payer, alice.Address.String())
	second.TxSeq, second.StartSector, second.FlowRoot, second.Height = first.TxSeq, first.StartSector, first.FlowRoot, first.Height
	second.Payer, second.Intervals = first.Payer, first.Intervals
	require.Equal(t, first, second)
	c.requireModuleAccounts()
}

func TestSubmissionsForOthersAndBatches(t *testing.T) {
	c := newChain(t)
	alice, carol := c.Accounts[0], c.Accounts[2]
	price := c.price()
	small, large := submissionOf(c.Submission(make([]byte, 100), nil)), submissionOf(c.Submission(make([]byte, 256*20), []byte{7}))

	r := c.mustEth(alice, apptest.Call(flowAt, price.BigInt(), calldata(t, flowABI, submitNew, flowprecompile.Submission{Data: small, Submitter: carol.EVM})))
	sender, _, _, _, _, _ := submitLog(t, r.Logs[0])
	require.Equal(t, carol.EVM, sender, "the new ABI names the submitter")
	entry, err := c.App.FlowKeeper.Entry(c.Ctx(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, []string{carol.Address.String(), alice.Address.String()}, []string{entry.Submitter, entry.Payer})

	before := c.Balance(alice.Address)
	value := price.MulRaw(22 + 3).AddRaw(5) // sectors 1 + 20 + 1; the price rises, 5 stay
	r = c.mustEth(alice, apptest.Call(flowAt, value.BigInt(), calldata(t, flowABI, batchOld, []flowprecompile.SubmissionData{small, large, small})))
	require.Len(t, r.Logs, 3)
	for i, want := range [][2]uint64{{2, 1}, {3, 20}, {4, 1}} {
		_, _, index, _, sectors, _ := submitLog(t, r.Logs[i])
		require.Equal(t, want, [2]uint64{index, sectors}, "one log a submission, in order")
	}
	unit := value.QuoRaw(22)
	require.Equal(t, before.Sub(unit.MulRaw(22)).Sub(apptestFee(r.GasUsed)), c.Balance(alice.Address), "the remainder of the division stays")
	for seq := uint64(2); seq < 5; seq++ {
		entry, err := c.App.FlowKeeper.Entry(c.Ctx(), 0, seq)
		require.NoError(t, err)
		require.Equal(t, unit, entry.UnitPrice)
	}

	items := []flowprecompile.Submission{{Data: small, Submitter: carol.EVM}, {Data: large, Submitter: alice.EVM}}
	r = c.mustEth(alice, apptest.Call(flowAt, price.MulRaw(21).BigInt(), calldata(t, flowABI, batchNew, items)))
	out, err := method(t, flowABI, batchNew).Outputs.Unpack(r.Ret)
	require.NoError(t, err)
	require.Equal(t, []*big.Int{big.NewInt(5), big.NewInt(6)}, out[0])
	require.Equal(t, []*big.Int{big.NewInt(1), big.NewInt(20)}, out[3])
	c.requireModuleAccounts()
}

func TestCodeLiesAtEveryContract(t *testing.T) {
	c := newChain(t)
	for _, at := range ourContracts {
		require.Contains(t, c.App.EVMKeeper.GetParams(c.Ctx()).ActiveStaticPrecompiles, at.Hex())
		code, err := c.App.EVMKeeper.Code(c.Ctx(), &evmtypes.QueryCodeRequest{Address: at.Hex()})
		require.NoError(t, err)
		require.Equal(t, hexutil.MustDecode("0xfe"), code.Code, "eth_getCode of %s", at)
		require.False(t, c.App.BankKeeper.BlockedAddr(at.Bytes()), "payable")
	}
	require.Equal(t, app.PrecompileMarket, common.Address(c.view(flowABI, flowAt, "market()")[0].(common.Address)).Hex())
}
