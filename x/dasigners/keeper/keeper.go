// Package keeper is the state machine of x/dasigners: signers and their deposits,
// epochs and quorums, the beacon, blobs from submission to confirmation, fees and
// rewards. The verbs here are called by every door (messages, precompile, block
// hooks) and emit the events.
package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	errorsmod "cosmossdk.io/errors"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Dependencies are what the module needs of the others.
type Dependencies struct {
	Bank       types.BankKeeper
	Community  types.CommunityPool
	Stake      types.StakeSource
	Validators types.ValidatorSource
	// Set is all validators; nil on development chains only.
	Set types.ValidatorSet
	// Slasher takes stake for a false attestation; nil where slash_validator_bps
	// stays 0.
	Slasher types.ValidatorSlasher
	// Log takes payloads as entries; nil where there is no log.
	Log types.StorageLog
	// EVMChainID names the network in everything that is signed.
	EVMChainID uint64
	// IsDevelopment says whether a chain id may use the small shapes.
	IsDevelopment func(chainID string) bool
	// Authority may update the parameters.
	Authority string
}

type (
	epochAddress = collections.Pair[uint64, sdk.AccAddress]
	epochQuorum  = collections.Pair[uint64, uint32]
	// rootSubmitter is a data root and who ordered a blob with it.
	rootSubmitter = collections.Pair[[]byte, sdk.AccAddress]
	addressID     = collections.Pair[sdk.AccAddress, uint64]
)

// Keeper is the schema of x/dasigners. It is an immutable value: no caches.
type Keeper struct {
	Dependencies

	Schema            collections.Schema
	Params            collections.Item[types.Params]
	Beacon            collections.Item[types.Beacon]
	Epoch             collections.Item[types.Epoch]
	Signers           collections.Map[sdk.AccAddress, types.Signer]
	UsedKeys          collections.KeySet[[]byte]                           // g1 of every key ever registered
	BeaconKeys        collections.Map[[]byte, types.BeaconKey]             // consensus address → key
	Registrations     collections.Map[epochAddress, uint32]                // not yet frozen → votes then
	RegistrationOrder collections.KeySet[registrationRank]                 // fewest votes first
	RegistrationCount collections.Map[uint64, uint32]                      // epoch → registrations
	Snapshots         collections.Map[uint64, types.Snapshot]              // epoch → sums over its frozen signers
	Frozen            collections.Map[epochAddress, types.SnapshotEntry]   // the frozen signers
	Quorums           collections.Map[epochQuorum, types.Quorum]           // seats
	Tallies           collections.Map[epochQuorum, types.Tally]            // who signed how much
	Pools             collections.Map[uint64, types.EpochPool]             // epoch → the signers' share of fees
	Unsettled         collections.Item[uint64]                             // first epoch whose pool is not paid out
	Blobs             collections.Map[uint64, types.Blob]                  // recent records
	BlobByRoot        collections.Map[[]byte, uint64]                      // root → newest confirmed record
	BlobBySubmitter   collections.Map[rootSubmitter, uint64]               // root, submitter → newest record
	NextBlobID        collections.Sequence                                 // from 1
	Pending           collections.KeySet[collections.Pair[uint64, uint64]] // deadline, blob
	BlockConfirmed    collections.KeySet[uint64]                           // blobs confirmed in this block; empty between blocks
	ConfirmedRoots    collections.Map[int64, types.ConfirmedRoot]          // height → root
	Rewards           collections.Map[sdk.AccAddress, sdkmath.Int]         // earned, or paid in vain; base units
	SampleRound       collections.Item[types.SampleRound]                  // and the lottery's pool
	SampleHits        collections.KeySet[[]byte]                           // chunk keys that won in the round
	NextChallengeID   collections.Sequence                                 // from 1
	Challenges        collections.Map[uint64, types.Challenge]             // open ones
	ChallengeByChunk  collections.Map[[]byte, uint64]                      // chunk key → challenge
	ChallengeQueue    collections.KeySet[collections.Pair[uint64, uint64]] // deadline, challenge
	ChallengesOf      collections.KeySet[addressID]                        // signer, challenge
	Leaving           collections.KeySet[epochAddress]                     // last locked epoch, signer
}

