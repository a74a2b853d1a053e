package datest

import (
	"context"
	"math/big"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

var _ chain.DASampleSender = (*DAAccount)(nil)

// SubmitDASample brings a chunk that wins.
func (a *DAAccount) SubmitDASample(ctx context.Context, chunk chain.DAChunk, blob chain.DAPlace) (*big.Int, chain.Receipt, error) {
	var answer types.MsgSubmitSampleResponse
	receipt, err := a.send(ctx, "SubmitSample", chain.SubmitSampleMsg(a.Address(), chunk, blob), &answer)
	if err != nil {
		return nil, receipt, err
	}
	return answer.Reward.BigInt(), receipt, nil
}

// AnswerDAChallenge shows a chunk that a challenge asks for.
func (a *DAAccount) AnswerDAChallenge(ctx context.Context, id uint64, chunk chain.DAChunk) (chain.Receipt, error) {
	return a.send(ctx, "AnswerChallenge", chain.AnswerChallengeMsg(a.Address(), id, chunk), &types.MsgAnswerChallengeResponse{})
}

// OpenDAChallenge asks the holder of a row of a recent blob for a chunk.
func (a *DAAccount) OpenDAChallenge(ctx context.Context, preimage []byte, blobID uint64, row, chunk uint32) (id uint64, signer chain.Address, err error) {
	var answer types.MsgOpenChallengeResponse
	_, err = a.send(ctx, "OpenChallenge", &types.MsgOpenChallenge{
		Challenger: a.Address(), Preimage: preimage, Row: row, Chunk: chunk, Blob: types.BlobProof{BlobId: blobID},
	}, &answer)
	if err != nil {
		return 0, signer, err
	}
	signer, err = chain.ParseAddress(answer.Signer)
	return answer.ChallengeId, signer, err
}
