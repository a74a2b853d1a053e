package types

import (
	"bytes"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
)

// DefaultGenesis is a new chain without signers.
func DefaultGenesis() *GenesisState {
	return &GenesisState{
		Params: DefaultParams(), GenesisSeed: make([]byte, hashBytes), NextBlobId: 1, NextChallengeId: 1,
		SampleRound: SampleRound{Pool: sdkmath.ZeroInt()},
	}
}

// Validate checks everything that the state shows by itself. Whether the shape
// fits the chain is Params.ValidateFor, with the chain id at hand.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if len(g.GenesisSeed) != hashBytes {
		return ErrInvalidGenesis.Wrapf("genesis_seed has %d bytes, want %d", len(g.GenesisSeed), hashBytes)
	}
	for _, check := range []func() error{
		g.validateStart, g.validateSigners, g.validateBeaconKeys, g.validateFrozen,
		g.validateQuorums, g.validateTallies, g.validatePools, g.validateBlobs, g.validateRoots, g.validateRewards,
		g.validateRound, g.validateChallenges,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateStart: a new chain has neither beacon nor epoch nor anything that grew
// out of them; a running one has both.
func (g GenesisState) validateStart() error {
	if g.Epoch == nil {
		if g.Beacon != nil || len(g.Snapshots)+len(g.Frozen)+len(g.Quorums)+len(g.Tallies)+len(g.Pools)+len(g.Blobs)+len(g.ConfirmedRoots)+len(g.Challenges) > 0 || g.SampleRound.Number > 0 {
			return ErrInvalidGenesis.Wrap("no epoch, but state that only a running chain has")
		}
		return nil
	}
	if g.Beacon == nil || len(g.Beacon.Value) != hashBytes || len(g.Beacon.Previous) != hashBytes {
		return ErrInvalidGenesis.Wrap("a running chain needs a beacon, two values of 32 bytes")
	}
	if g.Epoch.Blocks < minEpochBlock || g.Epoch.Blocks > maxBlocks || g.Epoch.Quorums > maxQuorums || len(g.Epoch.Seed) != hashBytes {
		return ErrInvalidGenesis.Wrapf("epoch %d: want %d to %d blocks, at most %d quorums, a seed of 32 bytes", g.Epoch.Number, minEpochBlock, maxBlocks, maxQuorums)
	}
	return nil
}

func (g GenesisState) validateSigners() error {
	seen, keys := map[string]bool{}, map[string]bool{} // only looked up
	for _, s := range g.Signers {
		if _, err := Address("signer", s.Address); err != nil || seen[s.Address] {
			return ErrInvalidGenesis.Wrapf("signer %q: listed twice, or %v", s.Address, err)
		}
		seen[s.Address] = true
		if err := CheckSocket(s.Socket); err != nil {
			return ErrInvalidGenesis.Wrapf("signer %s: %s", s.Address, err)
		}
		if !fits(s.Deposit) || s.KeyId == 0 {
			return ErrInvalidGenesis.Wrapf("signer %s: want a deposit and a key_id from 1", s.Address)
		}
		for _, key := range []*Key{&s.Key, s.NextKey} {
			if key == nil {
				continue
			}
			if keys[string(key.G1)] {
				return ErrInvalidGenesis.Wrapf("signer %s: its key is another's, too", s.Address)
			}
			keys[string(key.G1)] = true
			if err := key.check(); err != nil {
				return ErrInvalidGenesis.Wrapf("signer %s: %s", s.Address, err)
			}
		}
	}
	type registration struct {
		epoch   uint64
		address string
	}
	twice := map[registration]bool{} // only looked up
	for _, r := range g.Registrations {
		if key := (registration{r.Epoch, r.Address}); !seen[r.Address] || twice[key] {
			return ErrInvalidGenesis.Wrapf("registration of %q for epoch %d: no such signer, or listed twice", r.Address, r.Epoch)
		} else {
			twice[key] = true
		}
	}
	return nil
}

func (k Key) check() error {
	public, err := k.Public()
	if err != nil {
		return err
	}
	if err := public.CheckPair(); err != nil {
		return ErrInvalidKey.Wrap(err.Error())
	}
	return nil
}

func (g GenesisState) validateBeaconKeys() error {
	seen := map[string]bool{} // only looked up
	for _, k := range g.BeaconKeys {
		if len(k.ConsensusAddress) != addressBytes || seen[string(k.ConsensusAddress)] {
			return ErrInvalidGenesis.Wrapf("beacon key of %x: want 20 bytes, listed once", k.ConsensusAddress)
		}
		seen[string(k.ConsensusAddress)] = true
		if _, err := bls.DecodeG2(k.G2); err != nil {
			return ErrInvalidGenesis.Wrapf("beacon key of %x: %s", k.ConsensusAddress, err)
		}
		if len(k.NextG2) > 0 {
			if _, err := bls.DecodeG2(k.NextG2); err != nil {
				return ErrInvalidGenesis.Wrapf("next beacon key of %x: %s", k.ConsensusAddress, err)
			}
		}
	}
	for i, key := range g.UsedKeys {
		if len(key) != bls.G1Size || i > 0 && bytes.Compare(g.UsedKeys[i-1], key) >= 0 {
			return ErrInvalidGenesis.Wrapf("used_keys[%d]: want %d bytes, ascending", i, bls.G1Size)
		}
	}
	return nil
}

type frozenKey struct {
	epoch   uint64
	address string
}

// frozenSigners indexes the snapshot entries.
func (g GenesisState) frozenSigners() map[frozenKey]bool {
	index := make(map[frozenKey]bool, len(g.Frozen)) // only looked up
	for _, f := range g.Frozen {
		index[frozenKey{f.Epoch, f.Entry.Address}] = true
	}
	return index
}

func (g GenesisState) validateFrozen() error {
	epochs := map[uint64]bool{} // only looked up
	for _, s := range g.Snapshots {
		if epochs[s.Epoch] || s.TokensPerVote.IsNil() || s.BondedTokens.IsNil() {
			return ErrInvalidGenesis.Wrapf("snapshot of epoch %d: listed twice, or amounts are missing", s.Epoch)
		}
		epochs[s.Epoch] = true
	}
	votes, signers := map[uint64]uint64{}, map[uint64]int{} // only looked up
	for _, f := range g.Frozen {
		votes[f.Epoch] += uint64(f.Entry.Votes)
		signers[f.Epoch]++
		if votes[f.Epoch] > quorum.MaxTickets || signers[f.Epoch] > quorum.MaxMembers {
			return ErrInvalidGenesis.Wrapf("frozen signers of epoch %d: want at most %d with %d votes, else nothing can be drawn", f.Epoch, quorum.MaxMembers, quorum.MaxTickets)
		}
		if _, err := Address("frozen", f.Entry.Address); err != nil || !epochs[f.Epoch] {
			return ErrInvalidGenesis.Wrapf("frozen signer %q of epoch %d: no snapshot, or %v", f.Entry.Address, f.Epoch, err)
		}
		if _, err := f.Entry.Key.Public(); err != nil {
			return ErrInvalidGenesis.Wrapf("frozen signer %s of epoch %d: %s", f.Entry.Address, f.Epoch, err)
		}
	}
	if len(g.frozenSigners()) != len(g.Frozen) {
		return ErrInvalidGenesis.Wrap("a frozen signer is listed twice")
	}
	return nil
}

type quorumKey struct {
	epoch uint64
	id    uint32
}

func (g GenesisState) validateQuorums() error {
	frozen := g.frozenSigners()
	seen := map[quorumKey]bool{} // only looked up
	for _, q := range g.Quorums {
		key := quorumKey{q.Epoch, q.QuorumId}
		profile, err := erasure.ProfileByID(uint8(q.Profile))
		if err != nil || q.Profile > 255 || seen[key] || len(q.Members) == 0 || len(q.Members)%addressBytes != 0 || len(q.Seats) != 2*profile.N {
			return ErrInvalidGenesis.Wrapf("quorum %d of epoch %d: listed twice, or its members, seats and profile do not fit", q.QuorumId, q.Epoch)
		}
		seen[key] = true
		if _, err := bls.DecodeG2(q.SumG2); err != nil {
			return ErrInvalidGenesis.Wrapf("quorum %d of epoch %d: sum_g2: %s", q.QuorumId, q.Epoch, err)
		}
		drawn := q.Drawn()
		for _, member := range drawn.Seats {
			if int(member) >= len(drawn.Members) {
				return ErrInvalidGenesis.Wrapf("quorum %d of epoch %d: seat of member %d, there are %d", q.QuorumId, q.Epoch, member, len(drawn.Members))
			}
		}
		for _, member := range drawn.Members {
			if !frozen[frozenKey{q.Epoch, Bech32(member)}] {
				return ErrInvalidGenesis.Wrapf("quorum %d of epoch %d: member %x is not in the snapshot", q.QuorumId, q.Epoch, member)
			}
		}
	}
	return nil
}

func (g GenesisState) validateTallies() error {
	members := map[quorumKey]int{} // only looked up
	for _, q := range g.Quorums {
		members[quorumKey{q.Epoch, q.QuorumId}] = len(q.Members) / addressBytes
	}
	seen := map[quorumKey]bool{} // only looked up
	for _, t := range g.Tallies {
		key := quorumKey{t.Epoch, t.QuorumId}
		if seen[key] || members[key] == 0 || len(t.Signed) != 4*members[key] {
			return ErrInvalidGenesis.Wrapf("tally of quorum %d of epoch %d: listed twice, or not 4 bytes a member", t.QuorumId, t.Epoch)
		}
		seen[key] = true
		for m := range members[key] {
			if uint64(t.SignedBy(m)) > t.Blobs {
				return ErrInvalidGenesis.Wrapf("tally of quorum %d of epoch %d: member %d signed more than was confirmed", t.QuorumId, t.Epoch, m)
			}
		}
	}
	return nil
}

func (g GenesisState) validateBlobs() error {
	members := map[quorumKey]int{} // only looked up
	for _, q := range g.Quorums {
		members[quorumKey{q.Epoch, q.QuorumId}] = len(q.Members) / addressBytes
	}
	last := uint64(0)
	live := map[string]bool{} // only looked up
	for _, b := range g.Blobs {
		if b.BlobId <= last || b.BlobId >= g.NextBlobId || len(b.DataRoot) != hashBytes {
			return ErrInvalidGenesis.Wrapf("blob %d after %d, want ascending, below %d, with a root of 32 bytes", b.BlobId, last, g.NextBlobId)
		}
		last = b.BlobId
		if b.Status < BLOB_STATUS_SUBMITTED || b.Status > BLOB_STATUS_LAPSED || !fits(b.Fee) || b.DeadlineHeight < 0 {
			return ErrInvalidGenesis.Wrapf("blob %d: unknown status, no fee or a negative deadline", b.BlobId)
		}
		if _, err := Address("submitter", b.Submitter); err != nil {
			return ErrInvalidGenesis.Wrapf("blob %d: %s", b.BlobId, err)
		}
		if err := b.validateStorage(); err != nil {
			return err
		}
		if b.Status == BLOB_STATUS_LAPSED {
			continue
		}
		count, key := members[quorumKey{b.Epoch, b.QuorumId}], string(b.DataRoot)+b.Submitter
		if live[key] || count == 0 {
			return ErrInvalidGenesis.Wrapf("blob %d: its root stands twice for one submitter, or its quorum is missing", b.BlobId)
		}
		live[key] = true
		if want := (count + 7) / 8; b.Status == BLOB_STATUS_CONFIRMED && len(b.MemberBitmap) != want {
			return ErrInvalidGenesis.Wrapf("blob %d: member_bitmap has %d bytes, want %d", b.BlobId, len(b.MemberBitmap), want)
		}
	}
	if g.NextBlobId == 0 {
		return ErrInvalidGenesis.Wrap("next_blob_id 0, want at least 1")
	}
	return nil
}

// validateStorage: endowment and root go with the subtrees of the log entry.
func (b Blob) validateStorage() error {
	if !fits(b.StorageEndowment) {
		return ErrInvalidGenesis.Wrapf("blob %d: storage_endowment is missing or negative", b.BlobId)
	}
	if len(b.StorageNodes) == 0 {
		if len(b.StorageRoot) > 0 || !b.StorageEndowment.IsZero() {
			return ErrInvalidGenesis.Wrapf("blob %d: a storage root or endowment without storage nodes", b.BlobId)
		}
		return nil
	}
	if root, err := FileRoot(b.DataRoot, b.DataLen, b.StorageNodes); err != nil || !bytes.Equal(root, b.StorageRoot) {
		return ErrInvalidGenesis.Wrapf("blob %d: storage nodes fold to %x, storage root is %x (%v)", b.BlobId, root, b.StorageRoot, err)
	}
	return nil
}

func (g GenesisState) validateRoots() error {
	for i, r := range g.ConfirmedRoots {
		if len(r.Root) != hashBytes || i > 0 && g.ConfirmedRoots[i-1].Height >= r.Height {
			return ErrInvalidGenesis.Wrapf("confirmed root of height %d: want 32 bytes, heights ascending", r.Height)
		}
	}
	return nil
}

// validateRound: a chain that runs has a round, with the chunks that won in it.
func (g GenesisState) validateRound() error {
	r := g.SampleRound
	if r.Number == 0 && (len(g.SampleHits) > 0 || r.Submissions > 0 || len(r.Seed)+len(r.Target) > 0) {
		return ErrInvalidGenesis.Wrap("sample_round: number 0, but a seed, a target or samples")
	}
	if r.Number > 0 && (len(r.Seed) != hashBytes || len(r.Target) != hashBytes || int(r.Submissions) != len(g.SampleHits)) {
		return ErrInvalidGenesis.Wrapf("sample_round: want a seed and a target of 32 bytes, and as many sample_hits (%d) as submissions (%d)", len(g.SampleHits), r.Submissions)
	}
	for i, key := range g.SampleHits {
		if len(key) != ChunkKeySize || i > 0 && bytes.Compare(g.SampleHits[i-1], key) >= 0 {
			return ErrInvalidGenesis.Wrapf("sample_hits[%d]: want %d bytes, ascending", i, ChunkKeySize)
		}
	}
	return nil
}

// validateChallenges: the challenged are registered, so that their deposits are.
func (g GenesisState) validateChallenges() error {
	signers, chunks := map[string]bool{}, map[string]bool{} // only looked up
	for _, s := range g.Signers {
		signers[s.Address] = true
	}
	last := uint64(0)
	for _, c := range g.Challenges {
		if c.ChallengeId <= last || c.ChallengeId >= g.NextChallengeId || len(c.DataRoot) != hashBytes || c.DeadlineHeight < 0 {
			return ErrInvalidGenesis.Wrapf("challenge %d after %d, want ascending, below %d, with a root of 32 bytes and a deadline", c.ChallengeId, last, g.NextChallengeId)
		}
		last = c.ChallengeId
		if _, err := Address("challenger", c.Challenger); err != nil || !signers[c.Signer] {
			return ErrInvalidGenesis.Wrapf("challenge %d: signer %q is not registered, or %v", c.ChallengeId, c.Signer, err)
		}
		if !fits(c.Bond) || chunks[string(c.ChunkKey())] {
			return ErrInvalidGenesis.Wrapf("challenge %d: no bond, or its chunk is challenged twice", c.ChallengeId)
		}
		chunks[string(c.ChunkKey())] = true
	}
	if g.NextChallengeId == 0 {
		return ErrInvalidGenesis.Wrap("next_challenge_id 0, want at least 1")
	}
	return nil
}
