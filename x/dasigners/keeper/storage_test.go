package keeper_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// logRoots are what enters payloads into the log, as `zg put` computes them.
func logRoots(tb testing.TB, payloads ...[]byte) (packedRoots []byte, files []*merkle.File) {
	tb.Helper()
	for _, payload := range payloads {
		file, err := merkle.NewFileFromData(payload)
		require.NoError(tb, err)
		for _, node := range file.Nodes() {
			packedRoots = append(packedRoots, node.Root[:]...)
		}
		files = append(files, file)
	}
	return packedRoots, files
}

// payloadsOf have 1, 1 and 3 subtrees: one sector, a power of two, and 7 of 8.
func payloadsOf(rng *rand.Rand) (payloads [][]byte) {
	for _, sizeBytes := range []int{9, 4 * 256, 7*256 - 1} {
		payload := make([]byte, sizeBytes)
		for i := range payload {
			payload[i] = byte(rng.Uint32())
		}
		payloads = append(payloads, payload)
	}
	return payloads
}

func (f *fixture) submitStored(payloads [][]byte, packedRoots []byte) (*types.MsgSubmitBlobsResponse, error) {
	msg := &types.MsgSubmitBlobs{Submitter: payer.String(), Profile: uint32(erasure.Test.ID), MaxFee: sdkmath.NewInt(funds), StorageRoots: packedRoots}
	for i, payload := range payloads {
		root := rootOf(byte(i))
		msg.DataRoots, msg.DataLens = append(msg.DataRoots, root[:]...), append(msg.DataLens, uint64(len(payload)))
	}
	return f.submitMsg(msg)
}

// mission D17 (the chain's half): a confirmed blob is an entry of the log whose
// root is that of its payload as a file, in the order of the confirmation, paid
// with what was held since it was ordered.
func TestAConfirmedBlobEntersTheLog(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	f, members := running(t, 60, 60)
	payloads := payloadsOf(rand.New(rand.NewPCG(seed, 0)))
	roots, files := logRoots(t, payloads...)
	require.Len(t, roots, 32*(1+1+3))
	receipt, err := f.submitStored(payloads, roots)
	require.NoError(t, err)
	require.Equal(t, "120", receipt.StorageEndowment.String(), "12 sectors of 10 azg")
	f.balance()
	require.Empty(t, f.log.entries, "not before it is confirmed")
	_, err = f.confirm(f.sign(members, 1, 3, all))
	require.NoError(t, err)
	require.Len(t, f.log.entries, 3)
	for i, entry := range f.log.entries {
		root := rootOf(byte(i))
		nodes, err := entry.submission.MerkleNodes()
		require.NoError(t, err, "minable: the log's own rules hold")
		require.Equal(t, files[i].Root(), merkle.FileRoot(nodes))
		require.Equal(t, append([]byte("zgd/da"), root[:]...), entry.submission.Tags)
		require.Equal(t, uint64(len(payloads[i])), entry.submission.SizeBytes)
		require.Equal(t, payer, entry.owner)
		require.Equal(t, int64(10*layout.PaddedSectors(uint64(len(payloads[i])))), entry.paid)
		blob, err := f.keeper.Blob(f.ctx, uint64(i)+1)
		require.NoError(t, err)
		fileRoot := files[i].Root()
		require.Equal(t, []any{uint64(i) + 1, fileRoot[:]}, []any{blob.StorageTxSeq, blob.StorageRoot})
	}
	f.balance()
	f.next()
}

// What the log does not take goes back to the submitter; the confirmation holds.
func TestARefusingLogDoesNotUndoAConfirmation(t *testing.T) {
	for name, refuse := range map[string]func(*dataLog){
		"paused": func(l *dataLog) { l.closed = flowtypes.ErrPaused },
		"dearer": func(l *dataLog) { l.price++ },
	} {
		f, members := running(t, 60, 60)
		roots, _ := logRoots(t, make([]byte, 100))
		_, err := f.submitStored([][]byte{make([]byte, 100)}, roots)
		require.NoError(t, err, name)
		refuse(f.log)
		result, err := f.confirm(f.sign(members, 1, 1, all))
		require.NoError(t, err, name)
		require.Equal(t, uint32(1), result.Confirmed, name)
		reward, err := f.keeper.Reward(f.ctx, payer)
		require.NoError(t, err)
		require.Equal(t, "10", reward.String(), name)
		blob, err := f.keeper.Blob(f.ctx, 1)
		require.NoError(t, err)
		require.Zero(t, blob.StorageTxSeq)
		f.balance()
		f.next()
	}
}

