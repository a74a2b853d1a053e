package precompile

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/flow/types"
)

// Arguments as go-ethereum's abi builds them: names, order and tags are those of
// the ABI, TestArgumentsHaveTheTypesOfTheABI holds them together.
type (
	SubmissionNode = struct {
		Root   [32]byte `json:"root"`
		Height *big.Int `json:"height"`
	}
	SubmissionData = struct {
		Length *big.Int         `json:"length"`
		Tags   []byte           `json:"tags"`
		Nodes  []SubmissionNode `json:"nodes"`
	}
	Submission = struct {
		Data      SubmissionData `json:"data"`
		Submitter common.Address `json:"submitter"`
	}
)

// item is one submission of a call, of either ABI.
type item struct {
	data      SubmissionData
	submitter *common.Address // nil: the caller
}

// entering is the table of submit and batchSubmit.
func (c contracts) entering() table {
	one := func(arg any) []item { return []item{{data: arg.(SubmissionData)}} }
	oneFor := func(arg any) []item { return []item{named(arg.(Submission))} }
	many := func(arg any) (items []item) {
		for _, data := range arg.([]SubmissionData) {
			items = append(items, item{data: data})
		}
		return items
	}
	manyFor := func(arg any) (items []item) {
		for _, s := range arg.([]Submission) {
			items = append(items, named(s))
		}
		return items
	}
	return table{
		"submit((uint256,bytes,(bytes32,uint256)[]))":                  {Gas: gasOfAll(0, one), Run: c.submit(one)},
		"submit(((uint256,bytes,(bytes32,uint256)[]),address))":        {Gas: gasOfAll(0, oneFor), Run: c.submit(oneFor)},
		"batchSubmit((uint256,bytes,(bytes32,uint256)[])[])":           {Gas: gasOfAll(gasBatch, many), Run: c.batchSubmit(many)},
		"batchSubmit(((uint256,bytes,(bytes32,uint256)[]),address)[])": {Gas: gasOfAll(gasBatch, manyFor), Run: c.batchSubmit(manyFor)},
	}
}

func named(s Submission) item { return item{data: s.Data, submitter: &s.Submitter} }

func (c contracts) submit(unpack func(any) []item) func(contract.Call, []any) ([]any, error) {
	return func(call contract.Call, args []any) ([]any, error) {
		entries, err := c.enter(call, unpack(args[0]))
		if err != nil {
			return nil, err
		}
		index, digest, start, sectors := columns(entries)
		return []any{index[0], digest[0], start[0], sectors[0]}, nil
	}
}

func (c contracts) batchSubmit(unpack func(any) []item) func(contract.Call, []any) ([]any, error) {
	return func(call contract.Call, args []any) ([]any, error) {
		entries, err := c.enter(call, unpack(args[0]))
		if err != nil {
			return nil, err
		}
		index, digest, start, sectors := columns(entries)
		return []any{index, digest, start, sectors}, nil
	}
}

// columns are the results of submissions, one list a column.
func columns(entries []types.Entry) (index []*big.Int, digest [][32]byte, start, sectors []*big.Int) {
	for _, entry := range entries {
		index = append(index, number(entry.TxSeq))
		digest = append(digest, identity(entry))
		start = append(start, number(entry.StartSector))
		sectors = append(sectors, number(entry.Sectors))
	}
	return index, digest, start, sectors
}

// enter appends the submissions in order, each with its share of the value and
// its log.
func (c contracts) enter(call contract.Call, items []item) ([]types.Entry, error) {
	params, err := c.keeper.Params.Get(call.Ctx)
	if err != nil {
		return nil, err
	}
	if params.Paused {
		return nil, c.flowError("EnforcedPause")
	}
	if len(items) == 0 || len(items) > int(params.MaxBatch) {
		//lint:ignore ST1005 clients of 0G look for this text
		return nil, fmt.Errorf("Invalid submission: %d submissions, want 1 to %d", len(items), params.MaxBatch)
	}
	submissions, sectors, err := describe(items)
	if err != nil {
		return nil, err
	}
	if call.Value.LT(params.PriceFloor.Mul(sectors)) {
		return nil, c.flowError("NotEnoughFee", params.PriceFloor.BigInt(), sectors.BigInt(), call.Value.BigInt())
	}
	unitPrice := call.Value.Quo(sectors)
	entries := make([]types.Entry, len(items))
	for i := range items {
		if entries[i], err = c.append(call, items[i], submissions[i], unitPrice); err != nil {
			return nil, invalid(i, len(items), err)
		}
	}
	return entries, nil
}

// append is the keeper's verb and the log of one submission.
func (c contracts) append(call contract.Call, it item, s types.Submission, unitPrice sdkmath.Int) (types.Entry, error) {
	owner := call.Caller
	if it.submitter != nil {
		owner = *it.submitter
	}
	nodes, err := s.MerkleNodes()
	if err != nil {
		return types.Entry{}, err
	}
	endowment := unitPrice.Mul(sdkmath.NewIntFromUint64(merkle.ChargedSectors(nodes)))
	entry, err := c.keeper.Append(call.Ctx, types.MainFlowID, call.Sender(), sdk.AccAddress(owner.Bytes()), s, endowment)
	if err != nil {
		return types.Entry{}, err
	}
	return entry, call.Emit(c.flow.Events["Submit"], owner, identity(entry), number(entry.TxSeq), number(entry.StartSector), number(entry.Sectors), it.data)
}

// describe puts the submissions into the words of the module and counts the
// sectors they are charged for.
func describe(items []item) (submissions []types.Submission, sectors sdkmath.Int, err error) {
	sectors = sdkmath.ZeroInt()
	for i, it := range items {
		s, err := it.describe()
		if err != nil {
			return nil, sectors, invalid(i, len(items), err)
		}
		nodes, err := s.MerkleNodes()
		if err != nil {
			return nil, sectors, invalid(i, len(items), err)
		}
		sectors = sectors.Add(sdkmath.NewIntFromUint64(merkle.ChargedSectors(nodes)))
		submissions = append(submissions, s)
	}
	return submissions, sectors, nil
}

func (it item) describe() (types.Submission, error) {
	if it.submitter != nil && *it.submitter == (common.Address{}) {
		return types.Submission{}, fmt.Errorf("submitter is the zero address")
	}
	if !it.data.Length.IsUint64() {
		return types.Submission{}, fmt.Errorf("length %d, want at most 2^64 bytes", it.data.Length)
	}
	s := types.Submission{SizeBytes: it.data.Length.Uint64(), Tags: it.data.Tags}
	for i, node := range it.data.Nodes {
		if node.Height.BitLen() > 32 {
			return types.Submission{}, fmt.Errorf("height of node %d is %d, want below 64", i, node.Height)
		}
		s.Nodes = append(s.Nodes, types.Node{Root: node.Root[:], Height: uint32(node.Height.Uint64())})
	}
	return s, nil
}

// identity is the digest that clients know a submission by.
func identity(entry types.Entry) [32]byte {
	nodes := make([]merkle.Node, len(entry.Nodes))
	for i, node := range entry.Nodes {
		nodes[i] = merkle.Node{Root: merkle.Hash(node.Root), Height: uint8(node.Height)}
	}
	return merkle.Identity(nodes)
}

func number(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
