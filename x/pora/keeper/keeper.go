// Package keeper is the state machine of x/pora: miners, claims, mining epochs,
// difficulty, proofs and their payout. The verbs here are called by every door
// (messages, precompile, block hook) and emit the events.
package keeper

import (
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	errorsmod "cosmossdk.io/errors"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora/types"
)

// Keeper is the schema of x/pora. It is an immutable value: no caches.
type Keeper struct {
	bank      types.BankKeeper // pays credits out; nothing else
	flow      types.FlowKeeper // contexts, data, endowments
	authority string           // may update params

	Schema      collections.Schema
	Params      collections.Item[types.Params]
	Miners      collections.Map[[]byte, types.Miner]                                 // miner id → miner
	OwnerSeeds  collections.Map[collections.Pair[sdk.AccAddress, uint64], []byte]    // owner, seed → miner id
	ClaimCount  collections.Item[uint64]                                             // claims that stand
	Targets     collections.Map[uint64, []byte]                                      // flow → target, 32 B big-endian
	Epochs      collections.Map[uint64, types.MiningEpoch]                           // flow → running or last mining epoch
	Proofs      collections.Map[uint64, types.Proof]                                 // proof id → accepted proof, the newest proof_history
	NextProofID collections.Sequence                                                 // from 1
	UsedOutputs collections.KeySet[collections.Triple[uint64, uint64, []byte]]       // flow, epoch, output; for two epochs
	Credits     collections.Map[sdk.AccAddress, sdkmath.Int]                         // beneficiary → refused rewards, azg
	Replicas    collections.Map[collections.Pair[uint64, uint64], types.ReplicaNode] // flow, node → claims that start there, see replica.go
}

// NewKeeper builds the keeper; it panics on a wrong schema only, at start.
func NewKeeper(
	cdc codec.Codec, storeService store.KVStoreService, bank types.BankKeeper, flow types.FlowKeeper, authority string,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		bank:      bank,
		flow:      flow,
		authority: authority,

		Params: collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Miners: collections.NewMap(sb, types.MinersPrefix, "miners", collections.BytesKey, codec.CollValue[types.Miner](cdc)),
		OwnerSeeds: collections.NewMap(sb, types.OwnerSeedsPrefix, "owner_seeds",
			collections.PairKeyCodec(sdk.AccAddressKey, collections.Uint64Key), collections.BytesValue),
		ClaimCount:  collections.NewItem(sb, types.ClaimCountPrefix, "claim_count", collections.Uint64Value),
		Targets:     collections.NewMap(sb, types.TargetsPrefix, "targets", collections.Uint64Key, collections.BytesValue),
		Epochs:      collections.NewMap(sb, types.EpochsPrefix, "epochs", collections.Uint64Key, codec.CollValue[types.MiningEpoch](cdc)),
		Proofs:      collections.NewMap(sb, types.ProofsPrefix, "proofs", collections.Uint64Key, codec.CollValue[types.Proof](cdc)),
		NextProofID: collections.NewSequence(sb, types.NextProofIDPrefix, "next_proof_id"),
		UsedOutputs: collections.NewKeySet(sb, types.UsedOutputsPrefix, "used_outputs",
			collections.TripleKeyCodec(collections.Uint64Key, collections.Uint64Key, collections.BytesKey)),
		Credits: collections.NewMap(sb, types.CreditsPrefix, "credits", sdk.AccAddressKey, sdk.IntValue),
		Replicas: collections.NewMap(sb, types.ReplicasPrefix, "replicas",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key), codec.CollValue[types.ReplicaNode](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// Authority is the address that may update the parameters.
func (k Keeper) Authority() string { return k.authority }

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