// NewKeeper builds the keeper; it panics on a wrong schema only, at start.
func NewKeeper(cdc codec.Codec, service store.KVStoreService, needs Dependencies) Keeper {
	sb := collections.NewSchemaBuilder(service)
	byEpochAddress := collections.PairKeyCodec(collections.Uint64Key, sdk.AccAddressKey)
	byEpochQuorum := collections.PairKeyCodec(collections.Uint64Key, collections.Uint32Key)
	k := Keeper{
		Dependencies: needs,

		Params:        collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Beacon:        collections.NewItem(sb, types.BeaconPrefix, "beacon", codec.CollValue[types.Beacon](cdc)),
		Epoch:         collections.NewItem(sb, types.EpochPrefix, "epoch", codec.CollValue[types.Epoch](cdc)),
		Signers:       collections.NewMap(sb, types.SignersPrefix, "signers", sdk.AccAddressKey, codec.CollValue[types.Signer](cdc)),
		UsedKeys:      collections.NewKeySet(sb, types.UsedKeysPrefix, "used_keys", collections.BytesKey),
		BeaconKeys:    collections.NewMap(sb, types.BeaconKeysPrefix, "beacon_keys", collections.BytesKey, codec.CollValue[types.BeaconKey](cdc)),
		Registrations: collections.NewMap(sb, types.RegistrationsPrefix, "registrations", byEpochAddress, collections.Uint32Value),
		RegistrationOrder: collections.NewKeySet(sb, types.RegistrationOrderPrefix, "registration_order",
			collections.TripleKeyCodec(collections.Uint64Key, collections.Uint32Key, sdk.AccAddressKey)),
		RegistrationCount: collections.NewMap(sb, types.RegistrationCountPrefix, "registration_count", collections.Uint64Key, collections.Uint32Value),
		Snapshots:         collections.NewMap(sb, types.SnapshotsPrefix, "snapshots", collections.Uint64Key, codec.CollValue[types.Snapshot](cdc)),
		Frozen:            collections.NewMap(sb, types.FrozenPrefix, "frozen", byEpochAddress, codec.CollValue[types.SnapshotEntry](cdc)),
		Quorums:           collections.NewMap(sb, types.QuorumsPrefix, "quorums", byEpochQuorum, codec.CollValue[types.Quorum](cdc)),
		Tallies:           collections.NewMap(sb, types.TalliesPrefix, "tallies", byEpochQuorum, codec.CollValue[types.Tally](cdc)),
		Pools:             collections.NewMap(sb, types.PoolsPrefix, "pools", collections.Uint64Key, codec.CollValue[types.EpochPool](cdc)),
		Unsettled:         collections.NewItem(sb, types.UnsettledPrefix, "unsettled", collections.Uint64Value),
		Blobs:             collections.NewMap(sb, types.BlobsPrefix, "blobs", collections.Uint64Key, codec.CollValue[types.Blob](cdc)),
		BlobByRoot:        collections.NewMap(sb, types.BlobByRootPrefix, "blob_by_root", collections.BytesKey, collections.Uint64Value),
		BlobBySubmitter: collections.NewMap(sb, types.BlobBySubmitterPrefix, "blob_by_submitter",
			collections.PairKeyCodec(collections.BytesKey, sdk.AccAddressKey), collections.Uint64Value),
		NextBlobID: collections.NewSequence(sb, types.NextBlobIDPrefix, "next_blob_id"),
		Pending: collections.NewKeySet(sb, types.PendingPrefix, "pending",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)),
		BlockConfirmed: collections.NewKeySet(sb, types.BlockConfirmedPrefix, "block_confirmed", collections.Uint64Key),
		ConfirmedRoots: collections.NewMap(sb, types.ConfirmedRootsPrefix, "confirmed_roots", collections.Int64Key, codec.CollValue[types.ConfirmedRoot](cdc)),
		Rewards:        collections.NewMap(sb, types.RewardsPrefix, "rewards", sdk.AccAddressKey, sdk.IntValue),
		SampleRound:    collections.NewItem(sb, types.SampleRoundPrefix, "sample_round", codec.CollValue[types.SampleRound](cdc)),
		Leaving:        collections.NewKeySet(sb, types.LeavingPrefix, "leaving", byEpochAddress),

		SampleHits:       collections.NewKeySet(sb, types.SampleHitsPrefix, "sample_hits", collections.BytesKey),
		NextChallengeID:  collections.NewSequence(sb, types.NextChallengeIDPrefix, "next_challenge_id"),
		Challenges:       collections.NewMap(sb, types.ChallengesPrefix, "challenges", collections.Uint64Key, codec.CollValue[types.Challenge](cdc)),
		ChallengeByChunk: collections.NewMap(sb, types.ChallengeByChunkPrefix, "challenge_by_chunk", collections.BytesKey, collections.Uint64Value),
		ChallengeQueue: collections.NewKeySet(sb, types.ChallengeQueuePrefix, "challenge_queue",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)),
		ChallengesOf: collections.NewKeySet(sb, types.ChallengesOfPrefix, "challenges_of",
			collections.PairKeyCodec(sdk.AccAddressKey, collections.Uint64Key)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// notFound turns a missing key into the module's own error and tells of any
// other failure what was being read.
func notFound(err error, missing *errorsmod.Error, format string, args ...any) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, collections.ErrNotFound):
		return missing.Wrapf(format, args...)
	default:
		return fmt.Errorf("read %s: %w", fmt.Sprintf(format, args...), err)
	}
}

func emit(ctx context.Context, event proto.Message) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}

func height(ctx context.Context) int64 { return sdk.UnwrapSDKContext(ctx).BlockHeight() }

// Gas beyond that of the store: what curve arithmetic costs, by EIP-1108.
const (
	pairingGas       = 113_000 // two pairs
	confirmGas       = 6_000
	confirmMemberGas = 300
	confirmBlobGas   = 2_000
)

func charge(ctx context.Context, gas uint64, what string) {
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gas, what)
}
