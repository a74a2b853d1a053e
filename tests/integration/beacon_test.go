package integration_test

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// TestAFullBlockHasRoomForTheBeacon cuts the block's size byte by byte where one
// transaction more or less fits: the sum never passes the bound, and the room is
// used up to what the beacon takes. mission D05 (full blocks)
func TestAFullBlockHasRoomForTheBeacon(t *testing.T) {
	q := newQueue(newChain(t))
	for i := range 12 {
		q.send(q.Accounts[i%4], 200_000, i%2 == 0)
	}
	own := cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{q.BeaconTx()})
	all := int64(0)
	for _, tx := range q.list {
		all += int64(tx.bytes)
	}
	last := int64(q.list[len(q.list)-1].bytes)
	for _, c := range []struct {
		name     string
		maxBytes int64
		want     int
	}{
		{"all fit", own + all, 12}, {"one byte less", own + all - 1, 11},
		{"all but the last", own + all - last, 11},
		{"the beacon alone", own, 0}, {"the beacon and a byte", own + 1, 0},
	} {
		request := &abci.RequestPrepareProposal{
			Height: q.Height + 1, Time: q.Time.Add(time.Second), MaxTxBytes: c.maxBytes, ProposerAddress: apptest.ConsensusAddress(),
		}
		for _, tx := range q.list {
			request.Txs = append(request.Txs, tx.raw)
		}
		response, err := q.App.PrepareProposal(request)
		require.NoError(t, err)
		require.True(t, beacon.IsTx(response.Txs[0]), c.name)
		require.LessOrEqual(t, cmttypes.ComputeProtoSizeForTxs(cmttypes.ToTxs(response.Txs)), c.maxBytes, c.name)
		require.Equal(t, c.want+1, len(response.Txs), c.name)
		judged, err := q.App.ProcessProposal(&abci.RequestProcessProposal{
			Height: q.Height + 1, Time: q.Time.Add(time.Second), ProposerAddress: apptest.ConsensusAddress(), Txs: response.Txs, Hash: []byte(c.name),
		})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseProcessProposal_ACCEPT, judged.Status, c.name)
	}
}

// TestThePoolTakesNoBeacon: neither from a user nor from a peer.
func TestThePoolTakesNoBeacon(t *testing.T) {
	q := pooled(t, 100, 100, 2)
	for name, raw := range map[string][]byte{"the next block's": q.BeaconTx(), "an empty one": beacon.EncodeTx(nil)} {
		response, err := q.App.CheckTx(&abci.RequestCheckTx{Tx: raw, Type: abci.CheckTxType_New})
		require.True(t, err != nil || response.Code != 0, "%s: CheckTx", name)
		inserted, err := q.App.InsertTx(&abci.RequestInsertTx{Tx: raw})
		require.True(t, err != nil || inserted.Code != 0, "%s: InsertTx", name)
	}
	reaped, err := q.App.ReapTxs(&abci.RequestReapTxs{})
	require.NoError(t, err)
	require.Empty(t, reaped.Txs)
}
