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
	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const votingSeconds = 20

// chain is the app of apptest with block hashes that depend on the height alone:
// two chains then open the same mining contexts, and one's blocks fit the other.
// It is a grpc.ClientConn for query clients.
type chain struct {
	*apptest.Chain
	tb      testing.TB
	appHash []byte
}

// newChain has short epochs and periods, one reward window per load, quick
// votes, and a difficulty that about every nonce meets.
func newChain(tb testing.TB, change ...apptest.Mutator) *chain {
	tb.Helper()
	return newChainWith(tb, apptest.Options{}, change...)
}

func newChainWith(tb testing.TB, o apptest.Options, change ...apptest.Mutator) *chain {
	tb.Helper()
	o.Genesis = append(append([]apptest.Mutator{
		flowGenesis(func(g *flowtypes.GenesisState) {
			g.Params.PeriodSeconds, g.Params.MinRechargeSeconds, g.Params.RechargeGraceSeconds = 1000, 1, 500
			g.Params.BlocksPerEpoch, g.PayoutWindowLoads = 5, 1
		}),
		poraGenesis(func(g *poratypes.GenesisState) {
			target := poratypes.TargetOf(32)
			g.Target, g.Params.TargetBlocks = target[:], 2
		}),
		apptest.Mutate(govtypes.ModuleName, func(g *govv1.GenesisState) {
			voting, expedited := votingSeconds*time.Second, votingSeconds/2*time.Second
			g.Params.VotingPeriod, g.Params.ExpeditedVotingPeriod = &voting, &expedited
		}),
	}, change...), o.Genesis...)
	o.AppOptions = home(tb, o.AppOptions)
	return &chain{Chain: apptest.New(tb, o), tb: tb}
}

// home gives a chain a directory of its own for the little that does not go into
// its database.
func home(tb testing.TB, options map[string]any) map[string]any {
	tb.Helper()
	if options == nil {
		options = map[string]any{}
	}
	options["home"] = tb.TempDir()
	return options
}

func flowGenesis(change func(*flowtypes.GenesisState)) apptest.Mutator {
	return apptest.Mutate(flowtypes.ModuleName, change)
}

func poraGenesis(change func(*poratypes.GenesisState)) apptest.Mutator {
	return apptest.Mutate(poratypes.ModuleName, change)
}

// block delivers transactions in one block, a second later, and commits it.
func (c *chain) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.tb.Helper()
	return c.blockAfter(time.Second, txs...)
}

// blockAfter is block with another distance in time to the block before.
func (c *chain) blockAfter(elapsed time.Duration, txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.tb.Helper()
	defer c.ResetSequences()
	return c.deliver(elapsed, txs)
}

// deliver is blockAfter for a chain with a pool: what was signed and not delivered
// waits there, and keeps its sequence.
func (c *chain) deliver(elapsed time.Duration, txs [][]byte) *abci.ResponseFinalizeBlock {
	c.tb.Helper()
	validator := ed25519.GenPrivKeyFromSecret([]byte("apptest validator")).PubKey().Address()
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("block"), uint64(c.Height+1)))
	first := c.BeaconTx()
	if first != nil {
		txs = append([][]byte{first}, txs...)
	}
	response, err := c.App.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: c.Height + 1, Time: c.Time.Add(elapsed), Hash: hash[:], Txs: txs, ProposerAddress: validator,
		DecidedLastCommit: abci.CommitInfo{Votes: []abci.VoteInfo{{
			Validator: abci.Validator{Address: validator, Power: 100}, BlockIdFlag: cmtproto.BlockIDFlagCommit,
		}}},
	})
	require.NoError(c.tb, err, "height %d", c.Height+1)
	_, err = c.App.Commit()
	require.NoError(c.tb, err, "height %d", c.Height+1)
	c.Height, c.Time, c.appHash = c.Height+1, c.Time.Add(elapsed), response.AppHash
	if first != nil {
		response.TxResults = response.TxResults[1:] // the beacon's is not the test's
	}
	return response
}

// Invoke answers a query through ABCI, as a node does.
func (c *chain) Invoke(ctx context.Context, method string, request, reply any, _ ...grpc.CallOption) error {
	raw, err := gogoproto.Marshal(request.(gogoproto.Message))
	if err != nil {
		return err
	}
	response, err := c.App.Query(ctx, &abci.RequestQuery{Path: method, Data: raw})
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

// state exports one module, as `zgd export` writes it.
func (c *chain) state(module string) []byte {
	c.tb.Helper()
	state, err := c.App.ModuleManager.ExportGenesisForModules(c.Ctx(), c.App.AppCodec(), []string{module})
	require.NoError(c.tb, err)
	return state[module]
}

func (c *chain) flowState() (g flowtypes.GenesisState) {
	c.tb.Helper()
	require.NoError(c.tb, c.App.AppCodec().UnmarshalJSON(c.state(flowtypes.ModuleName), &g))
	return g
}

func (c *chain) poraState() (g poratypes.GenesisState) {
	c.tb.Helper()
	require.NoError(c.tb, c.App.AppCodec().UnmarshalJSON(c.state(poratypes.ModuleName), &g))
	return g
}

// send delivers messages of one account in a block of their own.
func (c *chain) send(a apptest.Account, msgs ...sdk.Msg) *abci.ExecTxResult {
	c.tb.Helper()
	return c.block(c.Sign(a, msgs...)).TxResults[0]
}

// mustSend is send for what must be accepted; it fills in the message's response.
func (c *chain) mustSend(a apptest.Account, msg sdk.Msg, response gogoproto.Message) {
	c.tb.Helper()
	c.accepted(c.send(a, msg), response)
}

// accepted requires success and decodes the response of the only message.
func (c *chain) accepted(result *abci.ExecTxResult, response gogoproto.Message) {
	c.tb.Helper()
	require.Zero(c.tb, result.Code, result.Log)
	if response == nil {
		return
	}
	var data sdk.TxMsgData
	require.NoError(c.tb, gogoproto.Unmarshal(result.Data, &data))
	require.NoError(c.tb, gogoproto.Unmarshal(data.MsgResponses[0].Value, response))
}

// refused requires the failure of a sentinel error.
func (c *chain) refused(result *abci.ExecTxResult, want interface {
	Codespace() string
	ABCICode() uint32
}) {
	c.tb.Helper()
	require.Equal(c.tb, want.Codespace(), result.Codespace, result.Log)
	require.Equal(c.tb, want.ABCICode(), result.Code, result.Log)
}

// transfer is an Ethereum transaction that sends azg.
func (c *chain) transfer(from, to apptest.Account, amount sdkmath.Int) []byte {
	c.tb.Helper()
	call := apptest.Call(to.EVM, amount.BigInt(), nil)
	call.GasLimit = 21_000
	return c.SignEth(from, call)
}

// fee is what a native transaction pays whatever gas it uses.
func fee() sdkmath.Int { return sdkmath.NewInt(apptest.GasPrice).MulRaw(apptest.DefaultGasLimit) }

// zg is an amount of whole zg in azg.
func zg(whole int64) sdkmath.Int { return sdkmath.NewInt(whole).MulRaw(1e18) }

func azg(amount sdkmath.Int) sdk.Coins { return sdk.NewCoins(sdk.NewCoin(app.BaseDenom, amount)) }
