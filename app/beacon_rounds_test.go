package app_test

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/store/v2/snapshots"
	snapshottypes "github.com/cosmos/cosmos-sdk/store/v2/snapshots/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// block is what every node of a network is given at a height.
type block struct {
	height    int64
	time      time.Time
	by        []byte
	txs       [][]byte
	hash      []byte
	lastRound int32 // in which the block before was decided
}

func (b block) proposal() *abci.RequestProcessProposal {
	return &abci.RequestProcessProposal{
		Height: b.height, Time: b.time, Hash: b.hash, ProposerAddress: b.by, Txs: b.txs, ProposedLastCommit: abci.CommitInfo{Round: b.lastRound},
	}
}

func (b block) decided() *abci.RequestFinalizeBlock {
	return &abci.RequestFinalizeBlock{
		Height: b.height, Time: b.time, Hash: b.hash, ProposerAddress: b.by, Txs: b.txs, DecidedLastCommit: abci.CommitInfo{Round: b.lastRound},
	}
}

// outcome is what a node answers to a block.
type outcome struct {
	results []byte // last_results_hash of the next header
	app     []byte
}

func answer(response *abci.ResponseFinalizeBlock) outcome {
	return outcome{cmttypes.NewResults(response.TxResults).Hash(), response.AppHash}
}

func decide(t testing.TB, a *app.App, b block) outcome {
	t.Helper()
	response, err := a.FinalizeBlock(b.decided())
	require.NoError(t, err)
	_, err = a.Commit()
	require.NoError(t, err)
	return answer(response)
}

func propose(t testing.TB, a *app.App, b block) {
	t.Helper()
	response, err := a.ProcessProposal(b.proposal())
	require.NoError(t, err)
	require.Equal(t, accepted, response.Status)
}

// finalize delivers exactly these transactions.
func finalize(t testing.TB, chain *apptest.Chain, by []byte, txs [][]byte) *abci.ResponseFinalizeBlock {
	t.Helper()
	b := block{height: chain.Height + 1, time: chain.Time.Add(time.Second), by: by, txs: txs, hash: []byte("a block")}
	response, err := chain.App.FinalizeBlock(b.decided())
	require.NoError(t, err)
	_, err = chain.App.Commit()
	require.NoError(t, err)
	chain.Height, chain.Time = b.height, b.time
	chain.ResetSequences()
	return response
}

// deliverProposed makes a block as a network does: prepared, judged, decided.
func deliverProposed(t testing.TB, chain *apptest.Chain, txs ...[]byte) *abci.ResponseFinalizeBlock {
	t.Helper()
	response, err := chain.App.PrepareProposal(&abci.RequestPrepareProposal{
		Height: chain.Height + 1, Time: chain.Time.Add(time.Second), Txs: txs, MaxTxBytes: app.BlockMaxBytes, ProposerAddress: apptest.ConsensusAddress(),
	})
	require.NoError(t, err)
	require.Len(t, response.Txs, len(txs)+1)
	propose(t, chain.App, block{
		height: chain.Height + 1, time: chain.Time.Add(time.Second), by: apptest.ConsensusAddress(), txs: response.Txs, hash: []byte("a block"),
	})
	return finalize(t, chain, apptest.ConsensusAddress(), response.Txs)
}

var executors = map[string]map[string]any{
	"sequential": {"block-executor": "sequential"},
	"block-stm":  {"block-executor": "block-stm", "block-stm-workers": 4},
}

