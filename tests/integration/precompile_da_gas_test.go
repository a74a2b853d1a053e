package integration_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"testing"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	dakeeper "github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// crowd is a quorum of the production shape with as many members as there can be,
// written into a copy of the state.
type crowd struct {
	*daStage
	ctx  sdk.Context
	keys []bls.SecretKey
}

// newCrowd seats the rows of a shape among members that sit in turn.
func newCrowd(t testing.TB, profile erasure.Profile, members int) *crowd {
	t.Helper()
	c := &crowd{daStage: &daStage{stage: newStage(t, apptest.Options{})}}
	c.signers = []daSigner{newDASigner(t, c.Accounts[0])}
	for range 16 { // as many delegations as count
		c.mustSend(c.Accounts[0], stakingtypes.NewMsgDelegate(c.Accounts[0].Address.String(), sdk.ValAddress(c.Validator.Address).String(), sdk.NewCoin(app.BaseDenom, zg(10))), nil)
	}
	c.block()
	c.ctx = c.Ctx()
	drawn := quorum.Quorum{Seats: make([]uint16, profile.N)}
	sum := bls.SumG2()
	for i := range members {
		seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		key, err := bls.GenerateKey(bytes.NewReader(append(seed[:], seed[:]...)))
		require.NoError(t, err)
		public, address := key.Public(), [20]byte(seed[:20])
		c.keys, drawn.Members, sum = append(c.keys, key), append(drawn.Members, address), bls.SumG2(sum, public.G2)
		entry := datypes.SnapshotEntry{Address: datypes.Bech32(address), Key: datypes.KeyOf(public), KeyId: 1, Votes: 4}
		require.NoError(t, c.App.DASignersKeeper.Frozen.Set(c.ctx, collections.Join(uint64(0), sdk.AccAddress(address[:])), entry))
	}
	for seat := range drawn.Seats {
		drawn.Seats[seat] = uint16(seat % members)
	}
	record := datypes.QuorumRecord(0, 0, profile.ID, drawn, bls.EncodeG2(&sum))
	require.NoError(t, c.App.DASignersKeeper.Quorums.Set(c.ctx, collections.Join(uint64(0), uint32(0)), record))
	epoch := c.epoch()
	epoch.Quorums = 1
	require.NoError(t, c.App.DASignersKeeper.Epoch.Set(c.ctx, epoch))
	return c
}

// twoThirds signs with all members but the last third.
func (c *crowd) twoThirds(message []byte) (bitmap []byte, signature bn254.G1Affine) {
	c.tb.Helper()
	bitmap = make([]byte, (len(c.keys)+7)/8)
	point, err := bls.Hash(bls.DomainBatch, message)
	require.NoError(c.tb, err)
	for m, key := range c.keys[:2*len(c.keys)/3+1] {
		signature = bls.SumG1(signature, key.SignPoint(point))
		bitmap[m/8] |= 1 << (m % 8)
	}
	return bitmap, signature
}

// submitted orders blobs in the copy.
func (c *crowd) submitted(blobs int) (roots [][32]byte, lens, ids []uint64) {
	c.tb.Helper()
	for i := range blobs {
		roots, lens, ids = append(roots, [32]byte{byte(i), byte(i >> 8), 9}), append(lens, 1<<20), append(ids, uint64(i+1))
	}
	_, err := c.App.DASignersKeeper.SubmitBlobs(c.ctx, dakeeper.Submission{
		Submitter: c.Accounts[1].Address, Profile: uint32(erasure.Production.ID), Roots: roots, DataLens: lens, MaxFee: zg(1000),
	})
	require.NoError(c.tb, err)
	return roots, lens, ids
}

