package simulation

import (
	"context"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// MsgSubmitBlobsFactory orders one blob, sometimes for the log.
func MsgSubmitBlobsFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSubmitBlobs] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubmitBlobs) {
		epoch, epochErr := k.Epoch.Get(ctx)
		params, err := k.Params.Get(ctx)
		if epochErr != nil || err != nil || epoch.Quorums == 0 {
			reporter.Skip("no quorum")
			return nil, nil
		}
		record, err := k.Quorum(ctx, epoch.Number, 0)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		r := data.Rand()
		b, err := blobNumber(k, r.Intn(payloads))
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		root, dataLen := b.DataRoot(), b.DataLen
		msg := &types.MsgSubmitBlobs{Profile: record.Profile, DataRoots: root[:], DataLens: []uint64{dataLen}}
		most, ok := price(ctx, k, params, dataLen, reporter)
		if !ok {
			return nil, nil
		}
		if r.Intn(3) == 0 {
			msg.StorageRoots = make([]byte, 32*len(layout.NodeHeights(layout.PaddedSectors(dataLen))))
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() || !take(&from, most, reporter) {
			return nil, nil
		}
		if standing, err := k.BlobOf(ctx, root, from.Address); err == nil && standing.Status != types.BLOB_STATUS_LAPSED {
			reporter.Skip("has ordered it")
			return nil, nil
		}
		msg.Submitter, msg.MaxFee = from.AddressBech32, most
		return []simsx.SimAccount{from}, msg
	}
}

// price is the fee and the endowment of a blob.
func price(ctx context.Context, k keeper.Keeper, params types.Params, dataLen uint64, reporter simsx.SimulationReporter) (sdkmath.Int, bool) {
	profile, err := params.Profile()
	if err != nil {
		reporter.Skip(err.Error())
		return sdkmath.Int{}, false
	}
	fee, err := params.Fee(profile, dataLen)
	if err != nil {
		reporter.Skip(err.Error())
		return sdkmath.Int{}, false
	}
	endowment, err := k.Log.Price(ctx, dataLen)
	if err != nil {
		reporter.Skip(err.Error())
		return sdkmath.Int{}, false
	}
	return fee.Add(endowment), true
}

// MsgConfirmBatchFactory confirms the blob with the nearest deadline, signed by all
// members of its quorum.
func MsgConfirmBatchFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgConfirmBatch] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgConfirmBatch) {
		answer, err := keeper.NewQueryServer(k).PendingBlobs(ctx, &types.QueryPendingBlobsRequest{Limit: 1})
		if err != nil || len(answer.Blobs) == 0 || answer.Blobs[0].DeadlineHeight < sdk.UnwrapSDKContext(ctx).BlockHeight() {
			reporter.Skip("no blob waits")
			return nil, nil
		}
		msg, err := sign(ctx, k, answer.Blobs[0])
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		msg.Sender = from.AddressBech32
		return []simsx.SimAccount{from}, msg
	}
}

func sign(ctx context.Context, k keeper.Keeper, blob types.Blob) (*types.MsgConfirmBatch, error) {
	record, err := k.Quorum(ctx, blob.Epoch, blob.QuorumId)
	if err != nil {
		return nil, err
	}
	root := erasure.MerkleRoot([]erasure.Hash{erasure.BatchLeaf(erasure.Hash(blob.DataRoot), blob.BlobId)})
	message := erasure.BatchMessage(k.EVMChainID, blob.Epoch, blob.QuorumId, 1, root)
	members := record.Drawn().Members
	msg, sum := &types.MsgConfirmBatch{FirstBlobId: blob.BlobId, MemberBitmap: make([]byte, (len(members)+7)/8)}, bls.SumG1()
	for m, address := range members {
		key, err := secret(address[:])
		if err != nil {
			return nil, err
		}
		point, err := key.Sign(bls.DomainBatch, message)
		if err != nil {
			return nil, err
		}
		sum = bls.SumG1(sum, point)
		msg.MemberBitmap[m/8] |= 1 << (m % 8)
	}
	msg.Signature = bls.EncodeG1(&sum)
	return msg, nil
}
