package keeper

import (
	"bytes"
	"cmp"
	"context"
	"math/bits"
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// openFirst draws the quorums of epoch 0 from the registrations in genesis and the
// beacon before the first block.
func (k Keeper) openFirst(ctx context.Context, epoch types.Epoch) error {
	if err := k.freeze(ctx, epoch.Number); err != nil {
		return err
	}
	if height(ctx) >= epoch.NextHeight() { // initial_height is beyond it, or an upgrade brought the module
		epoch.StartHeight = height(ctx)
	}
	return k.open(ctx, epoch)
}

// turn ends the running epoch and opens the next, whose votes were frozen half an
// epoch ago.
func (k Keeper) turn(ctx context.Context, ended types.Epoch) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.jailInactive(ctx, ended.Number, params); err != nil {
		return err
	}
	return k.open(ctx, types.Epoch{Number: ended.Number + 1, StartHeight: height(ctx), Blocks: params.EpochBlocks})
}

// open draws an epoch's quorums from the beacon of the block before.
func (k Keeper) open(ctx context.Context, epoch types.Epoch) error {
	seed, err := k.beaconBefore(ctx)
	if err != nil {
		return err
	}
	votes, count, err := k.draw(ctx, epoch.Number, seed)
	if err != nil {
		return err
	}
	epoch.Seed, epoch.Quorums = seed[:], count
	if err := k.Epoch.Set(ctx, epoch); err != nil {
		return err
	}
	return emit(ctx, &types.EventEpoch{Epoch: epoch.Number, Quorums: count, Seed: epoch.Seed, Votes: votes})
}

// draw deals the seats of an epoch among its frozen signers.
func (k Keeper) draw(ctx context.Context, epoch uint64, seed beacon.Value) (votes uint64, count uint32, err error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, 0, err
	}
	profile, err := params.Profile()
	if err != nil {
		return 0, 0, err
	}
	var entries []quorum.Entry
	var keys []bn254.G2Affine
	err = k.Frozen.Walk(ctx, collections.NewPrefixedPairRange[uint64, sdk.AccAddress](epoch), func(key epochAddress, e types.SnapshotEntry) (bool, error) {
		public, err := bls.DecodeTrustedG2(e.Key.G2)
		entries, keys = append(entries, quorum.Entry{Address: [20]byte(key.K2()), Votes: e.Votes}), append(keys, public)
		votes += uint64(e.Votes)
		return false, err
	})
	if err != nil {
		return 0, 0, err
	}
	drawn, err := quorum.Draw(seed, entries, profile.N, int(params.MaxQuorums))
	if err != nil {
		return 0, 0, err
	}
	for id, q := range drawn {
		sum := sumKeys(q.Members, entries, keys)
		record := types.QuorumRecord(epoch, uint32(id), profile.ID, q, bls.EncodeG2(&sum))
		if err := k.Quorums.Set(ctx, collections.Join(epoch, uint32(id)), record); err != nil {
			return 0, 0, err
		}
	}
	return votes, uint32(len(drawn)), nil
}

// sumKeys adds the keys of members; entries ascend by address, keys go with them.
func sumKeys(members [][20]byte, entries []quorum.Entry, keys []bn254.G2Affine) bn254.G2Affine {
	list := make([]bn254.G2Affine, 0, len(members))
	for _, member := range members {
		at, found := slices.BinarySearchFunc(entries, member, func(e quorum.Entry, m [20]byte) int { return bytes.Compare(e.Address[:], m[:]) })
		if found { // always: the draw names entries only
			list = append(list, keys[at])
		}
	}
	return bls.SumG2(list...)
}

// maxJailedParts: those who sit out had at most a tenth of the seats.
const maxJailedParts = 10

// idle lists who signed too small a share of its seats, the smallest share first,
// and of them no more than had a tenth of what could be signed, but one at least.
// Who signed is what dispersers say: without a bound, one that orders many small
// blobs and asks others than its rivals could put two thirds of the seats out of an
// epoch, and what is left of the votes would not be two thirds honest any more.
func idle(all []work, params types.Params) (sitOut []work) {
	total, out := uint64(0), uint64(0)
	for _, w := range all {
		total += w.confirmable
		if w.signed*10_000 < w.confirmable*uint64(params.InactiveBelowBps) {
			sitOut = append(sitOut, w)
		}
	}
	slices.SortStableFunc(sitOut, func(a, b work) int { // a.signed/a.confirmable against b's, without loss
		aHigh, aLow := bits.Mul64(a.signed, b.confirmable)
		bHigh, bLow := bits.Mul64(b.signed, a.confirmable)
		return cmp.Or(cmp.Compare(aHigh, bHigh), cmp.Compare(aLow, bLow))
	})
	for i, w := range sitOut {
		if out += w.confirmable; i > 0 && out > total/maxJailedParts {
			return sitOut[:i]
		}
	}
	return sitOut
}

// jailInactive leaves idle signers out of the next epoch that is not frozen yet.
func (k Keeper) jailInactive(ctx context.Context, epoch uint64, params types.Params) error {
	work, err := k.activity(ctx, epoch)
	if err != nil {
		return err
	}
	for _, w := range idle(work, params) {
		signer, err := k.Signers.Get(ctx, w.address[:])
		if err != nil {
			continue // it has left
		}
		signer.JailedUntilEpoch = epoch + 3
		if err := k.Signers.Set(ctx, w.address[:], signer); err != nil {
			return err
		}
		if err := k.emitSigner(ctx, signer, "jailed", signer.Key); err != nil {
			return err
		}
	}
	return nil
}

// work is what a member could have signed in an epoch and what it signed, in
// seats of confirmed blobs.
type work struct {
	address             [20]byte
	confirmable, signed uint64
}

// activity sums the tallies of an epoch's quorums, ascending by address.
func (k Keeper) activity(ctx context.Context, epoch uint64) ([]work, error) {
	var all []work
	err := k.Tallies.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint32](epoch), func(key epochQuorum, tally types.Tally) (bool, error) {
		record, err := k.Quorums.Get(ctx, key)
		if err != nil {
			return true, err
		}
		drawn := record.Drawn()
		for m, seats := range drawn.SeatsOf() {
			all = append(all, work{drawn.Members[m], uint64(seats) * tally.Blobs, uint64(seats) * uint64(tally.SignedBy(m))})
		}
		return false, nil
	})
	slices.SortStableFunc(all, func(a, b work) int { return bytes.Compare(a.address[:], b.address[:]) })
	var merged []work
	for _, w := range all {
		if last := len(merged) - 1; last >= 0 && merged[last].address == w.address {
			merged[last].confirmable += w.confirmable
			merged[last].signed += w.signed
			continue
		}
		merged = append(merged, w)
	}
	return merged, err
}
