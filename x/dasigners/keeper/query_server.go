package keeper

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Pages are bounded so that no query can hold a node for long.
const (
	defaultPage = 100
	maxPage     = 1000
)

type queryServer struct{ Keeper }

// NewQueryServer returns the reading door.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (q queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := q.Keeper.Params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, grpcError(err)
}

func (q queryServer) EpochNumber(ctx context.Context, _ *types.QueryEpochNumberRequest) (*types.QueryEpochNumberResponse, error) {
	epoch, err := q.Epoch.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	response := &types.QueryEpochNumberResponse{Epoch: epoch, FreezeHeight: epoch.FreezeHeight(), NextHeight: epoch.NextHeight()}
	for _, s := range []struct {
		epoch uint64
		into  **types.Snapshot
	}{{epoch.Number, &response.Snapshot}, {epoch.Number + 1, &response.NextSnapshot}} {
		snapshot, err := q.Snapshots.Get(ctx, s.epoch)
		if err == nil {
			*s.into = &snapshot
		} else if !errors.Is(err, collections.ErrNotFound) {
			return nil, grpcError(err)
		}
	}
	return response, nil
}

func (q queryServer) Signer(ctx context.Context, req *types.QuerySignerRequest) (*types.QuerySignerResponse, error) {
	address, err := types.Address("address", req.Address)
	if err != nil {
		return nil, grpcError(err)
	}
	signer, err := q.Keeper.Signer(ctx, address)
	return &types.QuerySignerResponse{Signer: signer}, grpcError(err)
}

func (q queryServer) Signers(ctx context.Context, req *types.QuerySignersRequest) (*types.QuerySignersResponse, error) {
	page := new(collections.Range[sdk.AccAddress])
	if req.AfterAddress != "" {
		after, err := types.Address("after_address", req.AfterAddress)
		if err != nil {
			return nil, grpcError(err)
		}
		page = page.StartExclusive(after)
	}
	response := &types.QuerySignersResponse{}
	err := q.Keeper.Signers.Walk(ctx, page, func(_ sdk.AccAddress, signer types.Signer) (stop bool, err error) {
		response.Signers = append(response.Signers, signer)
		return len(response.Signers) == pageSize(req.Limit), nil
	})
	return response, grpcError(err)
}

func (q queryServer) Registration(ctx context.Context, req *types.QueryRegistrationRequest) (*types.QueryRegistrationResponse, error) {
	address, err := types.Address("address", req.Address)
	if err != nil {
		return nil, grpcError(err)
	}
	key := collections.Join(req.Epoch, address)
	entry, err := q.Frozen.Get(ctx, key)
	if err == nil {
		return &types.QueryRegistrationResponse{Registered: true, Votes: entry.Votes, Frozen: true}, nil
	}
	votes, err := q.Registrations.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return &types.QueryRegistrationResponse{}, nil
	}
	return &types.QueryRegistrationResponse{Registered: err == nil, Votes: votes}, grpcError(err)
}

func (q queryServer) Beacon(ctx context.Context, _ *types.QueryBeaconRequest) (*types.QueryBeaconResponse, error) {
	state, err := q.Keeper.Beacon.Get(ctx)
	return &types.QueryBeaconResponse{Beacon: state}, grpcError(err)
}

func (q queryServer) BeaconKey(ctx context.Context, req *types.QueryBeaconKeyRequest) (*types.QueryBeaconKeyResponse, error) {
	consensus, err := parseHex("consensus_address", req.ConsensusAddress, 20)
	if err != nil {
		return nil, grpcError(err)
	}
	key, err := q.BeaconKeys.Get(ctx, consensus)
	if err := notFound(err, types.ErrNotFound, "beacon key of %x", consensus); err != nil {
		return nil, grpcError(err)
	}
	effective, err := q.BeaconKeyFor(ctx, consensus, height(ctx))
	return &types.QueryBeaconKeyResponse{Key: key, EffectiveG2: effective}, grpcError(err)
}

func (q queryServer) Rewards(ctx context.Context, req *types.QueryRewardsRequest) (*types.QueryRewardsResponse, error) {
	address, err := types.Address("address", req.Address)
	if err != nil {
		return nil, grpcError(err)
	}
	amount, err := q.Reward(ctx, address)
	return &types.QueryRewardsResponse{Amount: amount}, grpcError(err)
}

func (q queryServer) Pool(ctx context.Context, req *types.QueryPoolRequest) (*types.QueryPoolResponse, error) {
	pool, err := q.Keeper.Pool(ctx, req.Epoch)
	return &types.QueryPoolResponse{Pool: pool}, grpcError(err)
}

func parseHex(name, text string, want int) ([]byte, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(raw) != want {
		return nil, types.ErrInvalidMessage.Wrapf("%s %q, want %d bytes in hex", name, text, want)
	}
	return raw, nil
}

func pageSize(limit uint32) int {
	if limit == 0 {
		return defaultPage
	}
	return int(min(limit, maxPage))
}

// grpcError gives what a client can act on the right code.
func grpcError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, types.ErrInvalidMessage), errors.Is(err, types.ErrInvalidBitmap),
		errors.Is(err, types.ErrBlobTooLarge), errors.Is(err, types.ErrEmptyBlob):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, types.ErrSignerNotFound), errors.Is(err, types.ErrChallengeNotFound), errors.Is(err, types.ErrQuorumNotFound), errors.Is(err, types.ErrBlobNotFound),
		errors.Is(err, types.ErrNotFound), errors.Is(err, collections.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	default:
		return status.Error(codes.Internal, err.Error())
	}
}
