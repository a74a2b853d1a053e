package precompile

import (
	"math"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Arguments as go-ethereum's abi builds them.
type (
	Chunk = struct {
		Row   uint32     `json:"row"`
		Index uint32     `json:"index"`
		Data  []byte     `json:"data"`
		Path  [][32]byte `json:"path"`
	}
	Attestation = struct {
		BatchRoot    [32]byte   `json:"batchRoot"`
		BatchCount   uint32     `json:"batchCount"`
		BatchIndex   uint32     `json:"batchIndex"`
		BatchPath    [][32]byte `json:"batchPath"`
		MemberBitmap []byte     `json:"memberBitmap"`
		Signature    G1Point    `json:"signature"`
	}
)

// Results with the names of the ABI.
type (
	sampleTask struct {
		SampleHash      [32]byte
		PodasTarget     *big.Int
		RestSubmissions uint64
		Round           uint64
		NextHeight      uint64
		Reward          *big.Int
		FirstEpoch      *big.Int
	}
	challenge struct {
		ChallengeId    uint64 //nolint:revive,staticcheck // the ABI's name
		Challenger     common.Address
		Signer         common.Address
		BlobId         uint64 //nolint:revive,staticcheck // the ABI's name
		DataRoot       [32]byte
		Epoch          *big.Int
		QuorumId       *big.Int //nolint:revive,staticcheck // the ABI's name
		Row            uint32
		Chunk          uint32
		DeadlineHeight uint64
		Bond           *big.Int
	}
)

const (
	submitSample           = "submitSample(bytes,(uint32,uint32,bytes,bytes32[]),(uint64,uint64,uint256,uint256,uint32,bytes32[]))"
	openChallenge          = "openChallenge(bytes,uint32,uint32,(uint64,uint64,uint256,uint256,uint32,bytes32[]),(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))"
	answerChallenge        = "answerChallenge(uint64,bytes,(uint32,uint32,bytes,bytes32[]))"
	submitFalseAttestation = "submitFalseAttestation(bytes,uint32,bytes,bytes32[],bytes,uint256,uint256,uint64,(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))"
)

// promises is the table of who keeps what was signed for.
func (c contracts) promises() table {
	return table{
		"sampleTask()":         flat(gasRead, c.sampleTask),
		"getChallenge(uint64)": flat(gasRead, c.getChallenge),
		submitSample: {Gas: contract.Gas{Base: gasPromise, Extra: func(args []any) uint64 {
			chunk := args[1].(Chunk)
			return ofChunk(chunk.Data, chunk.Path) + gasHashSibling*uint64(len(args[2].(ConfirmedProof).Path))
		}}, Run: c.submitSample},
		openChallenge: {Gas: contract.Gas{Base: gasChallenge, Extra: func(args []any) uint64 {
			return ofAttestation(args[4].(Attestation)) + gasHashSibling*uint64(len(args[3].(ConfirmedProof).Path))
		}}, Run: c.openChallenge},
		answerChallenge: {Gas: contract.Gas{Base: gasPromise, Extra: func(args []any) uint64 {
			chunk := args[2].(Chunk)
			return ofChunk(chunk.Data, chunk.Path)
		}}, Run: c.answerChallenge},
		submitFalseAttestation: {Gas: contract.Gas{Base: gasFault, Extra: func(args []any) uint64 {
			return ofAttestation(args[8].(Attestation)) + gasFaultByte*uint64(len(args[2].([]byte))) + ofChunk(args[4].([]byte), args[3].([][32]byte))
		}}, Run: c.submitFalseAttestation},
	}
}

func (c contracts) sampleTask(call contract.Call, _ []any) ([]any, error) {
	task, err := c.queries.SampleTask(call.Ctx, &types.QuerySampleTaskRequest{})
	if err != nil {
		return nil, err
	}
	return []any{sampleTask{
		SampleHash: hash(task.Round.Seed), PodasTarget: new(big.Int).SetBytes(task.Round.Target), RestSubmissions: uint64(task.RestSubmissions),
		Round: task.Round.Number, NextHeight: uint64(task.NextHeight), Reward: task.Reward.BigInt(), FirstEpoch: number(task.FirstEpoch),
	}}, nil
}

// chunkOf and blobOf are the words of messages, which decode them.
func chunkOf(c Chunk) types.Chunk {
	return types.Chunk{Row: c.Row, Index: c.Index, Data: c.Data, Path: slices.Concat(sliced(c.Path)...)}
}

func blobOf(p ConfirmedProof) (types.BlobProof, error) {
	epoch, id, err := quorumAt(p.Epoch, p.QuorumId)
	if err != nil || p.Height > math.MaxInt64 {
		return types.BlobProof{}, types.ErrNotConfirmed.Wrapf("blob %d of height %d, epoch %d, quorum %d", p.BlobId, p.Height, p.Epoch, p.QuorumId)
	}
	return types.BlobProof{
		Height: int64(p.Height), BlobId: p.BlobId, Epoch: epoch, QuorumId: id, Index: p.Index, Path: slices.Concat(sliced(p.Path)...),
	}, nil
}

// attestationOf is nil for one that is absent.
func attestationOf(a Attestation) *types.Attestation {
	if a.BatchCount == 0 {
		return nil
	}
	return &types.Attestation{
		BatchRoot: a.BatchRoot[:], BatchCount: a.BatchCount, BatchIndex: a.BatchIndex, BatchPath: slices.Concat(sliced(a.BatchPath)...),
		MemberBitmap: a.MemberBitmap, Signature: g1Wire(a.Signature),
	}
}

func (c contracts) submitSample(call contract.Call, args []any) ([]any, error) {
	blob, err := blobOf(args[2].(ConfirmedProof))
	if err != nil {
		return nil, err
	}
	sample, err := types.MsgSubmitSample{Preimage: args[0].([]byte), Chunk: chunkOf(args[1].(Chunk)), Blob: blob}.Sample()
	if err != nil {
		return nil, err
	}
	round, err := c.keeper.SampleRound.Get(call.Ctx)
	if err != nil {
		return nil, err
	}
	account, reward, err := c.keeper.SubmitSample(call.Ctx, sample)
	if err != nil {
		return nil, err
	}
	holder := common.BytesToAddress(account)
	return []any{holder, reward.BigInt()}, call.Emit(c.abi.Events["SampleRewarded"],
		holder, sample.Commitment.DataRoot(), round.Number, uint32(sample.Chunk.Row), uint32(sample.Chunk.Index), reward.BigInt())
}

func (c contracts) openChallenge(call contract.Call, args []any) ([]any, error) {
	blob, err := blobOf(args[3].(ConfirmedProof))
	if err != nil {
		return nil, err
	}
	question, err := types.MsgOpenChallenge{
		Preimage: args[0].([]byte), Row: args[1].(uint32), Chunk: args[2].(uint32), Blob: blob, Attestation: attestationOf(args[4].(Attestation)),
	}.Question()
	if err != nil {
		return nil, err
	}
	opened, err := c.keeper.OpenChallenge(call.Ctx, call.Sender(), question)
	if err != nil {
		return nil, err
	}
	signer, err := address(opened.Signer)
	if err != nil {
		return nil, err
	}
	return []any{opened.ChallengeId, signer, uint64(opened.DeadlineHeight)}, call.Emit(c.abi.Events["ChallengeOpened"],
		opened.ChallengeId, signer, call.Caller, hash(opened.DataRoot), uint64(opened.DeadlineHeight))
}

func (c contracts) answerChallenge(call contract.Call, args []any) ([]any, error) {
	id := args[0].(uint64)
	answer, err := types.MsgAnswerChallenge{ChallengeId: id, Preimage: args[1].([]byte), Chunk: chunkOf(args[2].(Chunk))}.Answer()
	if err != nil {
		return nil, err
	}
	asked, err := c.keeper.Challenge(call.Ctx, id)
	if err != nil {
		return nil, err
	}
	if err := c.keeper.AnswerChallenge(call.Ctx, id, answer); err != nil {
		return nil, err
	}
	signer, err := address(asked.Signer)
	if err != nil {
		return nil, err
	}
	return nil, call.Emit(c.abi.Events["ChallengeAnswered"], id, signer)
}

func (c contracts) getChallenge(call contract.Call, args []any) ([]any, error) {
	open, err := c.keeper.Challenge(call.Ctx, args[0].(uint64))
	if err != nil {
		return nil, err
	}
	challenger, err := address(open.Challenger)
	if err != nil {
		return nil, err
	}
	signer, err := address(open.Signer)
	return []any{challenge{
		ChallengeId: open.ChallengeId, Challenger: challenger, Signer: signer, BlobId: open.BlobId, DataRoot: hash(open.DataRoot),
		Epoch: number(open.Epoch), QuorumId: number(uint64(open.QuorumId)), Row: open.Row, Chunk: open.Chunk,
		DeadlineHeight: uint64(open.DeadlineHeight), Bond: open.Bond.BigInt(),
	}}, err
}

func (c contracts) submitFalseAttestation(call contract.Call, args []any) ([]any, error) {
	epoch, id, err := quorumAt(args[5], args[6])
	if err != nil {
		return nil, err
	}
	signed := args[8].(Attestation)
	evidence, err := types.MsgSubmitFalseAttestation{
		Preimage: args[0].([]byte), Row: args[1].(uint32), RowData: args[2].([]byte), RowPath: slices.Concat(sliced(args[3].([][32]byte))...),
		Combinations: args[4].([]byte), Epoch: epoch, QuorumId: id, BlobId: args[7].(uint64),
		BatchRoot: signed.BatchRoot[:], BatchCount: signed.BatchCount, BatchIndex: signed.BatchIndex,
		BatchPath: slices.Concat(sliced(signed.BatchPath)...), MemberBitmap: signed.MemberBitmap, Signature: g1Wire(signed.Signature),
	}.Evidence()
	if err != nil {
		return nil, err
	}
	p, err := c.keeper.PunishFalseAttestation(call.Ctx, evidence)
	if err != nil {
		return nil, err
	}
	signer := common.BytesToAddress(p.Signer)
	return []any{signer, p.Lost.BigInt(), p.Stake.BigInt()}, call.Emit(c.abi.Events["SignerPunished"], signer, p.Lost.BigInt(), p.Stake.BigInt())
}
