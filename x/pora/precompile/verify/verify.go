package verify

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/x/contract"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/types"
)

// ABI is a bare array as solc writes it.
//
//go:embed storageverify.abi.json
var ABI []byte

// Gas of the functions. Calldata is paid on top, 4 a byte, by the door.
const (
	gasInclusion = 2_000   // the call
	gasSector    = 100     // two hashes, 1 µs
	gasSibling   = 100     // one hash
	gasRecord    = 3_000   // an entry or a context is read
	gasReplicas  = 100_000 // at most 376 nodes of the replica index
)

// FlowKeeper is what is asked of the data log.
type FlowKeeper interface {
	// Entry returns an entry, or flowtypes.ErrEntryNotFound.
	Entry(ctx context.Context, flowID, txSeq uint64) (flowtypes.Entry, error)
	// Context returns the context of an epoch, of the newest for epoch 0.
	Context(ctx context.Context, flowID, epoch uint64) (flowtypes.MiningContext, error)
}

// PoraKeeper counts replicas.
type PoraKeeper interface {
	// ReplicasOf counts the claims that hold a sector.
	ReplicasOf(ctx context.Context, flowID, sector uint64) (uint64, error)
}

type verifier struct {
	flow FlowKeeper
	pora PoraKeeper
	abi  abi.ABI
}

// New builds the contract.
func New(flow FlowKeeper, pora PoraKeeper, bank contract.BankKeeper, address common.Address) *contract.Contract {
	parsed, err := abi.JSON(bytes.NewReader(ABI))
	if err != nil {
		panic(fmt.Errorf("x/pora/precompile/verify: %w", err)) // the file is embedded
	}
	v := verifier{flow: flow, pora: pora, abi: parsed}
	return contract.New("verify", address, ABI, map[string]contract.Function{
		"inclusion(bytes32,uint256,uint256,bytes,bytes32[])":          {Gas: hashing(gasInclusion), Run: inclusion},
		"entryInclusion(uint256,uint256,bytes,bytes32[])":             {Gas: hashing(gasInclusion + gasRecord), Run: v.entryInclusion},
		"segmentInclusion(bytes32,uint256,uint256,bytes32,bytes32[])": {Gas: hashing(gasInclusion), Run: segmentInclusion},
		"flowInclusion(bytes32,uint256,uint256,bytes,bytes32[])":      {Gas: hashing(gasInclusion), Run: flowInclusion},
		"contextInclusion(uint256,uint256,bytes,bytes32[])":           {Gas: hashing(gasInclusion + gasRecord), Run: v.contextInclusion},
		"contextRoot(uint256)":                                        {Gas: contract.Gas{Base: gasRecord}, Run: v.contextRoot},
		"replicas(uint256)":                                           {Gas: contract.Gas{Base: gasReplicas}, Run: v.replicas},
	}, bank, flowtypes.Denom)
}

// hashing is a price that grows with leaf and proof, the last arguments.
func hashing(base uint64) contract.Gas {
	return contract.Gas{Base: base, Extra: func(args []any) (sum uint64) {
		if leaf, ok := args[len(args)-2].([]byte); ok {
			sum = gasSector * uint64(len(leaf)/sectorBytes)
		}
		return sum + gasSibling*uint64(len(args[len(args)-1].([][32]byte)))
	}}
}

func (v verifier) entryInclusion(call contract.Call, args []any) ([]any, error) {
	index := args[0].(*big.Int)
	unknown := contract.NewRevert(v.abi.Errors["UnknownEntry"], index)
	if !index.IsUint64() {
		return nil, unknown
	}
	entry, err := v.flow.Entry(call.Ctx, types.MiningFlowID, index.Uint64())
	if errors.Is(err, flowtypes.ErrEntryNotFound) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	root := common.BytesToHash(entry.Root)
	return answer(inFile(root, new(big.Int).SetUint64(entry.SizeBytes), args[1], args[2], args[3]))
}

// context reads the context of an epoch.
func (v verifier) context(call contract.Call, epoch *big.Int) (flowtypes.MiningContext, error) {
	unknown := contract.NewRevert(v.abi.Errors["UnknownContext"], epoch)
	if !epoch.IsUint64() {
		return flowtypes.MiningContext{}, unknown
	}
	c, err := v.flow.Context(call.Ctx, types.MiningFlowID, epoch.Uint64())
	if errors.Is(err, flowtypes.ErrContextNotFound) {
		return c, unknown
	}
	return c, err
}

func (v verifier) contextInclusion(call contract.Call, args []any) ([]any, error) {
	c, err := v.context(call, args[0].(*big.Int))
	if err != nil {
		return nil, err
	}
	length := new(big.Int).SetUint64(c.FlowLengthSectors)
	return answer(inFlow(common.BytesToHash(c.FlowRoot), length, args[1], args[2], args[3]))
}

func (v verifier) contextRoot(call contract.Call, args []any) ([]any, error) {
	c, err := v.context(call, args[0].(*big.Int))
	if err != nil {
		return nil, err
	}
	return []any{
		new(big.Int).SetUint64(c.Epoch), common.BytesToHash(c.FlowRoot),
		new(big.Int).SetUint64(c.FlowLengthSectors), common.BytesToHash(c.Digest),
	}, nil
}

func (v verifier) replicas(call contract.Call, args []any) ([]any, error) {
	sector := args[0].(*big.Int)
	if !sector.IsUint64() {
		return []any{new(big.Int)}, nil
	}
	replicas, err := v.pora.ReplicasOf(call.Ctx, types.MiningFlowID, sector.Uint64())
	return []any{new(big.Int).SetUint64(replicas)}, err
}