// Four nodes are given the same heights. One sees two rounds of each, with
// optimistic execution of the first, by another proposer; one is stopped between
// its vote and its commit, and one in the middle of the execution; one syncs
// blocks and never sees a proposal. All four reach the same state and the same
// results, whichever executor they run.
// mission D05 (rounds, restarts, sync); threat B19
func TestNodesAgreeHoweverABlockReachedThem(t *testing.T) {
	first, second, keyless := proposers(t)
	open := func(executor string) *apptest.Chain {
		return apptest.New(t, apptest.Options{AppOptions: executors[executor], Genesis: []apptest.Mutator{withSecond(t)}})
	}
	rounds, restarted, midway, synced := open("sequential"), open("block-stm"), open("sequential"), open("block-stm")
	by := []proposer{first, second, keyless}
	for i := range 12 {
		alice, bob := synced.Accounts[i%3], synced.Accounts[3+i%4]
		body := [][]byte{
			synced.Sign(alice, send(alice, bob, int64(i)+1)),
			synced.Sign(bob, synced.Submit(bob, []byte{byte(i)}, nil)),
		}
		lastRound := int32(min(i, 1)) // every block here is decided in its second round
		r := after(t, synced, lastRound)
		made := func(p proposer, round byte) block {
			raw := beacon.EncodeTx(p.sign(t, synced.Height+1, r))
			if string(p.address) == string(keyless.address) {
				raw = beacon.EncodeTx(nil)
			}
			return block{synced.Height + 1, synced.Time.Add(time.Second), p.address, append([][]byte{raw}, body...), []byte{byte(i), round}, lastRound}
		}
		lost, won := made(by[i%3], 0), made(by[(i+1)%3], 1)
		want := beacon.Mix(r, won.txs[0][len(beacon.EncodeTx(nil)):])

		propose(t, rounds.App, lost) // executed at once, and given up
		if i%2 == 0 {
			propose(t, rounds.App, won)
		}
		propose(t, restarted.App, won)
		restarted.Reopen()
		propose(t, midway.App, lost)
		response, err := midway.App.FinalizeBlock(won.decided())
		require.NoError(t, err)
		midway.Reopen() // before it commits: CometBFT gives it the block again
		outcomes := map[string]outcome{
			"two rounds": decide(t, rounds.App, won), "stopped after its vote": decide(t, restarted.App, won),
			"stopped before it committed": decide(t, midway.App, won), "cut-off execution": answer(response),
		}
		reference := decide(t, synced.App, won)
		for name, got := range outcomes {
			require.Equal(t, reference, got, "%s, height %d", name, won.height)
		}
		for _, chain := range []*apptest.Chain{rounds, restarted, midway, synced} {
			chain.Height, chain.Time = won.height, won.time
			chain.ResetSequences()
			require.Equal(t, want, value(t, chain), "height %d", won.height)
		}
	}
}

// after is the beacon that the next block builds on, when the last one was decided
// in a round.
func after(t testing.TB, chain *apptest.Chain, round int32) beacon.Value {
	t.Helper()
	v, err := chain.App.DASignersKeeper.BeaconAfter(chain.Ctx(), round)
	require.NoError(t, err)
	return v
}

// A block that needed a second round adds a constant, whoever signed it: its
// signature is valid when it is proposed, and taken back by the next block, which
// carries the round. mission D05 (rounds)
func TestABlockOfALaterRoundAddsNothing(t *testing.T) {
	chain := apptest.New(t, apptest.Options{Genesis: []apptest.Mutator{
		withSecond(t), apptest.Mutate(datypes.ModuleName, func(g *datypes.GenesisState) { g.Params.EpochBlocks = 5 }),
	}})
	chain.Skip(3) // epoch 1 begins with height 5, the next
	_, second, _ := proposers(t)
	state, err := chain.App.DASignersKeeper.Beacon.Get(chain.Ctx())
	require.NoError(t, err)
	settled := map[int32]beacon.Value{0: beacon.Value(state.Value), 1: beacon.Mix(beacon.Value(state.Previous), nil)}
	settled[2] = settled[1]
	next := func(on beacon.Value, lastRound int32) block {
		return block{
			height: 5, time: chain.Time.Add(time.Second), by: second.address, hash: []byte{byte(lastRound)}, lastRound: lastRound,
			txs: [][]byte{beacon.EncodeTx(second.sign(t, 5, on))},
		}
	}
	for round, r := range settled {
		propose(t, chain.App, next(r, round))
		response, err := chain.App.ProcessProposal(next(settled[1-min(round, 1)], round).proposal())
		require.NoError(t, err)
		require.Equal(t, refused, response.Status, "signed on what counts after another round than %d", round)
	}
	prepared, err := chain.App.PrepareProposal(&abci.RequestPrepareProposal{
		Height: 5, MaxTxBytes: 1 << 20, ProposerAddress: apptest.ConsensusAddress(), LocalLastCommit: abci.ExtendedCommitInfo{Round: 1},
	})
	require.NoError(t, err)
	first, _, _ := proposers(t)
	require.Equal(t, beacon.EncodeTx(first.sign(t, 5, settled[1])), prepared.Txs[0])

	won := next(settled[1], 1)
	decide(t, chain.App, won)
	chain.Height, chain.Time = won.height, won.time
	require.Equal(t, beacon.Mix(settled[1], second.sign(t, 5, settled[1])), value(t, chain))
	epoch, err := chain.App.DASignersKeeper.Epoch.Get(chain.Ctx())
	require.NoError(t, err)
	require.EqualValues(t, 1, epoch.Number)
	require.Equal(t, settled[1], beacon.Value(epoch.Seed), "the seed of an epoch is settled, too")
}

