package app_test

import (
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
)

func TestChainBootsAndProducesBlocks(t *testing.T) {
	chain := apptest.New(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	before := chain.Balance(bob.Address)

	chain.SignAndDeliver(alice, send(alice, bob, 5))
	chain.EthAndDeliver(alice, apptest.Call(bob.EVM, wei(7), nil))
	require.Equal(t, before.AddRaw(12), chain.Balance(bob.Address), "a native and an Ethereum transfer arrive")

	block := chain.Skip(20)
	require.Equal(t, chain.App.LastBlockHeight(), block.Height)
	supply := chain.App.BankKeeper.GetSupply(chain.Ctx(), app.BaseDenom).Amount
	require.True(t, supply.GT(before), "mint runs")
}

func TestChainGoesOnAfterRestart(t *testing.T) {
	chain := apptest.New(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	chain.EthAndDeliver(alice, apptest.Create(counterCode))
	chain.Reopen()
	chain.SignAndDeliver(alice, send(alice, bob, 1))
	result := chain.EthAndDeliver(bob, apptest.Call(counterAddress(alice, 0), nil, nil))
	response, err := evmtypes.DecodeTxResponse(result.Data)
	require.NoError(t, err)
	require.Len(t, response.Logs, 1)
}

func TestEachBadTransactionFailsAlone(t *testing.T) {
	chain := apptest.New(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	cheap := chain.SignWith(alice, apptest.TxOptions{Fee: azg(1)}, send(alice, bob, 1))
	chain.ResetSequences()
	block := chain.Deliver([]byte("not a transaction"), cheap, chain.Sign(alice, send(alice, bob, 1)))
	require.NotZero(t, block.Txs[0].Code, "bytes that do not decode")
	require.NotZero(t, block.Txs[1].Code, "a fee below the floor")
	require.Zero(t, block.Txs[2].Code, "its neighbour")
}

func TestValueToModuleAccountFailsAndTheBlockStands(t *testing.T) {
	chain := apptest.New(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	flow := apptest.Account{Name: "flow", Address: chain.App.AccountKeeper.GetModuleAddress("flow")}
	copy(flow.EVM[:], flow.Address)
	before := chain.ModuleBalance("flow")

	block := chain.Deliver(
		chain.SignEth(alice, apptest.Call(flow.EVM, wei(9), nil)),
		chain.Sign(bob, send(bob, alice, 1)),
	)
	require.NotZero(t, block.Txs[0].Code, "an Ethereum transfer to a module account fails at commit")
	require.Zero(t, block.Txs[1].Code)
	require.NotZero(t, chain.SignAndTry(bob, send(bob, flow, 9)).Code, "a bank transfer to it is refused")
	require.Equal(t, before, chain.ModuleBalance("flow"))
	chain.SignAndDeliver(bob, chain.Submit(bob, []byte("some data"), nil))
	require.True(t, chain.ModuleBalance("flow").GT(before), "the module itself can still take coins")
}

// What answers in a new chain, and the code that Solidity wants to see there.
func TestContractsOfANewChainArePinned(t *testing.T) {
	chain := apptest.New(t)
	require.Equal(t, []string{
		evmtypes.P256PrecompileAddress, evmtypes.Bech32PrecompileAddress,
		evmtypes.StakingPrecompileAddress, evmtypes.DistributionPrecompileAddress, evmtypes.BankPrecompileAddress,
		app.PrecompileDASigners,
		app.PrecompileFlow, app.PrecompileMarket, app.PrecompilePora, app.PrecompileReward, app.PrecompileVerify,
	}, chain.App.EVMKeeper.GetParams(chain.Ctx()).ActiveStaticPrecompiles)
	for _, address := range []string{app.PrecompileDASigners, app.PrecompileFlow, app.PrecompileMarket, app.PrecompilePora, app.PrecompileReward, app.PrecompileVerify} {
		hash := chain.App.EVMKeeper.GetCodeHash(chain.Ctx(), common.HexToAddress(address))
		require.Equal(t, []byte{0xfe}, chain.App.EVMKeeper.GetCode(chain.Ctx(), hash), address)
	}
}

func TestLogsAreNumberedOverTheBlock(t *testing.T) {
	for _, executor := range []string{"sequential", "block-stm"} {
		t.Run(executor, func(t *testing.T) {
			chain := apptest.New(t, apptest.Options{AppOptions: map[string]any{"block-executor": executor}})
			alice, bob := chain.Accounts[0], chain.Accounts[1]
			chain.EthAndDeliver(alice, apptest.Create(counterCode))
			counter := counterAddress(alice, 0)
			block := chain.Deliver(
				chain.SignEth(alice, apptest.Call(counter, nil, nil)),
				chain.Sign(chain.Accounts[2], send(bob, alice, 1)), // signed by another: fails
				chain.SignEth(bob, apptest.Call(counter, nil, nil)),
			)
			for i, want := range map[int]uint64{0: 0, 2: 1} {
				response, err := evmtypes.DecodeTxResponse(block.Txs[i].Data)
				require.NoError(t, err)
				require.Len(t, response.Logs, 1)
				require.Equal(t, want, response.Logs[0].Index)
				require.Equal(t, want, response.Logs[0].TxIndex)
			}
		})
	}
}

func TestProposalBeyondTheGasBoundIsRefused(t *testing.T) {
	chain := apptest.New(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	wants := func(gas ...uint64) [][]byte {
		defer chain.ResetSequences()
		var txs [][]byte
		for _, g := range gas {
			txs = append(txs, chain.SignWith(alice, apptest.TxOptions{GasLimit: g}, send(alice, bob, 1)))
		}
		return txs
	}
	for _, c := range []struct {
		name string
		txs  [][]byte
		want abci.ResponseProcessProposal_ProposalStatus
	}{
		{"at the bound", wants(app.BlockMaxGas-1, 1), abci.ResponseProcessProposal_ACCEPT},
		{"one gas past it", wants(app.BlockMaxGas, 1), abci.ResponseProcessProposal_REJECT},
		{"a sum that wraps around", wants(1, 1<<64-1), abci.ResponseProcessProposal_REJECT},
		{"bytes that are no transaction", [][]byte{{1}}, abci.ResponseProcessProposal_REJECT},
	} {
		response, err := chain.App.ProcessProposal(&abci.RequestProcessProposal{
			Height: chain.Height + 1, Time: chain.Time, Hash: []byte(c.name), ProposerAddress: apptest.ConsensusAddress(),
			Txs: append([][]byte{chain.BeaconTx()}, c.txs...),
		})
		require.NoError(t, err)
		require.Equal(t, c.want, response.Status, c.name)
	}
}

// C-row of trust.md: a wrong EVM chain id must not fork a node silently.
func TestWrongChainIDsAreRefused(t *testing.T) {
	open := func(chainID string, evmChainID uint64) error {
		_, err := app.New(app.Options{Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: chainID,
			AppOptions: options{"evm.evm-chain-id": evmChainID, "mempool.max-txs": -1}})
		return err
	}
	require.NoError(t, open("zg-devnet-1", 0))
	require.NoError(t, open("zg-devnet-1", 7260001))
	require.ErrorIs(t, open("zg-devnet-1", 7260002), app.ErrEVMChainIDMismatch)
	require.ErrorIs(t, open("zg-devnet-1", 262144), app.ErrEVMChainIDMismatch)
	require.ErrorIs(t, open("zg-devnet-2", 0), app.ErrEVMChainIDMismatch, "a second EVM chain in one process")
	require.ErrorIs(t, open("osmosis-1", 0), app.ErrUnknownChainID)
	require.ErrorIs(t, open("", 0), app.ErrUnknownChainID)
}

func TestUnknownExecutorIsRefused(t *testing.T) {
	_, err := app.New(app.Options{Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: apptest.ChainID,
		AppOptions: options{"block-executor": "parallel", "mempool.max-txs": -1}})
	require.ErrorContains(t, err, `block-executor is "parallel"`)
}

type options map[string]any

func (o options) Get(key string) any { return o[key] }

func TestEVMChainIDTable(t *testing.T) {
	for chainID, want := range map[string]uint64{
		"zg-1": 7240001, "zg-testnet-1": 7250001, "zg-devnet-1": 7260001, "zg-devnet-9999": 7269999, "zg-ibctest-3": 7259999,
	} {
		got, err := app.EVMChainID(chainID)
		require.NoError(t, err, chainID)
		require.Equal(t, want, got, chainID)
	}
	for _, chainID := range []string{
		"", "zg", "zg-2", "zg-1 ", "ZG-1", "zg-devnet-", "zg-devnet-0", "zg-devnet-01", "zg-devnet-+1", "zg-devnet-10000",
		"zg-devnet--1", "zg-devnet-1-1", "zg-devnet-18446744073709551617", "xzg-devnet-1",
	} {
		_, err := app.EVMChainID(chainID)
		require.True(t, errors.Is(err, app.ErrUnknownChainID), "%q", chainID)
	}
}
