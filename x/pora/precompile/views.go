package precompile

import (
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/pora/types"
)

// MinerState, WorkState and ProofState are IPora's Miner, Work and Proof; the
// names are those of the ABI.
type MinerState struct {
	Owner           common.Address
	Beneficiary     common.Address
	Seed            uint64
	Proofs          uint64
	Rewards         *big.Int
	Claims          bool
	StartLoad       uint64
	NumShard        uint32
	ShardId         uint32 //nolint:revive // as the ABI has it
	ActiveFromEpoch uint64
}

type WorkState struct {
	Open          bool
	Reason        string
	Epoch         uint64
	ContextDigest [32]byte
	FlowRoot      [32]byte
	FlowLength    uint64
	StartLoad     uint64
	LengthLoads   uint64
	NumShard      uint32
	ShardId       uint32 //nolint:revive // as the ABI has it
	Target        *big.Int
	CloseHeight   uint64
}

type ProofState struct {
	Epoch        uint64
	MinerId      [32]byte //nolint:revive // as the ABI has it
	Beneficiary  common.Address
	RecallSector uint64
	Reward       *big.Int
	Height       uint64
	Time         uint64
	Output       [32]byte
}

// views is the table of the chain's own reads.
func (c contracts) views() table {
	return typing(c.pora, table{
		"miner(bytes32)":          flat(gasRead, c.miner),
		"minerOf(address,uint64)": flat(gasRead, c.minerOf),
		"work(bytes32)":           flat(gasWork, c.work),
		"miningEpoch()":           flat(gasRead, c.miningEpoch),
		"proof(uint64)":           flat(gasRead, c.proof),
		"proofCount()": flat(gasRead, func(call contract.Call, _ []any) ([]any, error) {
			next, err := c.keeper.NextProofID.Peek(call.Ctx)
			return []any{max(next, 1) - 1}, err
		}),
	})
}

func (c contracts) miner(call contract.Call, args []any) ([]any, error) {
	id := args[0].([32]byte)
	m, err := c.keeper.Miner(call.Ctx, id[:])
	if err != nil {
		return nil, err
	}
	owner, err := evmAddress(m.Owner)
	if err != nil {
		return nil, err
	}
	beneficiary, err := evmAddress(m.Beneficiary)
	if err != nil {
		return nil, err
	}
	state := MinerState{Owner: owner, Beneficiary: beneficiary, Seed: m.Seed, Proofs: m.Proofs, Rewards: m.Rewards.BigInt()}
	if claim := m.Claim; claim != nil {
		state.Claims, state.StartLoad, state.NumShard, state.ShardId = true, claim.StartLoad, claim.NumShard, claim.ShardId
		state.ActiveFromEpoch = claim.ActiveFromEpoch
	}
	return []any{state}, nil
}

func (c contracts) minerOf(call contract.Call, args []any) ([]any, error) {
	owner, seed := args[0].(common.Address), args[1].(uint64)
	id, err := c.keeper.OwnerSeeds.Get(call.Ctx, collections.Join(sdk.AccAddress(owner.Bytes()), seed))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrMinerNotFound.Wrapf("owner %s, seed %d", owner, seed)
	}
	if err != nil {
		return nil, err
	}
	return []any{common.BytesToHash(id)}, nil
}

func (c contracts) work(call contract.Call, args []any) ([]any, error) {
	id := args[0].([32]byte)
	if _, err := c.keeper.Miner(call.Ctx, id[:]); err != nil {
		return nil, err
	}
	w, err := c.queries.Work(call.Ctx, &types.QueryWorkRequest{MinerId: common.Hash(id).Hex()})
	if err != nil {
		return nil, err
	}
	return []any{WorkState{
		Open: w.Open, Reason: w.Reason, Epoch: w.Epoch,
		ContextDigest: common.BytesToHash(w.ContextDigest), FlowRoot: common.BytesToHash(w.FlowRoot), FlowLength: w.FlowLengthSectors,
		StartLoad: w.StartLoad, LengthLoads: w.LengthLoads, NumShard: w.NumShard, ShardId: w.ShardId,
		Target: new(big.Int).SetBytes(w.Target), CloseHeight: uint64(w.CloseHeight),
	}}, nil
}

func (c contracts) miningEpoch(call contract.Call, _ []any) ([]any, error) {
	epoch, err := c.keeper.Epochs.Get(call.Ctx, types.MiningFlowID)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrNoEpoch.Wrap("the chain's first flow epoch is still running")
	}
	if err != nil {
		return nil, err
	}
	target, err := c.keeper.Target(call.Ctx, types.MiningFlowID)
	return []any{epoch.Epoch, uint64(epoch.OpenHeight), uint64(epoch.CloseHeight), epoch.Proofs, new(big.Int).SetBytes(target[:])}, err
}

func (c contracts) proof(call contract.Call, args []any) ([]any, error) {
	p, err := c.keeper.Proofs.Get(call.Ctx, args[0].(uint64))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, contract.NewRevert(c.pora.Errors["ProofNotFound"], args[0])
	}
	if err != nil {
		return nil, err
	}
	beneficiary, err := evmAddress(p.Beneficiary)
	return []any{ProofState{
		Epoch: p.Epoch, MinerId: common.BytesToHash(p.MinerId), Beneficiary: beneficiary, RecallSector: p.RecallSector,
		Reward: p.Reward.BigInt(), Height: uint64(p.Height), Time: uint64(p.Time), Output: common.BytesToHash(p.Output),
	}}, err
}