// TestTheDAGasTableCoversTheWork puts what a call is charged beside what its work
// costs, in the largest quorum that there can be: gas of the stores as a native
// message pays it, and time. go test -v prints the table of
// x/dasigners/precompile/README.md.
func TestTheDAGasTableCoversTheWork(t *testing.T) {
	const members = quorum.MaxMembers
	c := newCrowd(t, erasure.Production, members)
	alice, k := c.Accounts[0], c.App.DASignersKeeper
	zero := new(big.Int)
	roots, lens, ids := c.submitted(32)
	batch := erasure.BatchMessage(c.App.EVMChainID, 0, 0, 32, batchRootOf(roots, ids))
	bitmap, signature := c.twoThirds(batch)
	fresh := make([][32]byte, 32)
	for i := range fresh {
		fresh[i] = [32]byte{byte(i), 77}
	}
	chunk := make([]byte, 2048)
	preimage := (erasure.Commitment{Profile: erasure.Production, EVMChainID: c.App.EVMChainID, RowSize: 64, DataLen: 1}).Preimage()
	ones := bytes.Repeat([]byte{0xff}, 512)
	detail := c.signers[0].detail()
	possession := abiG1(c.signers[0].secret.SignPoint(bls.RegistrationPoint(alice.EVM, c.App.EVMChainID)))
	submission := func(roots [][32]byte) func(sdk.Context) error {
		return func(ctx sdk.Context) error {
			_, err := k.SubmitBlobs(ctx, dakeeper.Submission{Submitter: alice.Address, Profile: 1, Roots: roots, DataLens: lens[:len(roots)], MaxFee: zg(1000)})
			return err
		}
	}
	registers := func(ctx sdk.Context) error {
		_, err := k.RegisterSigner(ctx, alice.Address, detail.Socket, datypes.KeyOf(c.signers[0].secret.Public()), g1Of(possession.X, possession.Y))
		return err
	}
	for _, w := range []struct {
		name  string
		input []byte
		verb  func(ctx sdk.Context) error // nil: no message does this
	}{
		{"params", calldata(t, daABI, "params()"), func(ctx sdk.Context) error { _, err := k.Params.Get(ctx); return err }},
		{"epochNumber", calldata(t, daABI, "epochNumber()"), func(ctx sdk.Context) error { _, err := k.Epoch.Get(ctx); return err }},
		{"quorumCount", calldata(t, daABI, "quorumCount(uint256)", zero), nil},
		{"isSigner", calldata(t, daABI, "isSigner(address)", alice.EVM), nil},
		{"getQuorum", calldata(t, daABI, "getQuorum(uint256,uint256)", zero, zero), func(ctx sdk.Context) error { _, err := k.Quorum(ctx, 0, 0); return err }},
		{"getMembers", calldata(t, daABI, "getMembers(uint256,uint256)", zero, zero), nil},
		{"getQuorumRow", calldata(t, daABI, "getQuorumRow(uint256,uint256,uint32)", zero, zero, uint32(4095)), func(ctx sdk.Context) error { _, err := k.SeatHolder(ctx, 0, 0, 4095); return err }},
		{"getRowHolder", calldata(t, daABI, "getRowHolder(bytes32,uint256,uint256,uint32)", [32]byte{1}, zero, zero, uint32(4095)), func(ctx sdk.Context) error {
			_, _, err := k.RowHolder(ctx, [32]byte{1}, 0, 0, 4095)
			return err
		}},
		{"getAggPkG1, all members", calldata(t, daABI, "getAggPkG1(uint256,uint256,bytes)", zero, zero, ones), func(ctx sdk.Context) error {
			_, _, _, err := k.AggregateG1(ctx, 0, 0, ones)
			return err
		}},
		{"registerSigner", calldata(t, daABI, registerSigner, detail, possession), registers},
		{"submitBlobs, 1", calldata(t, daABI, submitBlobsMax, uint8(1), fresh[:1], lens[:1], zg(1000).BigInt()), submission(fresh[:1])},
		{"submitBlobs, 32", calldata(t, daABI, submitBlobsMax, uint8(1), fresh, lens, zg(1000).BigInt()), submission(fresh)},
		{"confirmBatch, 32 blobs", calldata(t, daABI, confirmBatch, ids, bitmap, abiG1(signature)), func(ctx sdk.Context) error {
			_, err := k.ConfirmBatch(ctx, ids, bitmap, bls.EncodeG1(&signature))
			return err
		}},
		{"verifySignature", calldata(t, daABI, verifySignature, zero, zero, bitmap, batch, abiG1(signature)), nil},
		{"hashToG1", calldata(t, daABI, "hashToG1(bytes)", batch), nil},
		{"batchMessage, 32", calldata(t, daABI, "batchMessage(uint256,uint256,bytes32[],uint64[])", zero, zero, roots, ids), nil},
		{"verifyChunk, 2048 bytes, 16 siblings", calldata(t, daABI, verifyChunk, preimage, uint32(0), uint32(0), chunk, make([][32]byte, 16)), nil},
		{"getBlob", calldata(t, daABI, "getBlob(bytes32)", roots[0]), func(ctx sdk.Context) error { _, err := k.BlobWithRoot(ctx, roots[0]); return err }},
		{"isConfirmed", calldata(t, daABI, "isConfirmed(bytes32)", roots[0]), nil},
		{"signerState", calldata(t, daABI, "rewards(address)", alice.EVM), nil},
	} {
		c.measure(w.name, alice.EVM, w.input, w.verb)
	}
	require.NoError(t, registers(c.ctx))
	epoch := c.epoch()
	epoch.Number, epoch.StartHeight, epoch.Quorums = 5, c.Height, 1
	require.NoError(t, k.Epoch.Set(c.ctx, epoch))
	for _, w := range []struct {
		name  string
		input []byte
		verb  func(ctx sdk.Context) error
	}{
		{"getSigner, 1", calldata(t, daABI, "getSigner(address[])", []common.Address{alice.EVM}), nil},
		{"updateSocket", calldata(t, daABI, "updateSocket(string)", "a:1"), func(ctx sdk.Context) error { return k.UpdateSocket(ctx, alice.Address, "a:1") }},
		{"deposit", calldata(t, daABI, "deposit(uint256)", big.NewInt(1)), func(ctx sdk.Context) error { _, err := k.Deposit(ctx, alice.Address, sdkmath.OneInt()); return err }},
		{"registerNextEpoch", calldata(t, daABI, nextEpoch, abiG1(c.signers[0].secret.SignPoint(bls.EpochPoint(alice.EVM, 6, c.App.EVMChainID)))), func(ctx sdk.Context) error {
			point := c.signers[0].secret.SignPoint(bls.EpochPoint(alice.EVM, 6, c.App.EVMChainID))
			_, err := k.RegisterNextEpoch(ctx, alice.Address, bls.EncodeG1(&point))
			return err
		}},
		{"unregisterSigner", calldata(t, daABI, "unregisterSigner()"), func(ctx sdk.Context) error { _, err := k.UnregisterSigner(ctx, alice.Address); return err }},
	} {
		c.measure(w.name, alice.EVM, w.input, w.verb)
	}
}

