package chain

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"cosmossdk.io/math"
	"github.com/cosmos/gogoproto/proto"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

var _ Sender = (*Account)(nil)

// Address returns the account's bech32 address.
func (a *Account) Address() string { return a.key.Address() }

// EstimateFee simulates the submissions; it fails as they would.
func (a *Account) EstimateFee(ctx context.Context, flowID uint64, items []Submission) (*big.Int, error) {
	msg, err := a.submitMsg(flowID, items)
	if err != nil {
		return nil, err
	}
	return a.estimate(ctx, msg)
}

// Submit enters files into a flow, all or none, in order.
func (a *Account) Submit(ctx context.Context, flowID uint64, items []Submission) ([]Placed, Receipt, error) {
	msg, err := a.submitMsg(flowID, items)
	if err != nil {
		return nil, Receipt{}, err
	}
	var one flowtypes.MsgSubmitResponse
	var batch flowtypes.MsgSubmitBatchResponse
	var answer proto.Message = &batch
	if len(items) == 1 {
		answer = &one
	}
	receipt, err := a.send(ctx, msg, answer)
	if err != nil {
		return nil, receipt, err
	}
	if len(items) == 1 {
		batch.Results = []flowtypes.MsgSubmitResponse{one}
	}
	if len(batch.Results) != len(items) {
		return nil, receipt, fmt.Errorf("%w: %d results for %d submissions of transaction %s", ErrMalformed, len(batch.Results), len(items), receipt.TxHash)
	}
	placed := make([]Placed, len(items))
	for i, result := range batch.Results {
		root, err := hashOf("file root", result.Root)
		if err != nil {
			return nil, receipt, err
		}
		placed[i] = Placed{
			TxSeq: result.TxSeq, Root: root, StartSector: result.StartSector, Sectors: result.Sectors,
			Endowment: amountOf(result.Endowment), EndTime: result.EndTime,
		}
	}
	return placed, receipt, nil
}

func (a *Account) submitMsg(flowID uint64, items []Submission) (proto.Message, error) {
	if len(items) == 0 {
		return nil, fmt.Errorf("submit: no files given")
	}
	batch := &flowtypes.MsgSubmitBatch{Sender: a.Address(), FlowId: flowID, Items: make([]flowtypes.SubmitItem, len(items))}
	for i, item := range items {
		if item.Endowment == nil || item.Endowment.Sign() < 0 || item.Endowment.BitLen() > math.MaxBitLen {
			return nil, fmt.Errorf("submit: file %d offers endowment %v, want a non-negative amount", i, item.Endowment)
		}
		nodes := make([]flowtypes.Node, len(item.Nodes))
		for j, node := range item.Nodes {
			nodes[j] = flowtypes.Node{Root: node.Root[:], Height: uint32(node.Height)}
		}
		batch.Items[i] = flowtypes.SubmitItem{
			Submission: flowtypes.Submission{SizeBytes: item.SizeBytes, Tags: item.Tags, Nodes: nodes},
			Endowment:  math.NewIntFromBigInt(item.Endowment),
		}
	}
	if len(items) > 1 {
		return batch, nil
	}
	only := batch.Items[0]
	return &flowtypes.MsgSubmit{Sender: batch.Sender, FlowId: flowID, Submission: only.Submission, Endowment: only.Endowment}, nil
}

// EstimateRechargeFee simulates a recharge; it fails as it would.
func (a *Account) EstimateRechargeFee(ctx context.Context, flowID, txSeq uint64, amount *big.Int) (*big.Int, error) {
	msg, err := a.rechargeMsg(flowID, txSeq, amount)
	if err != nil {
		return nil, err
	}
	return a.estimate(ctx, msg)
}

// Recharge extends an entry's period.
func (a *Account) Recharge(ctx context.Context, flowID, txSeq uint64, amount *big.Int) (int64, Receipt, error) {
	msg, err := a.rechargeMsg(flowID, txSeq, amount)
	if err != nil {
		return 0, Receipt{}, err
	}
	var answer flowtypes.MsgRechargeResponse
	receipt, err := a.send(ctx, msg, &answer)
	return answer.EndTime, receipt, err
}

