package integration_test

import (
	"bytes"
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	"github.com/zgd-network/zgd/x/dasigners/precompile/examples"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

type daBlob = struct {
	BlobId                                      uint64 //nolint:revive,staticcheck // the ABI's name
	DataRoot                                    [32]byte
	DataLen                                     uint64
	Profile                                     uint8
	Epoch, QuorumId                             *big.Int //nolint:revive,staticcheck // the ABI's name
	Submitter                                   common.Address
	SubmitHeight, DeadlineHeight, ConfirmHeight uint64
	Status                                      uint8
	Fee                                         *big.Int
	StorageRoot                                 [32]byte
	StorageEndowment, SubmissionIndex           *big.Int
}

// encode makes a blob of the smallest shape.
func (d *daStage) encode(payload []byte) *erasure.Blob {
	d.tb.Helper()
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, d.App.EVMChainID, payload)
	require.NoError(d.tb, err)
	return blob
}

// blob reads a blob by root, by id and by gRPC.
func (d *daStage) blob(root [32]byte) daBlob {
	d.tb.Helper()
	byRoot := as[daBlob](d.read("getBlob(bytes32)", root)[0])
	require.Equal(d.tb, byRoot, as[daBlob](d.read("getBlob(uint64)", byRoot.BlobId)[0]))
	require.Equal(d.tb, byRoot, as[daBlob](d.read("getBlob(bytes32,address)", root, byRoot.Submitter)[0]))
	d.refusesView("BlobNotFound", "getBlob(bytes32,address)", root, daAt)
	response, err := d.da().Blob(context.Background(), &datypes.QueryBlobRequest{BlobId: byRoot.BlobId})
	require.NoError(d.tb, err)
	want := response.Blob
	require.Equal(d.tb, want.DataRoot, byRoot.DataRoot[:])
	require.Equal(d.tb, []uint64{want.DataLen, want.Epoch, uint64(want.QuorumId), uint64(want.SubmitHeight), uint64(want.DeadlineHeight), uint64(want.ConfirmHeight), uint64(want.Profile), uint64(want.Status)},
		[]uint64{byRoot.DataLen, byRoot.Epoch.Uint64(), byRoot.QuorumId.Uint64(), byRoot.SubmitHeight, byRoot.DeadlineHeight, byRoot.ConfirmHeight, uint64(byRoot.Profile), uint64(byRoot.Status)})
	require.Equal(d.tb, want.Submitter, daAddress(byRoot.Submitter))
	require.Equal(d.tb, []string{want.Fee.String(), want.StorageEndowment.String(), common.Bytes2Hex(want.StorageRoot)},
		[]string{byRoot.Fee.String(), byRoot.StorageEndowment.String(), common.Bytes2Hex(bytes.TrimLeft(byRoot.StorageRoot[:], "\x00"))})
	require.Equal(d.tb, want.StorageTxSeq, byRoot.SubmissionIndex.Uint64())
	return byRoot
}

// confirmation is the call that confirms blobs, signed by those for whom signs is
// true.
func (d *daStage) confirmation(signs func(daSigner) bool, roots ...[32]byte) apptest.EthCall {
	d.tb.Helper()
	var ids []uint64
	first := d.blob(roots[0])
	for _, root := range roots {
		ids = append(ids, d.blob(root).BlobId)
	}
	message := d.read("batchMessage(uint256,uint256,bytes32[],uint64[])", first.Epoch, first.QuorumId, roots, ids)[0].([]byte)
	s := d.sign(first.Epoch.Uint64(), uint32(first.QuorumId.Uint64()), message, signs)
	return apptest.Call(daAt, nil, calldata(d.tb, daABI, confirmBatch, ids, s.members, s.signature))
}

func (d *daStage) isConfirmed(root [32]byte) bool {
	d.tb.Helper()
	return d.read("isConfirmed(bytes32)", root)[0].(bool)
}

