package precompile

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// Answer is IPora.Answer; the names are those of the ABI.
type Answer struct {
	MinerId           [32]byte //nolint:revive // as the ABI has it
	ContextDigest     [32]byte
	Nonce             [32]byte
	RecallSector      uint64
	SealContextDigest [32]byte
	SealedPiece       []byte
	Proof             [][32]byte
}

// proofs is the table of both ways to prove.
func (c contracts) proofs() table {
	return typing(c.pora, table{
		"submitProof((bytes32,bytes32,bytes32,uint64,bytes32,bytes,bytes32[]))": flat(gasProof, func(call contract.Call, args []any) ([]any, error) {
			proof, err := c.prove(call, abi.ConvertType(args[0], new(Answer)).(*Answer).message())
			if err != nil {
				return nil, err
			}
			return []any{proof.ProofId, proof.Reward.BigInt()}, nil
		}),
		"submit((bytes32,bytes32,bytes32,(uint256,uint256,uint64,uint64),uint256,uint256,bytes32,bytes32[128],bytes32[]))": flat(gasProof, func(call contract.Call, args []any) ([]any, error) {
			message, err := c.translate(call, abi.ConvertType(args[0], new(MineAnswer)).(*MineAnswer))
			if err != nil {
				return nil, err
			}
			_, err = c.prove(call, message)
			return nil, err
		}),
	})
}

func (a *Answer) message() types.PoraAnswer {
	return types.PoraAnswer{
		MinerId: a.MinerId[:], FlowId: types.MiningFlowID, ContextDigest: a.ContextDigest[:], Nonce: a.Nonce[:],
		RecallSector: a.RecallSector, SealContextDigest: a.SealContextDigest[:], SealedPiece: a.SealedPiece, Proof: list(a.Proof),
	}
}

func list(hashes [][32]byte) (out [][]byte) {
	for i := range hashes {
		out = append(out, hashes[i][:])
	}
	return out
}

// prove is the keeper's verb and the logs of a proof.
func (c contracts) prove(call contract.Call, message types.PoraAnswer) (types.Proof, error) {
	if err := c.affordable(call); err != nil {
		return types.Proof{}, err
	}
	proof, err := c.keeper.SubmitProof(call.Ctx, message)
	if err != nil {
		return types.Proof{}, err
	}
	epoch, err := c.keeper.Epochs.Get(call.Ctx, proof.FlowId)
	if err != nil {
		return types.Proof{}, err
	}
	minerID := [32]byte(proof.MinerId)
	recall := new(big.Int).SetUint64(proof.RecallSector)
	err = call.Emit(c.pora.Events["NewSubmission"], new(big.Int).SetUint64(proof.Epoch), minerID, big.NewInt(int64(epoch.Proofs)-1), recall)
	if err != nil {
		return types.Proof{}, err
	}
	return proof, c.emitReward(call, proof, minerID)
}

// emitReward writes the log of the payout in the name of the reward contract.
func (c contracts) emitReward(call contract.Call, proof types.Proof, minerID [32]byte) error {
	beneficiary, err := evmAddress(proof.Beneficiary)
	if err != nil {
		return err
	}
	loads, err := c.windows.Get(call.Ctx)
	if err != nil {
		return err
	}
	window := proof.RecallSector / layout.SectorsPerLoad / max(loads, 1)
	call.Self = c.at.Reward
	return call.Emit(c.reward.Events["DistributeReward"], new(big.Int).SetUint64(window), beneficiary, minerID, proof.Reward.BigInt())
}

// affordable refuses a proof where governance has set params.proof_gas above what
// the table takes: the door is closed rather than cheap, and messages pay.
func (c contracts) affordable(call contract.Call) error {
	params, err := c.keeper.Params.Get(call.Ctx)
	if err != nil || params.ProofGas <= gasPuzzle {
		return err
	}
	return fmt.Errorf("a proof costs %d gas by params.proof_gas, this contract takes %d: send it as a native message", params.ProofGas, gasPuzzle)
}

// MineRange and MineAnswer are 0G's MineRange and PoraAnswer.
type MineRange struct {
	StartPosition *big.Int
	MineLength    *big.Int
	ShardId       uint64 //nolint:revive // as the ABI has it
	ShardMask     uint64
}

type MineAnswer struct {
	ContextDigest       [32]byte
	Nonce               [32]byte
	MinerId             [32]byte //nolint:revive // as the ABI has it
	Range               MineRange
	RecallPosition      *big.Int
	SealOffset          *big.Int
	SealedContextDigest [32]byte
	SealedData          [128][32]byte
	MerkleProof         [][32]byte
}

// translate puts 0G's answer into the module's words. Range and seal offset say
// there what the claim and the position say here, so they must agree.
func (c contracts) translate(call contract.Call, a *MineAnswer) (types.PoraAnswer, error) {
	if !a.RecallPosition.IsUint64() {
		return types.PoraAnswer{}, types.ErrRecall.Wrapf("position %d is past every flow", a.RecallPosition)
	}
	recall := a.RecallPosition.Uint64()
	if offset := recall % layout.SectorsPerLoad / layout.SectorsPerSeal; a.SealOffset.Cmp(new(big.Int).SetUint64(offset)) != 0 {
		return types.PoraAnswer{}, types.ErrRecall.Wrapf("seal offset %d, position %d lies in piece %d of its load", a.SealOffset, recall, offset)
	}
	work, err := c.queries.Work(call.Ctx, &types.QueryWorkRequest{MinerId: common.Hash(a.MinerId).Hex()})
	if err == nil && work.Open { // else the verb says what is wrong
		if err := a.Range.check(work); err != nil {
			return types.PoraAnswer{}, err
		}
	}
	sealed := make([]byte, 0, layout.SealSize)
	for i := range a.SealedData {
		sealed = append(sealed, a.SealedData[i][:]...)
	}
	return types.PoraAnswer{
		MinerId: a.MinerId[:], FlowId: types.MiningFlowID, ContextDigest: a.ContextDigest[:], Nonce: a.Nonce[:],
		RecallSector: recall, SealContextDigest: a.SealedContextDigest[:], SealedPiece: sealed, Proof: list(a.MerkleProof),
	}, nil
}

// check compares 0G's range with the miner's effective range.
func (r MineRange) check(work *types.QueryWorkResponse) error {
	start := new(big.Int).SetUint64(work.StartLoad * layout.SectorsPerLoad)
	length := new(big.Int).SetUint64(work.LengthLoads * layout.SectorsPerLoad)
	mask := ^(uint64(work.NumShard) - 1)
	if r.StartPosition.Cmp(start) != 0 || r.MineLength.Cmp(length) != 0 || r.ShardId != uint64(work.ShardId) || r.ShardMask != mask {
		return types.ErrInvalidClaim.Wrapf("range (%d, %d, %d, %#x), this miner's is (%d, %d, %d, %#x)",
			r.StartPosition, r.MineLength, r.ShardId, r.ShardMask, start, length, work.ShardId, mask)
	}
	return nil
}
