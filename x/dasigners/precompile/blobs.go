package precompile

import (
	"errors"
	"math"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// blob is a result with the names of the ABI.
type blob struct {
	BlobId         uint64 //nolint:revive,staticcheck // the ABI's name
	DataRoot       [32]byte
	DataLen        uint64
	Profile        uint8
	Epoch          *big.Int
	QuorumId       *big.Int //nolint:revive,staticcheck // the ABI's name
	Submitter      common.Address
	SubmitHeight   uint64
	DeadlineHeight uint64
	ConfirmHeight  uint64
	Status         uint8
	Fee            *big.Int

	StorageRoot      [32]byte
	StorageEndowment *big.Int
	SubmissionIndex  *big.Int
}

// ConfirmedProof is an argument as go-ethereum's abi builds it.
type ConfirmedProof = struct {
	Height   uint64     `json:"height"`
	BlobId   uint64     `json:"blobId"` //nolint:revive,staticcheck // the ABI's name
	Epoch    *big.Int   `json:"epoch"`
	QuorumId *big.Int   `json:"quorumId"` //nolint:revive,staticcheck // the ABI's name
	Index    uint32     `json:"index"`
	Path     [][32]byte `json:"path"`
}

const isConfirmedOld = "isConfirmed(bytes32,(uint64,uint64,uint256,uint256,uint32,bytes32[]))"

// blobs is the table of what can be read of blobs.
func (c contracts) blobs() table {
	return table{
		"getBlob(uint64)": flat(gasRead, func(call contract.Call, args []any) ([]any, error) {
			return result(c.keeper.Blob(call.Ctx, args[0].(uint64)))
		}),
		"getBlob(bytes32)": flat(gasByRoot, func(call contract.Call, args []any) ([]any, error) {
			return result(c.keeper.BlobWithRoot(call.Ctx, args[0].([32]byte)))
		}),
		"getBlob(bytes32,address)": flat(gasRead, func(call contract.Call, args []any) ([]any, error) {
			return result(c.keeper.BlobOf(call.Ctx, args[0].([32]byte), account(args[1].(common.Address))))
		}),
		"isConfirmed(bytes32)":  flat(gasByRoot, c.isConfirmed),
		"confirmedRoot(uint64)": flat(gasRead, c.confirmedRoot),
		isConfirmedOld: {Gas: contract.Gas{Base: gasRead, Extra: func(args []any) uint64 {
			return gasHashSibling * uint64(1+len(args[1].(ConfirmedProof).Path))
		}}, Run: c.wasConfirmed},
	}
}

func result(b types.Blob, err error) ([]any, error) {
	if err != nil {
		return nil, err
	}
	submitter, err := address(b.Submitter)
	return []any{blob{
		BlobId: b.BlobId, DataRoot: hash(b.DataRoot), DataLen: b.DataLen, Profile: uint8(b.Profile),
		Epoch: number(b.Epoch), QuorumId: number(uint64(b.QuorumId)), Submitter: submitter,
		SubmitHeight: uint64(b.SubmitHeight), DeadlineHeight: uint64(b.DeadlineHeight), ConfirmHeight: uint64(b.ConfirmHeight),
		Status: uint8(b.Status), Fee: b.Fee.BigInt(),
		StorageRoot: hash(b.StorageRoot), StorageEndowment: b.StorageEndowment.BigInt(), SubmissionIndex: number(b.StorageTxSeq),
	}}, err
}

func (c contracts) isConfirmed(call contract.Call, args []any) ([]any, error) {
	b, err := c.keeper.BlobWithRoot(call.Ctx, args[0].([32]byte))
	if errors.Is(err, types.ErrBlobNotFound) {
		return []any{false}, nil
	}
	return []any{b.Status == types.BLOB_STATUS_CONFIRMED}, err
}

// root is that of the blobs confirmed in a block; without blobs there is none.
func (c contracts) root(call contract.Call, height uint64) (types.ConfirmedRoot, error) {
	if height > math.MaxInt64 {
		return types.ConfirmedRoot{}, nil
	}
	response, err := c.queries.ConfirmedRoot(call.Ctx, &types.QueryConfirmedRootRequest{Height: int64(height)})
	if status.Code(err) == codes.NotFound {
		return types.ConfirmedRoot{}, nil
	}
	if err != nil {
		return types.ConfirmedRoot{}, err
	}
	return response.Root, nil
}

func (c contracts) confirmedRoot(call contract.Call, args []any) ([]any, error) {
	root, err := c.root(call, args[0].(uint64))
	return []any{hash(root.Root), root.Blobs, number(root.Epoch)}, err
}

// wasConfirmed walks from the blob up to the root of the block; the number of
// blobs, which gives the tree its shape, is the chain's and not the caller's.
func (c contracts) wasConfirmed(call contract.Call, args []any) ([]any, error) {
	p := args[1].(ConfirmedProof)
	epoch, id, err := quorumAt(p.Epoch, p.QuorumId)
	if err != nil {
		return []any{false}, nil //nolint:nilerr // no blob is of such a quorum
	}
	root, err := c.root(call, p.Height)
	if err != nil || root.Blobs == 0 {
		return []any{false}, err
	}
	leaf := erasure.ConfirmedLeaf(p.BlobId, args[0].([32]byte), epoch, id)
	return []any{erasure.CheckMerklePath(leaf, int(p.Index), int(root.Blobs), p.Path, hash(root.Root))}, nil
}
