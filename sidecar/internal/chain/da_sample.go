package chain

import (
	"context"
	"fmt"
	"math/big"

	dasignerstypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// DASampleTask is the running round of the sampling lottery: chunks whose quality
// is Target or less win.
type DASampleTask struct {
	Round       uint64 // 0: none yet
	StartHeight int64  // blobs confirmed below it may win
	NextHeight  int64  // of the next round
	Seed        Hash
	Target      Hash
	Rest        uint32   // winners that the round still takes
	Reward      *big.Int // azg, of the next winner
	FirstEpoch  uint64   // whose blobs may still win
}

// DAPlace is where a confirmed blob lies under the confirmed root of its block.
type DAPlace struct {
	BlobID   uint64
	Epoch    uint64
	QuorumID uint32
	Height   int64
	Index    uint32
	Path     []Hash
}

// DAChunk is a chunk of a row with its whole path.
type DAChunk struct {
	Preimage []byte // 85 bytes, of the blob's root
	Row      uint32
	Index    uint32
	Data     []byte
	Path     []Hash
}

// DAChallenge asks a signer to show a chunk.
type DAChallenge struct {
	ID             uint64
	Signer         Address
	Root           Hash
	BlobID         uint64
	Row, Chunk     uint32
	DeadlineHeight int64 // last height of an answer
	Bond           *big.Int
}

// DASampleReader reads what signers are asked to show.
type DASampleReader interface {
	DASampleTask(ctx context.Context) (DASampleTask, error)
	// DAChallenges lists the open challenges of a signer by id; there are few.
	DAChallenges(ctx context.Context, signer Address) ([]DAChallenge, error)
	// DAChallengeWindow is how many blocks a signer has to answer.
	DAChallengeWindow(ctx context.Context) (blocks uint64, err error)
}

// DASampleSender shows chunks to the chain.
type DASampleSender interface {
	// SubmitDASample brings a chunk that wins and returns what its holder is paid.
	SubmitDASample(ctx context.Context, chunk DAChunk, blob DAPlace) (reward *big.Int, r Receipt, err error)
	AnswerDAChallenge(ctx context.Context, id uint64, chunk DAChunk) (Receipt, error)
}

var (
	_ DASampleReader = DAQueries{}
	_ DASampleSender = (*Account)(nil)
)

// maxChallengesRead is above what one signer can be asked at a time.
const maxChallengesRead = 1000

// The reasons why a sample comes to nothing although it was right.
var (
	DARoundFull   = DARefusal(dasignerstypes.ErrRoundFull.ABCICode())
	DASampleTwice = DARefusal(dasignerstypes.ErrSampleTwice.ABCICode())
	DANoWin       = DARefusal(dasignerstypes.ErrNoWin.ABCICode())
)

// DASampleTask reads the running round.
func (r DAQueries) DASampleTask(ctx context.Context) (DASampleTask, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.SampleTask(ctx, &dasignerstypes.QuerySampleTaskRequest{})
	if err != nil {
		return DASampleTask{}, mapError(ctx, "read the round of sampling", err)
	}
	out := DASampleTask{
		Round: answer.Round.Number, StartHeight: answer.Round.StartHeight, NextHeight: answer.NextHeight, Rest: answer.RestSubmissions, Reward: amountOf(answer.Reward), FirstEpoch: answer.FirstEpoch,
	}
	if out.Round == 0 { // there is no seed before the first block
		return out, nil
	}
	return out, decodeHashes(hashField{&out.Seed, "seed", answer.Round.Seed}, hashField{&out.Target, "target", answer.Round.Target})
}

// DAChallenges reads what a signer is asked to show.
func (r DAQueries) DAChallenges(ctx context.Context, signer Address) ([]DAChallenge, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Challenges(ctx, &dasignerstypes.QueryChallengesRequest{Signer: signer.String(), Limit: maxChallengesRead})
	if err != nil {
		return nil, mapError(ctx, "read challenges of "+signer.String(), err)
	}
	out := make([]DAChallenge, len(answer.Challenges))
	for i, c := range answer.Challenges {
		out[i] = DAChallenge{
			ID: c.ChallengeId, Signer: signer, BlobID: c.BlobId, Row: c.Row, Chunk: c.Chunk, DeadlineHeight: c.DeadlineHeight, Bond: amountOf(c.Bond),
		}
		if err := decodeHashes(hashField{&out[i].Root, "data root", c.DataRoot}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DAChallengeWindow reads the parameter.
func (r DAQueries) DAChallengeWindow(ctx context.Context) (uint64, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Params(ctx, &dasignerstypes.QueryParamsRequest{})
	if err != nil {
		return 0, mapError(ctx, "read parameters of data availability", err)
	}
	return answer.Params.ChallengeWindowBlocks, nil
}

// SubmitDASample brings a chunk that wins.
func (a *Account) SubmitDASample(ctx context.Context, chunk DAChunk, blob DAPlace) (*big.Int, Receipt, error) {
	var answer dasignerstypes.MsgSubmitSampleResponse
	receipt, err := a.send(ctx, SubmitSampleMsg(a.Address(), chunk, blob), &answer)
	if err != nil {
		return nil, receipt, err
	}
	return amountOf(answer.Reward), receipt, nil
}

// AnswerDAChallenge shows a chunk that a challenge asks for.
func (a *Account) AnswerDAChallenge(ctx context.Context, id uint64, chunk DAChunk) (Receipt, error) {
	return a.send(ctx, AnswerChallengeMsg(a.Address(), id, chunk), &dasignerstypes.MsgAnswerChallengeResponse{})
}

// SubmitSampleMsg is the message of SubmitDASample.
func SubmitSampleMsg(sender string, chunk DAChunk, blob DAPlace) *dasignerstypes.MsgSubmitSample {
	return &dasignerstypes.MsgSubmitSample{
		Sender: sender, Preimage: chunk.Preimage, Chunk: chunk.encode(),
		Blob: dasignerstypes.BlobProof{
			Height: blob.Height, BlobId: blob.BlobID, Epoch: blob.Epoch, QuorumId: blob.QuorumID, Index: blob.Index, Path: joined(blob.Path),
		},
	}
}

// AnswerChallengeMsg is the message of AnswerDAChallenge.
func AnswerChallengeMsg(sender string, id uint64, chunk DAChunk) *dasignerstypes.MsgAnswerChallenge {
	return &dasignerstypes.MsgAnswerChallenge{Sender: sender, ChallengeId: id, Preimage: chunk.Preimage, Chunk: chunk.encode()}
}

func (c DAChunk) encode() dasignerstypes.Chunk {
	return dasignerstypes.Chunk{Row: c.Row, Index: c.Index, Data: c.Data, Path: joined(c.Path)}
}

func joined(hashes []Hash) []byte {
	out := make([]byte, 0, len(hashes)*len(Hash{}))
	for i := range hashes {
		out = append(out, hashes[i][:]...)
	}
	return out
}

// String shows a challenge in a log.
func (c DAChallenge) String() string {
	return fmt.Sprintf("challenge %d for chunk %d of row %d of blob %d", c.ID, c.Chunk, c.Row, c.BlobID)
}
