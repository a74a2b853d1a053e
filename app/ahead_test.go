package app_test

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// A block that a node accepted is decided after a later round began: one whose
// proposal it refused, one that it proposed itself, one that it accepted. What it
// had run ahead was cut off, in the middle or when it was done; it answers and
// commits what a node does that saw no proposal. threat B19
func TestABlockDecidedAfterItsRoundWasGivenUp(t *testing.T) {
	first, second, keyless := proposers(t)
	synced, rounds := apptest.New(t, apptest.Options{Genesis: []apptest.Mutator{withSecond(t)}}), apptest.New(t, apptest.Options{Genesis: []apptest.Mutator{withSecond(t)}})
	later := []func(b block){
		func(b block) { // without its beacon
			b.txs, b.hash = b.txs[1:], []byte("refused")
			response, err := rounds.App.ProcessProposal(b.proposal())
			require.NoError(t, err)
			require.Equal(t, refused, response.Status)
		},
		func(b block) {
			_, err := rounds.App.PrepareProposal(&abci.RequestPrepareProposal{
				Height: b.height, Time: b.time, MaxTxBytes: app.BlockMaxBytes, ProposerAddress: apptest.ConsensusAddress(),
			})
			require.NoError(t, err)
		},
		func(b block) {
			b.by, b.txs, b.hash = keyless.address, [][]byte{beacon.EncodeTx(nil)}, []byte("of the next round")
			propose(t, rounds.App, b)
		},
	}
	for i := range 4 * len(later) {
		alice := synced.Accounts[i%3]
		by := []proposer{first, second}[i%2]
		txs := [][]byte{beacon.EncodeTx(by.sign(t, synced.Height+1, after(t, synced, 0)))}
		for range 8 {
			txs = append(txs, synced.SignEth(alice, apptest.Create(counterCode)))
		}
		b := block{height: synced.Height + 1, time: synced.Time.Add(time.Second), by: by.address, txs: txs, hash: []byte{byte(i)}}
		propose(t, rounds.App, b)
		if i/len(later)%2 == 1 {
			time.Sleep(100 * time.Millisecond) // so that the run is most likely done
		}
		later[i%len(later)](b)
		require.Equal(t, decide(t, synced.App, b), decide(t, rounds.App, b), "height %d", b.height)
		for _, chain := range []*apptest.Chain{rounds, synced} {
			chain.Height, chain.Time = b.height, b.time
			chain.ResetSequences()
		}
	}
}