// Blobs are ordered and confirmed by Ethereum transactions, for the fee that the
// quote named, and stay provable after their records are gone. mission E05, D07
func TestBlobsInTheEVM(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	alice := d.Accounts[5]
	roots, lens := [][32]byte{{1}, {2}}, []uint64{1000, 50_000}
	total := new(big.Int)
	for _, dataLen := range lens {
		quote := d.read("quote(uint64)", dataLen)
		want, err := d.da().Quote(context.Background(), &datypes.QueryQuoteRequest{DataLen: dataLen})
		require.NoError(t, err)
		require.Equal(t, []any{want.Fee.BigInt(), uint8(want.Profile), want.RowSize, want.StorageEndowment.BigInt()}, quote)
		total.Add(total, quote[0].(*big.Int))
	}
	d.refusesView("BlobNotFound", "getBlob(bytes32)", roots[0])
	d.refusesView("BlobNotFound", "getBlob(uint64)", uint64(1))
	require.False(t, d.isConfirmed(roots[0]))

	before := d.Balance(alice.Address)
	r := d.must(alice, zg(5).BigInt(), submitBlobs, erasure.Test.ID, roots, lens)
	require.Equal(t, before.BigInt(), new(big.Int).Add(new(big.Int).Add(d.Balance(alice.Address).BigInt(), total), apptestFee(r.GasUsed).BigInt()), "of the value only the fee was taken")
	d.owes()
	results, err := method(t, daABI, submitBlobs).Outputs.Unpack(r.Ret)
	require.NoError(t, err)
	require.Equal(t, []any{uint64(1), u64(d.epoch().Number), u64(d.blob(roots[0]).QuorumId.Uint64()), total}, []any{results[0], results[1], u64(results[2].(*big.Int).Uint64()), results[3]})
	topics, values := d.log(r, "BlobsSubmitted")
	require.Equal(t, topicOf(alice.EVM), topics[1])
	require.Equal(t, []any{roots, lens, total}, []any{values[3], values[4], values[5]})
	require.Equal(t, uint8(datypes.BLOB_STATUS_SUBMITTED), d.blob(roots[1]).Status)
	require.Equal(t, alice.EVM, d.blob(roots[1]).Submitter)

	third := [][32]byte{{3}}
	d.must(alice, nil, submitBlobsMax, erasure.Test.ID, third, lens[:1], zg(1).BigInt())
	require.EqualValues(t, 3, d.blob(third[0]).BlobId)

	two := func(s daSigner) bool { return s.EVM != d.signers[2].EVM }
	height := d.Height + 1
	r = d.mustEth(d.Accounts[6], d.confirmation(two, roots...))
	_, values = d.log(r, "BlobsConfirmed")
	require.Equal(t, []uint64{1, 2}, values[0])
	require.True(t, d.isConfirmed(roots[0]) && d.isConfirmed(roots[1]))
	require.False(t, d.isConfirmed(third[0]))
	require.EqualValues(t, height, d.blob(roots[0]).ConfirmHeight)
	d.owes()
	d.fails(alice, d.confirmation(two, roots...), "NothingToConfirm")
	r = d.mustEth(alice, d.confirmation(everyone, roots[0], third[0]))
	results, err = method(t, daABI, confirmBatch).Outputs.Unpack(r.Ret)
	require.NoError(t, err)
	require.Equal(t, []any{big.NewInt(1), big.NewInt(16), big.NewInt(16)}, results, "what was confirmed is skipped")

	blob := d.blob(roots[1])
	d.proves(uint64(height), blob)
	for range 3 {
		d.toEpochStart()
	}
	d.refusesView("BlobNotFound", "getBlob(bytes32)", roots[1])
	require.False(t, d.isConfirmed(roots[1]), "the record is gone")
	d.proves(uint64(height), blob)

	d.must(d.signers[0].Account, nil, "claimRewards(address)", common.Address{})
	d.owes()
}

