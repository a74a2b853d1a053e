package precompile

import (
	"math/big"
	"slices"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// ordering is the table of what changes blobs.
func (c contracts) ordering() table {
	return table{
		"quote(uint64)": flat(gasQuote, c.quote),
		"submitBlobs(uint8,bytes32[],uint64[])": {
			Gas: eachOf[[32]byte](gasSubmit, 1, gasSubmitBlob),
			Run: func(call contract.Call, args []any) ([]any, error) {
				results, err := c.submit(call, args, nil, call.Value)
				return results[:min(4, len(results))], err
			},
		},
		"submitBlobs(uint8,bytes32[],uint64[],uint256)": {
			Gas: eachOf[[32]byte](gasSubmit, 1, gasSubmitBlob),
			Run: func(call contract.Call, args []any) ([]any, error) {
				results, err := c.submit(call, args, nil, sdkmath.NewIntFromBigInt(args[3].(*big.Int)))
				return results[:min(4, len(results))], err
			},
		},
		"submitBlobs(uint8,bytes32[],uint64[],bytes32[])": {
			Gas: contract.Gas{Base: gasSubmit, Extra: func(args []any) uint64 {
				return gasSubmitBlob*uint64(len(args[1].([][32]byte))) + gasSubmitNode*uint64(len(args[3].([][32]byte)))
			}},
			Run: func(call contract.Call, args []any) ([]any, error) {
				return c.submit(call, args, args[3].([][32]byte), call.Value)
			},
		},
		"confirmBatch(uint64[],bytes,(uint256,uint256))": {
			Gas: contract.Gas{Base: gasConfirm, Extra: func(args []any) uint64 {
				return gasConfirmBlob*uint64(len(args[0].([]uint64))) + ofMembers(args[1], gasMember+gasMemberTally)
			}},
			Run: c.confirm,
		},
	}
}

func (c contracts) quote(call contract.Call, args []any) ([]any, error) {
	dataLen := args[0].(uint64)
	params, err := c.keeper.Params.Get(call.Ctx)
	if err != nil {
		return nil, err
	}
	if most := params.MaxBlobBytes - erasure.HeaderSize; dataLen == 0 || dataLen > most {
		return nil, types.ErrBlobTooLarge.Wrapf("%d bytes, want 1 to %d", dataLen, most)
	}
	q, err := c.queries.Quote(call.Ctx, &types.QueryQuoteRequest{DataLen: dataLen})
	if err != nil {
		return nil, err
	}
	return []any{q.Fee.BigInt(), uint8(q.Profile), q.RowSize, q.StorageEndowment.BigInt()}, nil
}

// submit is the keeper's verb; maxFee is the most that the caller pays. storage is
// nil, or the subtrees of all log entries.
func (c contracts) submit(call contract.Call, args []any, storage [][32]byte, maxFee sdkmath.Int) ([]any, error) {
	profile, roots, lens := args[0].(uint8), args[1].([][32]byte), args[2].([]uint64)
	if err := c.checkBatch(call, len(roots)); err != nil {
		return nil, err
	}
	if len(lens) != len(roots) {
		return nil, types.ErrInvalidMessage.Wrapf("%d dataLens for %d dataRoots", len(lens), len(roots))
	}
	nodes, err := types.MsgSubmitBlobs{DataLens: lens, StorageRoots: slices.Concat(sliced(storage)...)}.LogNodes()
	if err != nil {
		return nil, err
	}
	receipt, err := c.keeper.SubmitBlobs(call.Ctx, keeper.Submission{
		Submitter: call.Sender(), Profile: uint32(profile), Roots: roots, DataLens: lens, LogNodes: nodes, MaxFee: maxFee,
	})
	if err != nil {
		return nil, err
	}
	epoch, id, fee, endowment := number(receipt.Epoch), number(uint64(receipt.QuorumID)), receipt.Fee.BigInt(), receipt.Endowment.BigInt()
	return []any{receipt.FirstBlobID, epoch, id, fee, endowment}, call.Emit(c.abi.Events["BlobsSubmitted"],
		call.Caller, receipt.FirstBlobID, epoch, id, profile, roots, lens, fee, endowment)
}

// sliced lists hashes as messages have them.
func sliced(hashes [][32]byte) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		out[i] = hashes[i][:]
	}
	return out
}

func (c contracts) checkBatch(call contract.Call, blobs int) error {
	params, err := c.keeper.Params.Get(call.Ctx)
	if err != nil {
		return err
	}
	if blobs == 0 || blobs > int(params.MaxBatch) {
		return types.ErrInvalidMessage.Wrapf("%d blobs, want 1 to %d", blobs, params.MaxBatch)
	}
	return nil
}

func (c contracts) confirm(call contract.Call, args []any) ([]any, error) {
	ids, bitmap := args[0].([]uint64), args[1].([]byte)
	if err := c.checkBatch(call, len(ids)); err != nil {
		return nil, err
	}
	if err := ascending(ids); err != nil {
		return nil, err
	}
	first, err := c.keeper.Blob(call.Ctx, ids[0])
	if err != nil {
		return nil, err
	}
	result, err := c.keeper.ConfirmBatch(call.Ctx, ids, bitmap, g1Wire(args[2].(G1Point)))
	if err != nil {
		return nil, err
	}
	hit, total := number(uint64(result.Hit)), number(uint64(result.Total))
	return []any{number(uint64(len(result.Confirmed))), hit, total}, call.Emit(c.abi.Events["BlobsConfirmed"],
		number(first.Epoch), number(uint64(first.QuorumId)), result.Confirmed, hit, total)
}

// ascending is the order that a batch is signed in.
func ascending(ids []uint64) error {
	for i, id := range ids {
		if id == 0 || i > 0 && id <= ids[i-1] {
			return types.ErrInvalidMessage.Wrapf("blobIds[%d] is %d, want ids from 1 that ascend", i, id)
		}
	}
	return nil
}
