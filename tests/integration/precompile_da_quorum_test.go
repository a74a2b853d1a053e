package integration_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	"github.com/zgd-network/zgd/x/dasigners/precompile/examples"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

type daParams = struct{ TokensPerVote, MaxVotesPerSigner, MaxQuorums, EpochBlocks, EncodedSlices *big.Int }

type daEpoch = struct {
	Number                                *big.Int
	StartHeight, FreezeHeight, NextHeight uint64
	Quorums                               *big.Int
	Seed                                  [32]byte
}

// Solidity reads parameters, epoch, quorums and holders, and gRPC says the same.
// mission E05
func TestQuorumReadsAreThoseOfGRPC(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 9, 8, 7, 6, 5) // 35 votes: two quorums of 16 seats
	ctx := context.Background()
	response, err := d.da().Params(ctx, &datypes.QueryParamsRequest{})
	require.NoError(t, err)
	p := response.Params
	require.Equal(t, daParams{u64(p.TokensPerVote), u64(uint64(p.MaxVotesPerSigner)), u64(uint64(p.MaxQuorums)), u64(p.EpochBlocks), u64(uint64(p.EncodedSlices))},
		as[daParams](d.read("params()")[0]))

	epoch := d.epoch()
	require.EqualValues(t, 2, epoch.Quorums)
	number := u64(epoch.Number)
	require.Equal(t, []any{number}, d.read("epochNumber()"))
	require.Equal(t, daEpoch{number, uint64(epoch.StartHeight), uint64(epoch.FreezeHeight()), uint64(epoch.NextHeight()), big.NewInt(2), [32]byte(epoch.Seed)},
		as[daEpoch](d.read("currentEpoch()")[0]))
	require.Equal(t, []any{big.NewInt(2)}, d.read("quorumCount(uint256)", number))
	for _, none := range []*big.Int{u64(epoch.Number + 1), new(big.Int).Lsh(big.NewInt(1), 200)} {
		require.Equal(t, []any{new(big.Int)}, valuesOf(d.read("quorumCount(uint256)", none)))
	}
	beacon, err := d.da().Beacon(ctx, &datypes.QueryBeaconRequest{})
	require.NoError(t, err)
	require.Equal(t, []any{[32]byte(beacon.Beacon.Value), [32]byte(beacon.Beacon.Previous), uint64(beacon.Beacon.Height)}, d.read("beacon()"))

	for id := range epoch.Quorums {
		d.readsQuorum(epoch.Number, id)
	}
	for _, unknown := range [][2]*big.Int{
		{number, big.NewInt(2)}, {u64(epoch.Number + 1), new(big.Int)}, {new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int)}, {number, new(big.Int).Lsh(big.NewInt(1), 32)},
	} {
		d.refusesView("QuorumNotFound", "getQuorum(uint256,uint256)", unknown[0], unknown[1])
		d.refusesView("QuorumNotFound", "getMembers(uint256,uint256)", unknown[0], unknown[1])
		d.refusesView("QuorumNotFound", "getQuorumRow(uint256,uint256,uint32)", unknown[0], unknown[1], uint32(0))
		d.refusesView("QuorumNotFound", "getRowHolder(bytes32,uint256,uint256,uint32)", [32]byte{1}, unknown[0], unknown[1], uint32(0))
		d.refusesView("QuorumNotFound", "getAggPkG1(uint256,uint256,bytes)", unknown[0], unknown[1], []byte{1, 1})
		d.refusesView("QuorumNotFound", verifySignature, unknown[0], unknown[1], []byte{1}, []byte("m"), abiG1(d.signers[0].secret.Public().G1))
	}
}

// valuesOf brings zero into its usual form.
func valuesOf(values []any) []any {
	for i, v := range values {
		if n, ok := v.(*big.Int); ok && n.Sign() == 0 {
			values[i] = new(big.Int)
		}
	}
	return values
}

// readsQuorum compares one quorum.
func (d *daStage) readsQuorum(epoch uint64, id uint32) {
	t, ctx := d.tb, context.Background()
	t.Helper()
	e, q := u64(epoch), u64(uint64(id))
	want := d.quorum(epoch, id)
	drawn := want.Quorum.Drawn()
	var seats []common.Address
	for _, m := range drawn.Seats {
		seats = append(seats, drawn.Members[m])
	}
	require.Equal(t, []any{seats}, d.read("getQuorum(uint256,uint256)", e, q), "0G's list has one entry a seat")
	members := d.read("getMembers(uint256,uint256)", e, q)
	for m, member := range want.Members {
		require.Equal(t, member.Address, daAddress(members[0].([]common.Address)[m]))
		require.Equal(t, u64(uint64(member.Seats)), members[1].([]*big.Int)[m])
	}
	root := [32]byte{7, byte(id)}
	for i := range uint32(16) {
		seat, err := d.da().EpochQuorumRow(ctx, &datypes.QueryEpochQuorumRowRequest{Epoch: epoch, QuorumId: id, Index: i})
		require.NoError(t, err)
		require.Equal(t, seat.Address, daAddress(d.read("getQuorumRow(uint256,uint256,uint32)", e, q, i)[0].(common.Address)))
		row, err := d.da().EpochQuorumRow(ctx, &datypes.QueryEpochQuorumRowRequest{Epoch: epoch, QuorumId: id, Index: i, DataRoot: common.Bytes2Hex(root[:])})
		require.NoError(t, err)
		require.Equal(t, row.Address, daAddress(d.read("getRowHolder(bytes32,uint256,uint256,uint32)", root, e, q, i)[0].(common.Address)))
	}
	d.refusesView("InvalidMessage", "getQuorumRow(uint256,uint256,uint32)", e, q, uint32(16))
	d.refusesView("InvalidMessage", "getRowHolder(bytes32,uint256,uint256,uint32)", root, e, q, uint32(16))

	for _, bitmap := range [][]byte{{0, 0}, {1, 0}, {0x81, 0x40}, {0xff, 0xff}} {
		agg, err := d.da().AggregatePubkeyG1(ctx, &datypes.QueryAggregatePubkeyG1Request{Epoch: epoch, QuorumId: id, SeatBitmap: bitmap})
		require.NoError(t, err)
		got := d.read("getAggPkG1(uint256,uint256,bytes)", e, q, bitmap)
		point := as[daprecompile.G1Point](got[0])
		require.Equal(t, agg.G1, append(point.X.FillBytes(make([]byte, 32)), point.Y.FillBytes(make([]byte, 32))...))
		require.Equal(t, []uint64{uint64(agg.TotalSeats), uint64(agg.HitSeats)}, []uint64{got[1].(*big.Int).Uint64(), got[2].(*big.Int).Uint64()})
	}
	d.refusesView("InvalidBitmap", "getAggPkG1(uint256,uint256,bytes)", e, q, []byte{0xff})
	d.refusesView("InvalidBitmap", "getAggPkG1(uint256,uint256,bytes)", e, q, []byte{0xff, 0xff, 0})
}