// The beacon's transaction takes no number: results of the others are those of a
// block without it, under both executors.
func TestTheBeaconMovesNothingInABlock(t *testing.T) {
	for name, options := range executors {
		t.Run(name, func(t *testing.T) {
			with, without := apptest.New(t, apptest.Options{AppOptions: options}), apptest.New(t, apptest.Options{AppOptions: options})
			alice, bob := with.Accounts[0], with.Accounts[1]
			txs := [][]byte{
				with.SignEth(alice, apptest.Create(counterCode)),
				with.SignEth(bob, apptest.Call(alice.EVM, wei(5), nil)),
				with.Sign(with.Validator, send(with.Validator, bob, 1)),
				with.SignEth(alice, apptest.Call(counterAddress(alice, 0), nil, nil)),
			}
			first := with.BeaconTx()
			got := finalize(t, with, apptest.ConsensusAddress(), append([][]byte{first}, txs...))
			want := finalize(t, without, apptest.ConsensusAddress(), txs)
			require.Len(t, got.TxResults, len(txs)+1)
			require.EqualValues(t, 2, got.TxResults[0].Code, "what an undecodable transaction gets")
			require.Equal(t, "sdk", got.TxResults[0].Codespace)
			require.Zero(t, got.TxResults[0].GasUsed+got.TxResults[0].GasWanted)
			require.Empty(t, got.TxResults[0].Events)
			for i := range txs {
				require.Equal(t, want.TxResults[i].String(), got.TxResults[i+1].String(), "transaction %d", i)
				require.Zero(t, got.TxResults[i+1].Code)
			}
		})
	}
}

// A node that starts from a snapshot has the beacon in it, and judges the next
// proposal at once. mission D05 (state sync)
func TestASyncedStateCarriesTheBeacon(t *testing.T) {
	const at = 6
	store, err := snapshots.NewStore(dbm.NewMemDB(), t.TempDir())
	require.NoError(t, err)
	old := apptest.New(t, apptest.Options{Change: func(o app.Options) app.Options {
		o.BaseApp = append(o.BaseApp, baseapp.SetSnapshot(store, snapshottypes.NewSnapshotOptions(at, 2)))
		return o
	}})
	for old.Height < at {
		old.Deliver()
	}
	var offered *abci.Snapshot
	require.Eventually(t, func() bool { // it is taken beside the next blocks
		list, err := old.App.ListSnapshots(&abci.RequestListSnapshots{})
		require.NoError(t, err)
		if len(list.Snapshots) == 0 {
			return false
		}
		offered = list.Snapshots[0]
		return true
	}, 20*time.Second, 20*time.Millisecond)

	empty, err := snapshots.NewStore(dbm.NewMemDB(), t.TempDir())
	require.NoError(t, err)
	young, err := app.New(app.Options{
		Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: apptest.ChainID, LoadLatest: true,
		AppOptions: options{"mempool.max-txs": -1},
		BaseApp:    []func(*baseapp.BaseApp){baseapp.SetSnapshot(empty, snapshottypes.NewSnapshotOptions(at, 2))},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = young.Close() })
	offer, err := young.OfferSnapshot(&abci.RequestOfferSnapshot{Snapshot: offered, AppHash: old.App.LastCommitID().Hash})
	require.NoError(t, err)
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer.Result)
	for i := range offered.Chunks {
		chunk, err := old.App.LoadSnapshotChunk(&abci.RequestLoadSnapshotChunk{Height: offered.Height, Format: offered.Format, Chunk: i})
		require.NoError(t, err)
		applied, err := young.ApplySnapshotChunk(&abci.RequestApplySnapshotChunk{Index: i, Chunk: chunk.Chunk})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseApplySnapshotChunk_ACCEPT, applied.Result)
	}
	require.EqualValues(t, at, young.LastBlockHeight())
	require.Equal(t, old.App.LastCommitID().Hash, young.LastCommitID().Hash)

	first, _, _ := proposers(t)
	good := block{height: at + 1, time: old.Time.Add(time.Second), by: first.address, txs: [][]byte{old.BeaconTx()}, hash: []byte("next")}
	bad := good
	bad.txs = [][]byte{beacon.EncodeTx(first.sign(t, at+1, beacon.Value{}))}
	response, err := young.ProcessProposal(bad.proposal())
	require.NoError(t, err)
	require.Equal(t, refused, response.Status)
	propose(t, young, good)
	require.Equal(t, decide(t, old.App, good), decide(t, young, good))
}
