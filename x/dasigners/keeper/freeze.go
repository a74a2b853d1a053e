package keeper

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// candidate is a registered signer that may take part.
type candidate struct {
	address sdk.AccAddress
	signer  types.Signer
	bonded  sdkmath.Int
	votes   uint32
}

// freeze fixes keys and votes of an epoch before anybody knows the seed of its
// draw. The registrations are used up.
func (k Keeper) freeze(ctx context.Context, epoch uint64) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	candidates, err := k.candidates(ctx, epoch, params)
	if err != nil {
		return err
	}
	total, err := k.Stake.TotalBonded(ctx)
	if err != nil {
		return err
	}
	candidates, perVote := fit(candidates, params)
	snapshot := types.Snapshot{Epoch: epoch, TokensPerVote: perVote, BondedTokens: total}
	for _, c := range candidates {
		snapshot.Signers++
		snapshot.Votes += uint64(c.votes)
		if err := k.freezeSigner(ctx, epoch, c, params); err != nil {
			return err
		}
	}
	return k.Snapshots.Set(ctx, epoch, snapshot)
}

// candidates empties the list of registrations, which is bounded.
func (k Keeper) candidates(ctx context.Context, epoch uint64, params types.Params) (list []candidate, err error) {
	registered, err := firstIn(ctx, k.Registrations, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](epoch), maxRegistrations)
	if err != nil {
		return nil, err
	}
	stake := k.Stake
	if s, ok := stake.(Staking); ok {
		stake = s.once()
	}
	for _, key := range registered {
		address := key.K2()
		if err := k.unregisterEpoch(ctx, epoch, address); err != nil {
			return nil, err
		}
		signer, err := k.Signer(ctx, address)
		if err != nil {
			return nil, err
		}
		if mayTakePart(signer, epoch, params) != nil {
			continue
		}
		bonded, err := stake.Bonded(ctx, address, maxDelegations)
		if err != nil {
			return nil, err
		}
		list = append(list, candidate{address: address, signer: signer, bonded: bonded})
	}
	return list, nil
}

// fit counts votes and keeps what one draw can take: the signers with the most
// votes (ties by address), and a price of a vote doubled until their tickets fit.
// The result ascends by address.
func fit(candidates []candidate, params types.Params) ([]candidate, sdkmath.Int) {
	perVote := tokensPerVote(params)
	count := func() (votes uint64) {
		for i := range candidates {
			candidates[i].votes = votesOf(candidates[i].bonded, perVote, params.MaxVotesPerSigner)
			votes += uint64(candidates[i].votes)
		}
		return votes
	}
	count()
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.votes, a.votes), bytes.Compare(a.address, b.address))
	})
	candidates = candidates[:min(len(candidates), int(params.MaxMembers))]
	for count() > quorum.MaxTickets { // ends: amounts have at most 256 bits
		perVote = perVote.MulRaw(2)
	}
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return c.votes == 0 })
	slices.SortFunc(candidates, func(a, b candidate) int { return bytes.Compare(a.address, b.address) })
	return candidates, perVote
}

// freezeSigner also locks the deposit for as long as the epoch's promises last.
func (k Keeper) freezeSigner(ctx context.Context, epoch uint64, c candidate, params types.Params) error {
	key, keyID := c.signer.KeyAt(epoch)
	c.signer.LockedUntilEpoch = max(c.signer.LockedUntilEpoch, epoch+params.PromiseEpochs())
	entry := types.SnapshotEntry{Address: c.signer.Address, Key: key, KeyId: keyID, Votes: c.votes}
	return errors.Join(
		k.Signers.Set(ctx, c.address, c.signer),
		k.Frozen.Set(ctx, collections.Join(epoch, c.address), entry),
	)
}