// proves shows the second of two blobs that a block confirmed under its root, and
// that nothing else is.
func (d *daStage) proves(height uint64, blob daBlob) {
	t := d.tb
	t.Helper()
	first := erasure.ConfirmedLeaf(1, [32]byte{1}, blob.Epoch.Uint64(), uint32(blob.QuorumId.Uint64()))
	root := d.read("confirmedRoot(uint64)", height)
	require.EqualValues(t, 2, root[1])
	require.Equal(t, []any{[32]byte{}, uint32(0)}, d.read("confirmedRoot(uint64)", height+100)[:2])
	proof := daprecompile.ConfirmedProof{Height: height, BlobId: blob.BlobId, Epoch: blob.Epoch, QuorumId: blob.QuorumId, Index: 1, Path: [][32]byte{first}}
	was := func(root [32]byte, p daprecompile.ConfirmedProof) bool {
		return d.read(wasConfirmed, root, p)[0].(bool)
	}
	require.True(t, was(blob.DataRoot, proof))
	require.False(t, was([32]byte{1}, proof), "another root")
	for name, change := range map[string]func(p *daprecompile.ConfirmedProof){
		"height": func(p *daprecompile.ConfirmedProof) { p.Height++ },
		"id":     func(p *daprecompile.ConfirmedProof) { p.BlobId++ },
		"epoch":  func(p *daprecompile.ConfirmedProof) { p.Epoch = u64(p.Epoch.Uint64() + 1) },
		"quorum": func(p *daprecompile.ConfirmedProof) { p.QuorumId = u64(p.QuorumId.Uint64() + 1) },
		"wide":   func(p *daprecompile.ConfirmedProof) { p.QuorumId = new(big.Int).Lsh(big.NewInt(1), 40) },
		"index":  func(p *daprecompile.ConfirmedProof) { p.Index = 0 },
		"beyond": func(p *daprecompile.ConfirmedProof) { p.Index = 1 << 31 },
		"path":   func(p *daprecompile.ConfirmedProof) { p.Path = [][32]byte{{1}} },
		"short":  func(p *daprecompile.ConfirmedProof) { p.Path = nil },
		"long":   func(p *daprecompile.ConfirmedProof) { p.Path = append(p.Path[:1:1], [32]byte{}) },
	} {
		changed := proof
		change(&changed)
		require.False(t, was(blob.DataRoot, changed), name)
	}
}

// Every refusal has its name, costs the fee and changes nothing; a confirmation is
// refused one bit away, below two thirds, mixed and late. mission E05, D07
func TestBlobsAreRefusedInTheEVM(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	alice := d.Accounts[5]
	one := [][32]byte{{1}}
	submit := func(value *big.Int, profile uint8, roots [][32]byte, lens ...uint64) apptest.EthCall {
		if lens == nil {
			lens = []uint64{}
		}
		return apptest.Call(daAt, value, calldata(t, daABI, submitBlobs, profile, roots, lens))
	}
	enough := zg(1).BigInt()
	d.fails(alice, submit(big.NewInt(1), 4, one, 1000), "FeeTooHigh")
	d.fails(alice, submit(nil, 4, one, 1000), "FeeTooHigh")
	d.fails(alice, submit(enough, 1, one, 1000), "WrongProfile")
	d.fails(alice, submit(enough, 4, one, 0), "EmptyBlob")
	d.fails(alice, submit(enough, 4, one, 1<<40), "BlobTooLarge")
	d.fails(alice, submit(enough, 4, one), "InvalidMessage")
	d.fails(alice, submit(enough, 4, [][32]byte{}), "InvalidMessage")
	d.fails(alice, submit(enough, 4, [][32]byte{{1}, {1}}, 1, 1), "DuplicateBlob")
	call := submit(enough, 4, make([][32]byte, 257), make([]uint64, 257)...)
	call.GasLimit = 20_000_000
	d.fails(alice, call, "InvalidMessage")
	d.fails(alice, apptest.Call(daAt, nil, calldata(t, daABI, submitBlobsMax, uint8(4), one, []uint64{9}, big.NewInt(1))), "FeeTooHigh")
	d.fails(alice, apptest.Call(daAt, big.NewInt(1), calldata(t, daABI, submitBlobsMax, uint8(4), one, []uint64{9}, enough)), "not payable")

	d.mustEth(alice, submit(enough, 4, one, 1000))
	d.fails(alice, submit(enough, 4, one, 1000), "DuplicateBlob")
	good := d.confirmation(everyone, one[0])
	least := d.least()
	d.fails(alice, d.confirmation(func(s daSigner) bool { return s.EVM == least.EVM }, one[0]), "TooFewSeats")
	for name, want := range map[string]struct {
		error string
		at    int // byte of the calldata whose lowest bit is flipped
	}{
		"signature": {"Invalid", 4 + 4*32 - 1}, "id": {"BlobNotFound", 4 + 6*32 - 1}, "bitmap": {"", 4 + 7*32},
	} {
		bad := good
		bad.Data = bytes.Clone(good.Data)
		bad.Data[want.at] ^= 2
		t.Log(name)
		d.fails(alice, bad, want.error)
	}
	for range 12 {
		d.block()
	}
	d.fails(alice, good, "BlobLapsed")
	require.EqualValues(t, datypes.BLOB_STATUS_LAPSED, d.blob(one[0]).Status)
	d.owes()
}

