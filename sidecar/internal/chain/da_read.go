package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	grpc1 "github.com/cosmos/gogoproto/grpc"
	"google.golang.org/grpc/metadata"

	dasignerstypes "github.com/zgd-network/zgd/x/dasigners/types"
)

var _ DAClient = (*Remote)(nil)

// DAQueries reads the state of x/dasigners over its query service.
type DAQueries struct{ da dasignerstypes.QueryClient }

// NewDAQueries reads over a connection, which may lead to a node or to a keeper
// in memory.
func NewDAQueries(conn grpc1.ClientConn) DAQueries {
	return DAQueries{dasignerstypes.NewQueryClient(conn)}
}

// DALimits reads the parameters of x/dasigners.
func (r DAQueries) DALimits(ctx context.Context) (DALimits, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Params(ctx, &dasignerstypes.QueryParamsRequest{})
	if err != nil {
		return DALimits{}, mapError(ctx, "read parameters of data availability", err)
	}
	p := answer.Params
	profile, err := p.Profile()
	if err != nil {
		return DALimits{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return DALimits{
		Profile: profile.ID, MaxBlobBytes: p.MaxBlobBytes, MaxBatch: p.MaxBatch, EpochBlocks: p.EpochBlocks,
		ConfirmWindowBlocks: p.ConfirmWindowBlocks, RecordRetentionEpochs: p.RecordRetentionEpochs,
		RetentionEpochs: p.RetentionEpochs, MinVerifyRows: p.MinVerifyRows, SignerDeposit: amountOf(p.SignerDeposit),
	}, nil
}

// DAEpoch reads the running epoch.
func (r DAQueries) DAEpoch(ctx context.Context) (DAEpoch, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.EpochNumber(ctx, &dasignerstypes.QueryEpochNumberRequest{})
	if err != nil {
		return DAEpoch{}, mapError(ctx, "read the quorum epoch", err)
	}
	e := answer.Epoch
	out := DAEpoch{
		Number: e.Number, StartHeight: e.StartHeight, FreezeHeight: answer.FreezeHeight, NextHeight: answer.NextHeight,
		Quorums: e.Quorums, BondedTokens: new(big.Int), VotePrice: new(big.Int),
	}
	if s := answer.Snapshot; s != nil {
		out.Votes, out.BondedTokens, out.VotePrice = s.Votes, amountOf(s.BondedTokens), amountOf(s.TokensPerVote)
	}
	return out, nil
}

// DAQuorum reads a quorum with its members' keys and sockets.
func (r DAQueries) DAQuorum(ctx context.Context, epoch uint64, id uint32) (DAQuorum, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.EpochQuorum(ctx, &dasignerstypes.QueryEpochQuorumRequest{Epoch: epoch, QuorumId: id})
	if err != nil {
		return DAQuorum{}, mapError(ctx, fmt.Sprintf("read quorum %d of epoch %d", id, epoch), err)
	}
	drawn := answer.Quorum.Drawn()
	out := DAQuorum{Epoch: epoch, ID: id, Profile: uint8(answer.Quorum.Profile), Seats: drawn.Seats, Members: make([]DAMember, len(answer.Members))}
	if len(drawn.Members) != len(answer.Members) {
		return DAQuorum{}, fmt.Errorf("%w: quorum of %d members describes %d", ErrMalformed, len(drawn.Members), len(answer.Members))
	}
	for _, seat := range drawn.Seats {
		if int(seat) >= len(drawn.Members) {
			return DAQuorum{}, fmt.Errorf("%w: a seat of member %d, there are %d", ErrMalformed, seat, len(drawn.Members))
		}
	}
	for i, m := range answer.Members {
		address, err := ParseAddress(m.Address)
		if err != nil {
			return DAQuorum{}, err
		}
		if address != Address(drawn.Members[i]) {
			return DAQuorum{}, fmt.Errorf("%w: member %d of the quorum is %s in one place, another elsewhere", ErrMalformed, i, address)
		}
		out.Members[i] = DAMember{Address: address, Socket: m.Socket, Key: keyOf(m.Key), Seats: m.Seats}
	}
	return out, nil
}

// DASigner reads a signer.
func (r DAQueries) DASigner(ctx context.Context, address Address) (DASigner, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Signer(ctx, &dasignerstypes.QuerySignerRequest{Address: address.String()})
	if err != nil {
		return DASigner{}, mapError(ctx, "read signer "+address.String(), err)
	}
	s := answer.Signer
	out := DASigner{
		Address: address, Socket: s.Socket, Key: keyOf(s.Key), NextKeyEpoch: s.NextKeyEpoch, ActivationEpoch: s.ActivationEpoch,
		JailedUntilEpoch: s.JailedUntilEpoch, Tombstoned: s.Tombstoned, Leaving: s.Leaving, Deposit: amountOf(s.Deposit),
	}
	if s.NextKey != nil {
		out.NextKey = keyOf(*s.NextKey)
	}
	return out, nil
}

// DARegistered reads whether a signer takes part in an epoch.
func (r DAQueries) DARegistered(ctx context.Context, epoch uint64, address Address) (bool, uint32, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Registration(ctx, &dasignerstypes.QueryRegistrationRequest{Epoch: epoch, Address: address.String()})
	if err != nil {
		return false, 0, mapError(ctx, fmt.Sprintf("read registration for epoch %d", epoch), err)
	}
	return answer.Registered, answer.Votes, nil
}

// DABlob reads a recent blob.
func (r DAQueries) DABlob(ctx context.Context, id uint64) (DABlob, error) {
	return r.daBlob(ctx, &dasignerstypes.QueryBlobRequest{BlobId: id}, fmt.Sprintf("read blob %d", id))
}

// DABlobByRoot reads the newest recent blob with a root.
func (r DAQueries) DABlobByRoot(ctx context.Context, root Hash) (DABlob, error) {
	return r.daBlob(ctx, &dasignerstypes.QueryBlobRequest{DataRoot: hexOf(root)}, "read blob "+hexOf(root))
}

// DABlobOf reads the newest blob of a submitter with a root.
func (r DAQueries) DABlobOf(ctx context.Context, submitter Address, root Hash) (DABlob, error) {
	request := &dasignerstypes.QueryBlobRequest{DataRoot: hexOf(root), Submitter: submitter.String()}
	return r.daBlob(ctx, request, fmt.Sprintf("read blob %s of %s", hexOf(root), submitter))
}

// DABeaconAt reads the beacon in the state after a block.
func (r DAQueries) DABeaconAt(ctx context.Context, height int64) (DABeacon, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Beacon(atHeight(ctx, height), &dasignerstypes.QueryBeaconRequest{})
	if err != nil {
		return DABeacon{}, mapError(ctx, fmt.Sprintf("read the beacon of height %d", height), err)
	}
	if height > 0 && answer.Beacon.Height != height {
		return DABeacon{}, fmt.Errorf("%w: the beacon of height %d for that of %d", ErrMalformed, answer.Beacon.Height, height)
	}
	out := DABeacon{Height: answer.Beacon.Height}
	return out, decodeHashes(hashField{&out.Value, "beacon", answer.Beacon.Value})
}

// DABlobRange reads which blobs are on record in the state after a block: the ids
// in [first, next). Height 0 is the newest.
func (r DAQueries) DABlobRange(ctx context.Context, height int64) (first, next uint64, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.BlobRange(atHeight(ctx, height), &dasignerstypes.QueryBlobRangeRequest{})
	if err != nil {
		return 0, 0, mapError(ctx, "read which blobs are on record", err)
	}
	if answer.FirstBlobId > answer.NextBlobId {
		return 0, 0, fmt.Errorf("%w: blobs from %d to %d", ErrMalformed, answer.FirstBlobId, answer.NextBlobId)
	}
	return answer.FirstBlobId, answer.NextBlobId, nil
}

// atHeight asks for the state after a block; 0: the newest.
func atHeight(ctx context.Context, height int64) context.Context {
	if height == 0 {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "x-cosmos-block-height", strconv.FormatInt(height, 10))
}

func (r DAQueries) daBlob(ctx context.Context, request *dasignerstypes.QueryBlobRequest, what string) (DABlob, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Blob(ctx, request)
	if err != nil {
		return DABlob{}, mapError(ctx, what, err)
	}
	return decodeDABlob(&answer.Blob)
}

// DAConfirmedIn reads which blobs a block confirmed from its events.
func (r *Remote) DAConfirmedIn(ctx context.Context, height int64) ([]DABlob, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	ids, err := r.confirmedIDs(ctx, height)
	if err != nil {
		return nil, err
	}
	blobs := make([]DABlob, len(ids))
	for i, id := range ids {
		if blobs[i], err = r.DABlob(ctx, id); err != nil {
			return nil, err
		}
	}
	return blobs, nil
}

// confirmEvent is the type of x/dasigners' event.
const confirmEvent = "zg.dasigners.v1.EventConfirm"

func (r *Remote) confirmedIDs(ctx context.Context, height int64) ([]uint64, error) {
	var answer struct {
		TxsResults []struct {
			Code   uint32 `json:"code"`
			Events []struct {
				Type       string `json:"type"`
				Attributes []struct {
					Key   string `json:"key"`
					Value string `json:"value"`
				} `json:"attributes"`
			} `json:"events"`
		} `json:"txs_results"`
	}
	if err := r.comet(ctx, "block_results", map[string]string{"height": strconv.FormatInt(height, 10)}, &answer); err != nil {
		return nil, err
	}
	var ids []uint64
	for _, result := range answer.TxsResults {
		for _, event := range result.Events {
			for _, attribute := range event.Attributes {
				if event.Type != confirmEvent || attribute.Key != "blob_ids" || result.Code != 0 {
					continue
				}
				more, err := parseIDs(attribute.Value)
				if err != nil {
					return nil, err
				}
				ids = append(ids, more...)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// parseIDs reads ["1","2"].
func parseIDs(text string) ([]uint64, error) {
	var texts []string
	if err := json.Unmarshal([]byte(text), &texts); err != nil {
		return nil, fmt.Errorf("%w: blob ids %.80q: %w", ErrMalformed, text, err)
	}
	ids := make([]uint64, len(texts))
	for i, t := range texts {
		id, err := strconv.ParseUint(t, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: blob id %.40q: %w", ErrMalformed, t, err)
		}
		ids[i] = id
	}
	return ids, nil
}

// DAConfirmedRoot reads the root over the blobs that a block confirmed.
func (r DAQueries) DAConfirmedRoot(ctx context.Context, height int64) (DAConfirmedRoot, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.ConfirmedRoot(ctx, &dasignerstypes.QueryConfirmedRootRequest{Height: height})
	if err != nil {
		return DAConfirmedRoot{}, mapError(ctx, fmt.Sprintf("read the blobs confirmed at height %d", height), err)
	}
	out := DAConfirmedRoot{Height: answer.Root.Height, Blobs: answer.Root.Blobs}
	return out, decodeHashes(hashField{&out.Root, "confirmed root", answer.Root.Root})
}

// DAQuote prices a blob.
func (r DAQueries) DAQuote(ctx context.Context, dataLen uint64) (DAQuote, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Quote(ctx, &dasignerstypes.QueryQuoteRequest{DataLen: dataLen})
	if err != nil {
		return DAQuote{}, mapError(ctx, fmt.Sprintf("price a blob of %d bytes", dataLen), err)
	}
	return DAQuote{Fee: amountOf(answer.Fee), Profile: uint8(answer.Profile), RowSize: answer.RowSize}, nil
}

// DARewards reads what a signer may claim.
func (r DAQueries) DARewards(ctx context.Context, address Address) (*big.Int, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.da.Rewards(ctx, &dasignerstypes.QueryRewardsRequest{Address: address.String()})
	if err != nil {
		return nil, mapError(ctx, "read rewards of "+address.String(), err)
	}
	return amountOf(answer.Amount), nil
}

func keyOf(k dasignerstypes.Key) DAKey { return DAKey{G1: k.G1, G2: k.G2} }

func decodeDABlob(in *dasignerstypes.Blob) (DABlob, error) {
	submitter, err := ParseAddress(in.Submitter)
	if err != nil {
		return DABlob{}, err
	}
	out := DABlob{
		ID: in.BlobId, DataLen: in.DataLen, Profile: uint8(in.Profile), Epoch: in.Epoch, QuorumID: in.QuorumId, Submitter: submitter,
		SubmitHeight: in.SubmitHeight, DeadlineHeight: in.DeadlineHeight, ConfirmHeight: in.ConfirmHeight, Fee: amountOf(in.Fee),
	}
	switch in.Status {
	case dasignerstypes.BLOB_STATUS_SUBMITTED:
		out.Status = DABlobSubmitted
	case dasignerstypes.BLOB_STATUS_CONFIRMED:
		out.Status = DABlobConfirmed
	case dasignerstypes.BLOB_STATUS_LAPSED:
		out.Status = DABlobLapsed
	default:
		return DABlob{}, fmt.Errorf("%w: blob %d has status %d", ErrMalformed, in.BlobId, in.Status)
	}
	return out, decodeHashes(hashField{&out.Root, "data root", in.DataRoot})
}