// measure prints one row: gas of the whole transaction, of the stores and the
// verb's own, and the shortest of a few times of the call.
func (c *crowd) measure(name string, from common.Address, input []byte, verb func(ctx sdk.Context) error) {
	c.tb.Helper()
	var stores uint64
	if verb != nil {
		branch, _ := c.ctx.CacheContext()
		metered := branch.WithGasMeter(storetypes.NewInfiniteGasMeter()).WithKVGasConfig(storetypes.KVGasConfig())
		require.NoError(c.tb, verb(metered), name)
		stores = metered.GasMeter().GasConsumed()
	}
	best, used := time.Hour, uint64(0)
	for range 5 {
		branch, _ := c.ctx.CacheContext()
		branch = branch.WithGasMeter(storetypes.NewInfiniteGasMeter()) // not that of the writes before
		start := time.Now()
		_, r := c.applyIn(branch, from, daAt, 20_000_000, input)
		best, used = min(best, time.Since(start)), r.GasUsed
		require.Empty(c.tb, r.VmError, "%s: %s", name, reason(r.Ret))
	}
	c.tb.Logf("%-38s transaction %8d  stores and curve %8d  %v", name, used, stores, best.Round(time.Microsecond))
	require.Less(c.tb, stores, 16*used, "%s: the door would stop it", name)
}

func batchRootOf(roots [][32]byte, ids []uint64) [32]byte {
	leaves := make([][32]byte, len(roots))
	for i := range roots {
		leaves[i] = erasure.BatchLeaf(roots[i], ids[i])
	}
	return erasure.MerkleRoot(leaves)
}

// g1Of is 64 bytes of the wire form.
func g1Of(x, y *big.Int) []byte {
	return append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)
}
