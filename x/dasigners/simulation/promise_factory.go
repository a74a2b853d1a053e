package simulation

import (
	"context"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// payloads is how many different blobs the simulator knows. Their rows follow from
// their number, so that whoever is asked can show them.
const payloads = 24

// blobNumber encodes one of them.
func blobNumber(k keeper.Keeper, n int) (*erasure.Blob, error) {
	payload := make([]byte, 100+900*n)
	for i := range payload {
		payload[i] = byte(n * i)
	}
	b, err := erasure.NewBlob(erasure.Test, k.EVMChainID, payload)
	if err != nil {
		return nil, err
	}
	if err := b.EncodeStripe(erasure.CPU, 0); err != nil {
		return nil, err
	}
	b.HashRows(0, erasure.Test.N)
	b.FixRows()
	b.CombineRows(0, erasure.Test.K)
	b.Fix()
	return b, nil
}

// kept is a confirmed blob that is promised, with its rows and one of them.
type kept struct {
	*erasure.Blob
	record types.Blob
	row    int
	holder sdk.AccAddress
}

func (p kept) chunk() (types.Chunk, error) {
	c, err := erasure.ChunkOf(p.Row(p.row), 0)
	out := types.Chunk{Row: uint32(p.row), Data: c.Data}
	for _, sibling := range c.Path {
		out.Path = append(out.Path, sibling[:]...)
	}
	return out, err
}

func (p kept) key() []byte {
	return types.ChunkKey(p.DataRoot(), p.record.Epoch, p.record.QuorumId, uint32(p.row), 0)
}

// anyKept finds a row of a promised blob that the condition holds for, from a
// random one on.
func anyKept(
	ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, want func(kept) bool,
) (found kept, ok bool) {
	params, paramsErr := k.Params.Get(ctx)
	epoch, epochErr := k.Epoch.Get(ctx)
	b, err := blobNumber(k, data.Rand().Intn(payloads))
	if err != nil || paramsErr != nil || epochErr != nil {
		reporter.Skip("no blob")
		return kept{}, false
	}
	record, err := k.BlobWithRoot(ctx, b.DataRoot())
	if err != nil || record.Status != types.BLOB_STATUS_CONFIRMED || record.Epoch+params.RetentionEpochs < epoch.Number {
		reporter.Skip("not promised")
		return kept{}, false
	}
	first := data.Rand().Intn(erasure.Test.N)
	for i := range erasure.Test.N {
		found = kept{Blob: b, record: record, row: (first + i) % erasure.Test.N}
		found.holder, _, err = k.RowHolder(ctx, b.DataRoot(), record.Epoch, record.QuorumId, uint32(found.row))
		if err == nil && want(found) {
			return found, true
		}
	}
	reporter.Skip("no such row")
	return kept{}, false
}

// MsgSubmitSampleFactory brings a chunk that wins in the running round.
func MsgSubmitSampleFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSubmitSample] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubmitSample) {
		task, err := keeper.NewQueryServer(k).SampleTask(ctx, &types.QuerySampleTaskRequest{})
		if err != nil || task.RestSubmissions == 0 {
			reporter.Skip("round is full")
			return nil, nil
		}
		found, ok := anyKept(ctx, k, data, reporter, func(p kept) bool {
			chunk, err := p.chunk()
			twice, hasErr := k.SampleHits.Has(ctx, p.key())
			quality, won := erasure.ChunkQuality(
				erasure.RowQuality(erasure.Hash(task.Round.Seed), p.record.Epoch, p.record.QuorumId, p.DataRoot(), chunk.Row), 0, chunk.Data)
			return err == nil && hasErr == nil && !twice && p.record.ConfirmHeight < task.Round.StartHeight && won && erasure.Wins(quality, erasure.Hash(task.Round.Target))
		})
		if !ok {
			return nil, nil
		}
		chunk, err := found.chunk()
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		return []simsx.SimAccount{from}, &types.MsgSubmitSample{Sender: from.AddressBech32, Preimage: found.Preimage(), Chunk: chunk}
	}
}

// MsgOpenChallengeFactory asks for a chunk that a signer with a deposit holds.
func MsgOpenChallengeFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgOpenChallenge] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgOpenChallenge) {
		found, ok := anyKept(ctx, k, data, reporter, func(p kept) bool {
			asked, err := k.ChallengeByChunk.Has(ctx, p.key())
			signer, signerErr := k.Signers.Get(ctx, p.holder)
			open, openErr := keeper.NewQueryServer(k).Challenges(ctx, &types.QueryChallengesRequest{Signer: p.holder.String()})
			return err == nil && signerErr == nil && openErr == nil && !asked && signer.Deposit.IsPositive() && len(open.Challenges) < 10
		})
		params, err := k.Params.Get(ctx)
		if !ok || err != nil {
			return nil, nil
		}
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() || !take(&from, params.ChallengeBond.Add(params.BlobBaseFee), reporter) {
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgOpenChallenge{Challenger: from.AddressBech32, Preimage: found.Preimage(), Row: uint32(found.row)}
	}
}

// MsgAnswerChallengeFactory shows the chunk that the oldest open challenge asks for.
func MsgAnswerChallengeFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgAnswerChallenge] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgAnswerChallenge) {
		open, err := keeper.NewQueryServer(k).Challenges(ctx, &types.QueryChallengesRequest{Limit: 1})
		if err != nil || len(open.Challenges) == 0 || open.Challenges[0].DeadlineHeight < sdk.UnwrapSDKContext(ctx).BlockHeight() {
			reporter.Skip("no open challenge")
			return nil, nil
		}
		c := open.Challenges[0]
		for n := range payloads {
			b, err := blobNumber(k, n)
			if err != nil || b.DataRoot() != erasure.Hash(c.DataRoot) {
				continue
			}
			chunk, err := kept{Blob: b, row: int(c.Row)}.chunk()
			if err != nil {
				break
			}
			from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
			return []simsx.SimAccount{from}, &types.MsgAnswerChallenge{Sender: from.AddressBech32, ChallengeId: c.ChallengeId, Preimage: b.Preimage(), Chunk: chunk}
		}
		reporter.Skip("not a blob of the simulator")
		return nil, nil
	}
}