func (a *Account) rechargeMsg(flowID, txSeq uint64, amount *big.Int) (proto.Message, error) {
	if amount == nil || amount.Sign() <= 0 || amount.BitLen() > math.MaxBitLen {
		return nil, fmt.Errorf("recharge: amount %v, want a positive one", amount)
	}
	return &flowtypes.MsgRecharge{Sender: a.Address(), FlowId: flowID, TxSeq: txSeq, Amount: math.NewIntFromBigInt(amount)}, nil
}

// RegisterMiner registers a miner id of this account; beneficiary may be empty.
func (a *Account) RegisterMiner(ctx context.Context, beneficiary string, seed uint64) (Hash, Receipt, error) {
	var answer poratypes.MsgRegisterMinerResponse
	receipt, err := a.send(ctx, &poratypes.MsgRegisterMiner{Owner: a.Address(), Beneficiary: beneficiary, Seed: seed}, &answer)
	if err != nil {
		return Hash{}, receipt, err
	}
	id, err := hashOf("miner id", answer.MinerId)
	return id, receipt, err
}

// ClaimRange claims a range for a miner of this account.
func (a *Account) ClaimRange(ctx context.Context, minerID Hash, claim Claim) (uint64, Receipt, error) {
	var answer poratypes.MsgClaimRangeResponse
	receipt, err := a.send(ctx, &poratypes.MsgClaimRange{
		Owner: a.Address(), MinerId: minerID[:], FlowId: claim.FlowID,
		StartLoad: claim.StartLoad, NumShard: claim.NumShard, ShardId: claim.ShardID,
	}, &answer)
	return answer.ActiveFromEpoch, receipt, err
}

// ReleaseRange gives a miner's claim back.
func (a *Account) ReleaseRange(ctx context.Context, minerID Hash) (Receipt, error) {
	return a.send(ctx, &poratypes.MsgReleaseRange{Owner: a.Address(), MinerId: minerID[:]}, &poratypes.MsgReleaseRangeResponse{})
}

// SubmitProof brings a solution of the puzzle.
func (a *Account) SubmitProof(ctx context.Context, answer Answer) (*big.Int, Receipt, error) {
	proof := make([][]byte, len(answer.Proof))
	for i := range answer.Proof {
		proof[i] = answer.Proof[i][:]
	}
	var response poratypes.MsgSubmitProofResponse
	receipt, err := a.send(ctx, &poratypes.MsgSubmitProof{Sender: a.Address(), Answer: poratypes.PoraAnswer{
		MinerId: answer.MinerID[:], FlowId: answer.FlowID, ContextDigest: answer.ContextDigest[:],
		Nonce: answer.Nonce[:], RecallSector: answer.RecallSector,
		SealContextDigest: answer.SealContextDigest[:], SealedPiece: answer.SealedPiece, Proof: proof,
	}}, &response)
	if err != nil {
		return nil, receipt, err
	}
	return amountOf(response.Reward), receipt, nil
}

// LostRace says whether a proof came too late: others had closed its epoch
// already. Nothing was wrong with it.
func LostRace(err error) bool {
	var refused *Rejection
	return errors.As(err, &refused) && refused.Codespace == poratypes.ModuleName && refused.Code == poratypes.ErrEpochClosed.ABCICode()
}

// Withdraw pays out rewards that could not be pushed; recipient may be empty.
func (a *Account) Withdraw(ctx context.Context, recipient string) (*big.Int, Receipt, error) {
	var answer poratypes.MsgWithdrawResponse
	receipt, err := a.send(ctx, &poratypes.MsgWithdraw{Beneficiary: a.Address(), Recipient: recipient}, &answer)
	if err != nil {
		return nil, receipt, err
	}
	return amountOf(answer.Amount), receipt, nil
}
