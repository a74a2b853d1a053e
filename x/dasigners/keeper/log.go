package keeper

import (
	"context"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// FlowEntries and FlowParams are what FlowLog asks of x/flow: its keeper, and its
// queries.
type (
	FlowEntries interface {
		Append(ctx context.Context, flowID uint64, payer, submitter sdk.AccAddress, s flowtypes.Submission, offered sdkmath.Int) (flowtypes.Entry, error)
	}
	FlowParams interface {
		Params(ctx context.Context, req *flowtypes.QueryParamsRequest) (*flowtypes.QueryParamsResponse, error)
	}
)

// FlowLog answers types.StorageLog from x/flow.
type FlowLog struct {
	Entries FlowEntries
	Params  FlowParams
}

// Price is the floor for the padded sectors. Exactly that much is taken whole.
func (l FlowLog) Price(ctx context.Context, sizeBytes uint64) (sdkmath.Int, error) {
	answer, err := l.Params.Params(ctx, &flowtypes.QueryParamsRequest{})
	if err != nil {
		return sdkmath.Int{}, err
	}
	if answer.Params.Paused {
		return sdkmath.Int{}, flowtypes.ErrPaused
	}
	sectors := layout.PaddedSectors(sizeBytes)
	if sectors > answer.Params.MaxEntrySectors {
		return sdkmath.Int{}, flowtypes.ErrInvalidSubmission.Wrapf("%d sectors, want at most %d", sectors, answer.Params.MaxEntrySectors)
	}
	return answer.Params.PriceFloor.Mul(sdkmath.NewIntFromUint64(sectors)), nil
}

// Enter appends to the main flow.
func (l FlowLog) Enter(ctx context.Context, owner sdk.AccAddress, entry flowtypes.Submission, endowment sdkmath.Int) (uint64, error) {
	stored, err := l.Entries.Append(ctx, flowtypes.MainFlowID, types.ModuleAddress, owner, entry, endowment)
	return stored.TxSeq, err
}

// reserveLog notes the log entry of a new blob and prices it.
func (k Keeper) reserveLog(ctx context.Context, blob *types.Blob, nodes []byte) (err error) {
	if k.Log == nil {
		return types.ErrNotAvailable.Wrap("storage_roots: there is no log")
	}
	if blob.StorageRoot, err = types.FileRoot(blob.DataRoot, blob.DataLen, nodes); err != nil {
		return err
	}
	blob.StorageNodes = nodes
	blob.StorageEndowment, err = k.Log.Price(ctx, blob.DataLen)
	return err
}

// enterLog enters a blob that is being confirmed into the log. A log that refuses
// now, paused or dearer than it was, does not undo the confirmation: the endowment
// waits for the submitter's ClaimRewards.
func (k Keeper) enterLog(ctx context.Context, blob *types.Blob) error {
	if len(blob.StorageNodes) == 0 {
		return nil
	}
	submitter, err := types.Address("submitter", blob.Submitter)
	if err != nil {
		return err
	}
	event := &types.EventStorage{
		BlobId: blob.BlobId, DataRoot: blob.DataRoot, StorageRoot: blob.StorageRoot, Endowment: blob.StorageEndowment.String(),
	}
	blob.StorageTxSeq, err = k.enter(ctx, submitter, *blob)
	if err != nil {
		event.Reason = err.Error()
		if err := k.addReward(ctx, submitter, blob.StorageEndowment); err != nil {
			return err
		}
	}
	event.TxSeq = blob.StorageTxSeq
	return emit(ctx, event)
}

// enter leaves nothing of an entry that failed.
func (k Keeper) enter(ctx context.Context, owner sdk.AccAddress, blob types.Blob) (uint64, error) {
	if k.Log == nil {
		return 0, types.ErrNotAvailable.Wrap("there is no log")
	}
	branch, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	txSeq, err := k.Log.Enter(branch, owner, types.LogEntry(blob.DataRoot, blob.DataLen, blob.StorageNodes), blob.StorageEndowment)
	if err != nil {
		return 0, err
	}
	write()
	return txSeq, nil
}
