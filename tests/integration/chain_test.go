package integration_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"cosmossdk.io/log/v2"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/zgd-network/zgd/app"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const (
	chainID      = "zg-devnet-1" // apps of one process share one EVM chain id
	evmChainID   = 7260001
	genesisTime  = 1_790_000_000 // Unix seconds
	blockSeconds = 1
)

// chain is the app with its clock. It is a grpc.ClientConn for query clients.
type chain struct {
	tb       testing.TB
	app      *app.App
	accounts []*account
	proposer []byte // consensus address of the one validator
	height   int64  // of the last committed block
	time     time.Time
	seed     uint64 // goes into block hashes
	appHash  []byte
}

// options are app.toml and flags: no mempool of the app's own, it would run in
// goroutines beside the blocks.
type options map[string]any

func (o options) Get(key string) any {
	if value, ok := o[key]; ok {
		return value
	}
	if key == "mempool.max-txs" {
		return -1
	}
	return nil
}

// newChain starts the app at height 1 with the given changes to genesis.
func newChain(tb testing.TB, accounts int, change ...func(*genesis)) *chain {
	tb.Helper()
	return newChainOn(tb, dbm.NewMemDB(), options{}, newGenesis(accounts, change...))
}

func newChainOn(tb testing.TB, db dbm.DB, o options, g *genesis) *chain {
	tb.Helper()
	c := openChain(tb, app.Options{DB: db, AppOptions: o})
	c.accounts, c.proposer, c.seed = g.freshAccounts(), g.validator.Address(), g.seed
	c.initialize(1, time.Unix(genesisTime, 0).UTC(), g.appState(tb, c.app), app.DefaultConsensusParams().ToProto())
	return c
}

// openChain builds the app and nothing more.
func openChain(tb testing.TB, o app.Options) *chain {
	tb.Helper()
	o.Logger, o.ChainID, o.LoadLatest = log.NewNopLogger(), chainID, true
	built, err := app.New(o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, built.Close()) })
	return &chain{tb: tb, app: built}
}

// initialize gives the app its genesis; the first block has height first.
func (c *chain) initialize(first int64, at time.Time, state []byte, params cmtproto.ConsensusParams) {
	c.tb.Helper()
	_, err := c.app.InitChain(&abci.RequestInitChain{
		ChainId: chainID, InitialHeight: first, Time: at, AppStateBytes: state, ConsensusParams: &params,
	})
	require.NoError(c.tb, err)
	c.height, c.time = first-1, at
	c.nextBlock() // queries answer from the first committed block on
}

// block delivers transactions in one block and commits it.
func (c *chain) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.tb.Helper()
	return c.blockAfter(blockSeconds*time.Second, txs...)
}

// blockAfter is block with another distance in time to the block before.
func (c *chain) blockAfter(elapsed time.Duration, txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.tb.Helper()
	c.height++
	c.time = c.time.Add(elapsed)
	response, err := c.app.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: c.height, Time: c.time, Hash: blockHash(c.seed, c.height), Txs: txs, ProposerAddress: c.proposer,
		DecidedLastCommit: abci.CommitInfo{Votes: []abci.VoteInfo{{
			Validator: abci.Validator{Address: c.proposer, Power: validatorStake}, BlockIdFlag: cmtproto.BlockIDFlagCommit,
		}}},
	})
	require.NoError(c.tb, err, "height %d", c.height)
	_, err = c.app.Commit()
	require.NoError(c.tb, err, "height %d", c.height)
	c.appHash = response.AppHash
	c.readSequences()
	return response
}

// nextBlock commits an empty block.
func (c *chain) nextBlock() { c.tb.Helper(); c.block() }

// blocks commits n empty blocks.
func (c *chain) blocks(n int) {
	c.tb.Helper()
	for range n {
		c.block()
	}
}

// blockHash stands for the hash of a block.
func blockHash(seed uint64, height int64) []byte {
	in := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, seed), uint64(height))
	sum := sha256.Sum256(in)
	return sum[:]
}

// ctx reads the committed state at the time of the last block.
func (c *chain) ctx() sdk.Context {
	return c.app.NewContextLegacy(true, cmtproto.Header{Height: c.height, ChainID: chainID, Time: c.time})
}

// Invoke answers a query through ABCI, as a node does.
func (c *chain) Invoke(ctx context.Context, method string, request, reply any, _ ...grpc.CallOption) error {
	raw, err := gogoproto.Marshal(request.(gogoproto.Message))
	if err != nil {
		return err
	}
	response, err := c.app.Query(ctx, &abci.RequestQuery{Path: method, Data: raw})
	if err != nil {
		return err
	}
	if response.Code != 0 {
		return fmt.Errorf("%s: code %d of %s: %s", method, response.Code, response.Codespace, response.Log)
	}
	return gogoproto.Unmarshal(response.Value, reply.(gogoproto.Message))
}

// NewStream belongs to grpc.ClientConn; no query here streams.
func (c *chain) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, fmt.Errorf("streams are not answered")
}

func (c *chain) flow() flowtypes.QueryClient { return flowtypes.NewQueryClient(c) }
func (c *chain) pora() poratypes.QueryClient { return poratypes.NewQueryClient(c) }

func (c *chain) balance(address sdk.AccAddress) sdkmath.Int {
	return c.app.BankKeeper.GetBalance(c.ctx(), address, app.BaseDenom).Amount
}

func (c *chain) moduleBalance(name string) sdkmath.Int {
	return c.balance(authtypes.NewModuleAddress(name))
}

// state exports one module, as `zgd export` writes it.
func (c *chain) state(module string) []byte {
	c.tb.Helper()
	state, err := c.app.ModuleManager.ExportGenesisForModules(c.ctx(), c.app.AppCodec(), []string{module})
	require.NoError(c.tb, err)
	return state[module]
}

func (c *chain) flowState() (g flowtypes.GenesisState) {
	c.tb.Helper()
	require.NoError(c.tb, c.app.AppCodec().UnmarshalJSON(c.state(flowtypes.ModuleName), &g))
	return g
}

func (c *chain) poraState() (g poratypes.GenesisState) {
	c.tb.Helper()
	require.NoError(c.tb, c.app.AppCodec().UnmarshalJSON(c.state(poratypes.ModuleName), &g))
	return g
}