func TestEndowmentsReturnWholeWhenABlobLapses(t *testing.T) {
	f, _ := running(t, 60, 60)
	before := f.bank.of(string(payer))
	roots, _ := logRoots(t, make([]byte, 100))
	receipt, err := f.submitStored([][]byte{make([]byte, 100)}, roots)
	require.NoError(t, err)
	f.to(16)
	refund := receipt.Fee.QuoRaw(2)
	require.Equal(t, before.Sub(receipt.Fee).Add(refund).String(), f.bank.of(string(payer)).String())
	require.Empty(t, f.log.entries)
	f.balance()
}

func TestLogEntriesAreRefusedOneByteAway(t *testing.T) {
	f, _ := running(t, 60, 60)
	payloads := [][]byte{make([]byte, 7*256), make([]byte, 9)}
	good, _ := logRoots(t, payloads...)
	for name, bad := range map[string][]byte{
		"a byte less": good[1:], "a byte more": append([]byte{1}, good...), "a root less": good[32:],
	} {
		_, err := f.submitStored(payloads, bad)
		require.ErrorIs(t, err, types.ErrInvalidMessage, name)
	}
	f.log.closed = flowtypes.ErrPaused
	_, err := f.submitStored(payloads, good)
	require.ErrorIs(t, err, flowtypes.ErrPaused)
	f.log.closed = nil
	msg := &types.MsgSubmitBlobs{Submitter: payer.String(), Profile: 4, DataRoots: make([]byte, 32), DataLens: []uint64{9}, StorageRoots: good[:32]}
	msg.MaxFee = sdkmath.NewInt(1003 + 9)
	_, err = f.submitMsg(msg)
	require.ErrorIs(t, err, types.ErrFeeTooHigh, "the endowment counts")
	msg.MaxFee = sdkmath.NewInt(1003 + 10)
	receipt, err := f.submitMsg(msg)
	require.NoError(t, err, "%v", receipt)
}

// mission D02: whoever copies a root pays for it and keeps nobody out; what is read
// by root is the confirmed blob.
func TestACopiedRootKeepsNobodyOut(t *testing.T) {
	f, members := running(t, 60, 60)
	thief := members[0].address
	stolen := &types.MsgSubmitBlobs{Submitter: thief.String(), Profile: 4, MaxFee: sdkmath.NewInt(funds), DataLens: []uint64{1000}}
	root := rootOf(1)
	stolen.DataRoots = root[:]
	_, err := f.submitMsg(stolen)
	require.NoError(t, err)
	_, err = f.submit(root)
	require.NoError(t, err, "the owner, later in the block")
	_, err = f.submitMsg(stolen)
	require.ErrorIs(t, err, types.ErrDuplicateBlob)
	_, err = f.submit(root)
	require.ErrorIs(t, err, types.ErrDuplicateBlob)
	newest, err := f.keeper.BlobWithRoot(f.ctx, root)
	require.NoError(t, err)
	require.Equal(t, uint64(2), newest.BlobId)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.NoError(t, err)
	read, err := f.keeper.BlobWithRoot(f.ctx, root)
	require.NoError(t, err)
	require.Equal(t, uint64(1), read.BlobId, "the confirmed one, though the other is newer")
	_, err = f.confirm(f.sign(members, 2, 1, all))
	require.NoError(t, err)
	read, err = f.keeper.BlobWithRoot(f.ctx, root)
	require.NoError(t, err)
	require.Equal(t, uint64(2), read.BlobId, "the newest confirmed")
	hexRoot := "0x01010000000000000000000000000000000000000000000000000000000000" + "00"
	mine, err := f.queries.Blob(f.ctx, &types.QueryBlobRequest{DataRoot: hexRoot, Submitter: thief.String()})
	require.NoError(t, err)
	require.Equal(t, uint64(1), mine.Blob.BlobId)
	f.to(32)
	_, err = f.keeper.BlobWithRoot(f.ctx, root)
	require.ErrorIs(t, err, types.ErrBlobNotFound, "both are forgotten")
	_, err = f.keeper.BlobOf(f.ctx, root, thief)
	require.ErrorIs(t, err, types.ErrBlobNotFound)
}