func daAddress(a common.Address) string { return datypes.Bech32(a) }

// An aggregate signature verifies by the chain's view and, in Solidity, by
// getAggPkG1 and Ethereum's pairing; one bit away it does not. mission E05, D07
func TestAggregateSignaturesInSolidity(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3) // one quorum: 16 seats over 12 tickets
	checker := d.deployed(d.Accounts[5], compiledOf(t, examples.QuorumSignature, "QuorumSignature"))
	epoch := d.epoch().Number
	e, q := u64(epoch), new(big.Int)
	roots, ids := [][32]byte{{1}, {2}, {3}}, []uint64{4, 9, 10}
	message := d.read("batchMessage(uint256,uint256,bytes32[],uint64[])", e, q, roots, ids)[0].([]byte)
	leaves := []erasure.Hash{erasure.BatchLeaf(roots[0], 4), erasure.BatchLeaf(roots[1], 9), erasure.BatchLeaf(roots[2], 10)}
	require.Equal(t, erasure.BatchMessage(d.App.EVMChainID, epoch, 0, 3, erasure.MerkleRoot(leaves)), message)
	hashed, err := bls.Hash(bls.DomainBatch, message)
	require.NoError(t, err)
	require.Equal(t, abiG1(hashed), as[daprecompile.G1Point](d.read("hashToG1(bytes)", message)[0]))

	native := func(s aggregated, message []byte) (bool, int64) {
		got := d.read(verifySignature, e, q, s.members, message, s.signature)
		require.Equal(t, big.NewInt(16), got[2])
		return got[0].(bool), got[1].(*big.Int).Int64()
	}
	solidity := func(seats, message []byte, keys daprecompile.G2Point, signature daprecompile.G1Point) bool {
		return checker.read("verify", e, q, seats, message, keys, signature)[0].(bool)
	}
	all := d.sign(epoch, 0, message, everyone)
	ok, hit := native(all, message)
	require.True(t, ok)
	require.EqualValues(t, 16, hit)
	require.True(t, solidity(all.seats, message, all.keys, all.signature))
	require.True(t, checker.read("native", e, q, all.members, message, all.signature)[0].(bool))

	other := append([]byte{}, message...)
	other[len(other)-1] ^= 1
	ok, _ = native(all, other)
	require.False(t, ok, "another message")
	require.False(t, solidity(all.seats, other, all.keys, all.signature))
	require.False(t, checker.read("native", e, q, all.members, other, all.signature)[0].(bool))

	for i, s := range d.signers { // all but one of them: 2/3 of 16 are 11 seats
		most := d.sign(epoch, 0, message, func(x daSigner) bool { return x.EVM != s.EVM })
		ok, hit := native(most, message)
		require.True(t, ok, "without signer %d", i)
		require.Equal(t, most.hit, hit)
		enough := 3*hit >= 32
		require.Equal(t, enough, solidity(most.seats, message, most.keys, most.signature), "%d seats", hit)
		require.Equal(t, enough, checker.read("native", e, q, most.members, message, most.signature)[0].(bool))
		ok, _ = native(aggregated{members: all.members, signature: most.signature}, message)
		require.False(t, ok, "a share is missing")
		require.False(t, solidity(all.seats, message, most.keys, most.signature), "keys that are not those of the bitmap")
	}
	flipped := all.signature
	flipped.Y = new(big.Int).Xor(flipped.Y, big.NewInt(1))
	d.refusesView("InvalidPoint", verifySignature, e, q, all.members, message, flipped)
	require.False(t, solidity(all.seats, message, all.keys, flipped))
	d.refusesView("InvalidBitmap", verifySignature, e, q, append(all.members, 0), message, all.signature)
	d.refusesView("InvalidBitmap", verifySignature, e, q, []byte{0xff}, message, all.signature)
	d.refusesView("InvalidMessage", "batchMessage(uint256,uint256,bytes32[],uint64[])", e, q, roots, []uint64{4, 4, 5})
	d.refusesView("InvalidMessage", "batchMessage(uint256,uint256,bytes32[],uint64[])", e, q, roots, ids[:2])
}