// least is the signer with the fewest votes.
func (d *daStage) least() daSigner { return d.signers[len(d.signers)-1] }

// A bounty is paid once the blob is confirmed and the chunk that the beacon drew
// was shown. mission E05
func TestBlobBounty(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	sponsor, alice, bob := d.Accounts[5], d.Accounts[6], d.Accounts[7]
	blob := d.encode(bytes.Repeat([]byte("published "), 2500)) // rows of 6272 bytes, 4 chunks
	bounty := d.deployed(sponsor, compiledOf(t, examples.BlobBounty, "BlobBounty"))
	bounty.must(sponsor, zg(10).BigInt(), "offer", blob.Preimage())
	short := blob.Preimage()[:84]
	bounty.fails(bounty.call(sponsor, zg(1).BigInt(), "offer", short), "NotACommitment")
	none := new(big.Int)
	bounty.fails(bounty.call(alice, zg(1).BigInt(), "claim", none), "NotConfirmed")

	root := blob.DataRoot()
	d.must(alice, zg(1).BigInt(), submitBlobs, erasure.Test.ID, [][32]byte{root}, []uint64{blob.DataLen})
	bounty.fails(bounty.call(alice, zg(1).BigInt(), "claim", none), "NotConfirmed")
	d.mustEth(alice, d.confirmation(everyone, root))
	bounty.fails(bounty.call(alice, big.NewInt(1), "claim", none), "BondTooSmall")
	r := bounty.must(alice, zg(1).BigInt(), "claim", none)
	drawn, err := bounty.ABI.Events["Claimed"].Inputs.NonIndexed().Unpack(r.Logs[0].Data)
	require.NoError(t, err)
	row, index := drawn[0].(uint32), drawn[1].(uint32)
	bounty.fails(bounty.call(bob, zg(1).BigInt(), "claim", none), "ClaimStands")
	bounty.fails(bounty.call(sponsor, nil, "retract", none), "ClaimStands")

	chunk, err := erasure.ChunkOf(blob.Row(int(row)), int(index))
	require.NoError(t, err)
	require.Equal(t, []any{true, root}, d.read(verifyChunk, blob.Preimage(), row, index, chunk.Data, chunk.Path))
	bad := bytes.Clone(chunk.Data)
	bad[0] ^= 1
	for name, refused := range map[string][]any{
		"data": {blob.Preimage(), row, index, bad, chunk.Path}, "row": {blob.Preimage(), row ^ 1, index, chunk.Data, chunk.Path},
		"chunk": {blob.Preimage(), row, index ^ 1, chunk.Data, chunk.Path}, "path": {blob.Preimage(), row, index, chunk.Data, chunk.Path[1:]},
		"preimage": {short, row, index, chunk.Data, chunk.Path}, "far": {blob.Preimage(), uint32(1 << 31), index, chunk.Data, chunk.Path},
	} {
		require.Equal(t, []any{false, [32]byte{}}, d.read(verifyChunk, refused...), name)
	}
	bounty.fails(bounty.call(alice, nil, "collect", none, bad, chunk.Path), "NotTheChunk")
	bounty.fails(bounty.call(bob, nil, "collect", none, chunk.Data, chunk.Path), "NotTheClaimant")
	before := d.Balance(alice.Address)
	r = bounty.must(alice, nil, "collect", none, chunk.Data, chunk.Path)
	require.Equal(t, before.Add(zg(11)).Sub(apptestFee(r.GasUsed)).String(), d.Balance(alice.Address).String(), "the bounty and the bond")
	require.Equal(t, "0", d.balanceOf(bounty.at).String())
}
