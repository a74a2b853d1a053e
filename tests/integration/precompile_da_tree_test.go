package integration_test

import (
	"fmt"
	"math/big"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// daForest grows random trees of calls that order blobs, for value and from
// balances, in frames that fail and frames that do not.
type daForest struct {
	*daStage
	r *rand.Rand
}

func (f *daForest) tree(depth int) []op {
	ops := make([]op, 1+f.r.Intn(3))
	for i := range ops {
		if depth > 0 && f.r.Intn(2) == 0 {
			kind := []uint8{opMust, opTry, opTry, opStatic, opDelegate, opCallcode}[f.r.Intn(6)]
			ops[i] = op{Kind: kind, To: f.puppets[f.r.Intn(len(f.puppets))], Value: f.coins(), Data: f.run(f.tree(depth - 1)...)}
			continue
		}
		ops[i] = f.leaf()
	}
	return ops
}

// leaf mostly orders blobs; few roots are fresh, so that orders meet.
func (f *daForest) leaf() op {
	roots, lens := [][32]byte{}, []uint64{}
	for range 1 + f.r.Intn(2) {
		roots, lens = append(roots, [32]byte{byte(f.r.Intn(200))}), append(lens, uint64(1+f.r.Intn(60_000)))
	}
	kind := []uint8{opMust, opTry, opTry, opStatic, opDelegate, opCallcode}[f.r.Intn(6)]
	switch f.r.Intn(8) {
	case 0:
		return op{Kind: opRevert}
	case 1:
		return op{Kind: opStore}
	case 2:
		return op{Kind: opTry, To: f.Accounts[7].EVM, Value: f.coins()}
	case 3:
		return op{Kind: opTry, To: daAt, Value: f.coins(), Data: calldata(f.tb, daABI, "deposit()")}
	case 4, 5:
		return op{Kind: kind, To: daAt, Data: calldata(f.tb, daABI, submitBlobsMax, erasure.Test.ID, roots, lens, f.coins())}
	default:
		return op{Kind: kind, To: daAt, Value: f.coins(), Data: calldata(f.tb, daABI, submitBlobs, erasure.Test.ID, roots, lens)}
	}
}

// coins are often around what a blob costs, a thousandth of a token.
func (f *daForest) coins() *big.Int {
	return []*big.Int{new(big.Int), big.NewInt(1), big.NewInt(1e15), big.NewInt(2e15), big.NewInt(3e15), big.NewInt(1e16)}[f.r.Intn(6)]
}

func (f *daForest) transaction(from apptest.Account) []byte {
	call := apptest.Call(f.puppets[f.r.Intn(len(f.puppets))], f.coins(), f.run(f.tree(3)...))
	call.GasLimit = 5_000_000
	return f.SignEth(from, call)
}

// After every block of random trees the module holds what it owes, each order has
// its log, balances agree, and an executor that runs in parallel has the same
// state. mission E05
func TestRandomTreesOfOrdersKeepTheBooks(t *testing.T) {
	seed := seedOf(t)
	f := &daForest{runningDA(t, apptest.Options{}, 5, 4, 3), rand.New(rand.NewSource(seed))}
	follower := runningDA(t, apptest.Options{AppOptions: map[string]any{"block-executor": "block-stm", "block-stm-workers": 4}}, 5, 4, 3)
	ordered := uint64(0)
	for range 30 {
		before := f.nextBlob()
		txs := [][]byte{f.transaction(f.Accounts[5]), f.transaction(f.Accounts[6]), f.transaction(f.Accounts[5])}
		want, got := f.block(txs...), follower.block(txs...)
		logs := uint64(0)
		for i := range txs {
			require.Equal(t, want.TxResults[i].String(), got.TxResults[i].String(), "transaction %d at height %d", i, f.Height)
			r := f.receipt(want.TxResults[i])
			for _, l := range r.Logs {
				if l.Topics[0] == daABI.Events["BlobsSubmitted"].ID.Hex() {
					values, err := daABI.Events["BlobsSubmitted"].Inputs.NonIndexed().Unpack(l.Data)
					require.NoError(t, err)
					logs += uint64(len(values[3].([][32]byte)))
				}
			}
		}
		require.Equal(t, fmt.Sprintf("%X", want.AppHash), fmt.Sprintf("%X", got.AppHash), "height %d", f.Height)
		require.Equal(t, before+logs, f.nextBlob(), "every order has its log, every log its order")
		f.owes()
		f.requireSound()
		ordered += logs
	}
	t.Logf("%d blobs were ordered", ordered)
	require.Positive(t, ordered)
}

func (d *daStage) nextBlob() uint64 {
	d.tb.Helper()
	next, err := d.App.DASignersKeeper.NextBlobID.Peek(d.Ctx())
	require.NoError(d.tb, err)
	return next
}
