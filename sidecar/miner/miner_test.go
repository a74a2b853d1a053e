package miner_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
	"github.com/zgd-network/zgd/sidecar/miner"
	"github.com/zgd-network/zgd/x/flow/layout"
)

func (w *world) proofs() []chain.Proof {
	w.t.Helper()
	proofs, err := w.chain.Proofs(context.Background(), 0, 0, 0, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return proofs
}

// mission R05: only the winning 4 KiB goes on chain, and the chain's judge takes
// it. mission R13: nothing is read and nothing hashed after acceptance until the
// next epoch.
func TestR13_FindsAProofThenRestsUntilTheNextEpoch(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 200})
	w.storage.put(1, 3*layout.LoadSize)
	w.storage.put(2, 700) // small entries of the same load
	w.storage.put(3, 5000)
	w.storage.put(4, 2*layout.LoadSize+77)
	miner := w.start()
	miner.until(t, "an epoch that has not come", func(s minerStatus) bool { return s.Reason == "claim_not_active" })
	w.chain.NextEpoch()
	miner.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted == 1 && s.Reason == "epoch_closed" })
	if proofs := w.proofs(); len(proofs) != 1 || proofs[0].MinerID == (chain.Hash{}) {
		t.Fatalf("chain has proofs %+v", proofs)
	}
	all := miner.until(t, "all loads sealed", func(s minerStatus) bool { return s.Loads.Sealed == s.Loads.Wanted && s.Loads.Wanted > 3 })
	reads, iterations := w.memory().reads.Load(), all.Search.Iterations
	time.Sleep(300 * time.Millisecond)
	rested := miner.Status()
	if w.memory().reads.Load() != reads || rested.Search.Iterations != iterations || rested.Search.Skipped != all.Search.Skipped {
		t.Fatalf("the miner did not rest: %d reads then %d, %+v then %+v", reads, w.memory().reads.Load(), all.Search, rested.Search)
	}
	for epoch := range 3 {
		w.chain.NextEpoch()
		miner.until(t, "another proof", func(s minerStatus) bool { return s.Proofs.Accepted == uint64(epoch)+2 })
	}
	if s := miner.Status(); s.Proofs.Refused != 0 || s.Proofs.RewardAzg != "4000000" {
		t.Fatalf("proofs %+v", s.Proofs)
	}
}

type minerStatus = miner.Status

func TestEpochsThatMixInOneLoadAreSealedWithTheirOwnContexts(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	for seed := range uint64(6) { // one load, six epochs
		w.storage.put(seed, 40*layout.SealSize/4)
		w.chain.NextEpoch()
	}
	w.storage.put(9, layout.LoadSize) // pads the first load with a gap
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	for range 8 {
		before := miner.Status().Proofs.Accepted
		w.chain.NextEpoch()
		miner.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted > before })
	}
	first := 0
	for _, proof := range w.proofs() {
		if proof.RecallSector < layout.SectorsPerLoad {
			first++
		}
	}
	if s := miner.Status(); s.Proofs.Refused+s.Proofs.Unproven != 0 || first == 0 {
		t.Fatalf("proofs %+v, %d of them in the mixed load", s.Proofs, first)
	}
}

func TestRestartResumesSealedLoads(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 1 << 40})
	w.storage.put(1, 6*layout.LoadSize)
	first := w.start()
	first.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	status := first.until(t, "all loads sealed", func(s minerStatus) bool { return s.Loads.Wanted > 0 && s.Loads.Sealed == s.Loads.Wanted })
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	fetches, balance := w.storage.fetches.Load(), balanceOf(t, w)
	second := w.start()
	again := second.until(t, "mining", func(s minerStatus) bool { return s.State == "mining" })
	if again.MinerID != status.MinerID || again.Loads.Sealed != status.Loads.Sealed {
		t.Fatalf("got %+v, before the restart %+v", again, status)
	}
	if w.storage.fetches.Load() != fetches {
		t.Fatalf("%d loads were fetched again", w.storage.fetches.Load()-fetches)
	}
	if balanceOf(t, w) != balance {
		t.Fatal("the second start paid for a registration or claim")
	}
}

func balanceOf(t *testing.T, w *world) string {
	t.Helper()
	balance, err := w.chain.Balance(context.Background(), "zg1miner")
	if err != nil {
		t.Fatal(err)
	}
	return balance.String()
}

func TestAnotherMinersSealedLoadsAreNotUsed(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	first := w.start()
	first.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	first.until(t, "all loads sealed", func(s minerStatus) bool { return s.Loads.Wanted > 0 && s.Loads.Sealed == s.Loads.Wanted })
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	w.config.MinerSeed = 5 // another id on the same disk
	second := w.start()
	second.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	second.until(t, "a proof of its own", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
}

func TestWrongDataFromTheStorageNodeIsRefused(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	w.storage.mu.Lock()
	w.storage.corrupt = true
	w.storage.mu.Unlock()
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "the complaint", func(s minerStatus) bool {
		return strings.Contains(s.LastError, "not in the flow") && !s.Storage.Reachable && s.Loads.Failing > 0
	})
	if w.memory().count() != 0 {
		t.Fatalf("%d loads of wrong data were sealed", w.memory().count())
	}
	w.storage.mu.Lock()
	w.storage.corrupt = false
	w.storage.mu.Unlock()
	miner.until(t, "a proof once the data is right", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
}

func TestMissingUploadsAndStorageOutagesAreWaitedFor(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	w.storage.mu.Lock()
	w.storage.broken = true
	w.storage.mu.Unlock()
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "storage_unreachable", func(s minerStatus) bool { return s.Reason == "storage_unreachable" })
	w.storage.mu.Lock()
	w.storage.broken, w.storage.missing = false, map[uint64]bool{1: true, 2: true, 3: true}
	w.storage.mu.Unlock()
	miner.until(t, "sealing", func(s minerStatus) bool { return s.State == "sealing" && s.Reason == "sealing" && s.Loads.Failing > 0 })
	w.storage.mu.Lock()
	w.storage.missing = map[uint64]bool{}
	w.storage.mu.Unlock()
	miner.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
}

func TestChainDownAndBack(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	w.chain.SetDown(true)
	miner := w.start()
	miner.until(t, "chain_unreachable before the start", func(s minerStatus) bool { return s.Reason == "chain_unreachable" })
	w.chain.SetDown(false)
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
	w.chain.SetDown(true)
	miner.until(t, "chain_unreachable", func(s minerStatus) bool { return s.Reason == "chain_unreachable" && !s.Chain.Reachable })
	w.chain.SetDown(false)
	w.chain.NextEpoch()
	miner.until(t, "another proof", func(s minerStatus) bool { return s.Proofs.Accepted == 2 })
}

func TestAPathByTheWholeLoadServesWhenSectorProofsDoNot(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 900)
	w.storage.put(2, 2*layout.LoadSize)
	w.storage.mu.Lock()
	w.storage.noPaths = true
	w.storage.mu.Unlock()
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
}

func TestAFoundProofWaitsForTheStorageNode(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "a proof and all loads sealed", func(s minerStatus) bool {
		return s.Proofs.Accepted == 1 && s.Loads.Sealed == s.Loads.Wanted
	})
	w.storage.mu.Lock()
	w.storage.broken = true
	w.storage.mu.Unlock()
	w.chain.NextEpoch()
	waiting := miner.until(t, "a proof on its way", func(s minerStatus) bool {
		return s.State == "submitting" && strings.Contains(s.LastError, "storage node unavailable")
	})
	time.Sleep(100 * time.Millisecond)
	if now := miner.Status(); now.Search.Iterations != waiting.Search.Iterations || now.Proofs.Unproven != 0 {
		t.Fatalf("searched on with a proof in hand: %+v, then %+v", waiting, now)
	}
	w.storage.mu.Lock()
	w.storage.broken = false
	w.storage.mu.Unlock()
	miner.until(t, "the proof accepted", func(s minerStatus) bool { return s.Proofs.Accepted == 2 && s.Proofs.Found == 2 })
	w.storage.mu.Lock()
	w.storage.broken = true
	w.storage.mu.Unlock()
	w.chain.NextEpoch()
	miner.until(t, "another proof on its way", func(s minerStatus) bool { return s.State == "submitting" })
	w.chain.NextEpoch()
	miner.until(t, "the outdated proof dropped", func(s minerStatus) bool { return s.Proofs.Unproven == 1 })
}

// A sealed copy that rotted is noticed on a hit, before the chain sees it.
func TestARottenSealedCopyIsSealedAgain(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "a proof and all loads sealed", func(s minerStatus) bool {
		return s.Proofs.Accepted == 1 && s.Loads.Sealed == s.Loads.Wanted
	})
	store := w.memory()
	store.mu.Lock()
	for load, stored := range store.loads {
		for k := range layout.SealsPerLoad {
			stored.data[k*layout.SealSize+99] ^= 1
		}
		store.loads[load] = stored
	}
	store.mu.Unlock()
	w.chain.NextEpoch()
	status := miner.until(t, "another proof", func(s minerStatus) bool { return s.Proofs.Accepted == 2 })
	if status.Proofs.Refused != 0 || status.Proofs.Unproven == 0 {
		t.Fatalf("proofs %+v: a bad copy must be caught here, not on chain", status.Proofs)
	}
}

// trust B04: one flipped bit in the miner's pack is found although nothing wins,
// and the load is fetched and sealed again, the same to the byte.
func TestB04_TheScrubberHasARottenLoadSealedAgain(t *testing.T) {
	w := diskWorld(t)
	w.chain.SetDifficulty(1 << 40)
	w.config.ScrubMiB = 1 << 10
	w.storage.put(1, 4*layout.LoadSize)
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	miner.until(t, "all loads sealed and checked", func(s minerStatus) bool {
		return s.Loads.Wanted == 4 && s.Loads.Sealed == 4 && s.Scrub.Bytes >= 8*layout.LoadSize && s.Scrub.LastFullPass > 0
	})
	before := w.storage.fetches.Load()
	packs, err := filepath.Glob(filepath.Join(w.dir, "data", "*", "chunks", "*.zgc"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("packs %v, %v", packs, err)
	}
	pack, err := os.OpenFile(packs[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pack.Close()
	const at = 2*layout.LoadSize + 70_001 // in the third slot
	var was [1]byte
	if _, err := pack.ReadAt(was[:], at); err != nil {
		t.Fatal(err)
	}
	if _, err := pack.WriteAt([]byte{was[0] ^ 4}, at); err != nil {
		t.Fatal(err)
	}
	status := miner.until(t, "the rot found and mended", func(s minerStatus) bool {
		return s.Scrub.Rotten == 1 && s.Loads.Sealed == 4 && w.storage.fetches.Load() > before
	})
	if status.Proofs.Unproven != 0 || w.storage.fetches.Load() != before+1 {
		t.Fatalf("%d loads fetched again, proofs %+v", w.storage.fetches.Load()-before, status.Proofs)
	}
	bytes := status.Scrub.Bytes
	miner.until(t, "another pass", func(s minerStatus) bool { return s.Scrub.Bytes > bytes+8*layout.LoadSize })
	if s := miner.Status(); s.Scrub.Rotten != 1 {
		t.Fatalf("rot again: %+v", s.Scrub)
	}
}

func TestARefusingChainIsNotHammered(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.Refuse(&chain.Rejection{Codespace: "pora", Code: 9, Log: "not today"})
	w.chain.NextEpoch()
	status := miner.until(t, "proofs_refused", func(s minerStatus) bool { return s.Reason == "proofs_refused" })
	if status.Proofs.Refused != 3 || !strings.Contains(status.Detail, "not today") {
		t.Fatalf("status %+v", status)
	}
	w.chain.Refuse(nil)
	w.chain.NextEpoch()
	miner.until(t, "a proof in the next epoch", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
}

// A proof beaten by another miner's is late, not bad: no error is shown, and it
// does not count towards giving up.
func TestALostRaceIsNoRefusal(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	for lost := range uint64(4) { // more than the refusals it takes to give up
		w.chain.BeatNext()
		w.chain.NextEpoch()
		status := miner.until(t, "a late proof", func(s minerStatus) bool { return s.Proofs.Late == lost+1 && s.Reason == "epoch_closed" })
		if status.Proofs.Refused+status.Proofs.Unproven != 0 || status.LastError != "" {
			t.Fatalf("proofs %+v, last error %q", status.Proofs, status.LastError)
		}
	}
	w.chain.NextEpoch()
	miner.until(t, "a proof in time", func(s minerStatus) bool { return s.Proofs.Accepted == 1 && s.Proofs.Late == 4 })
}

func TestAPoorMinerSaysSo(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 2*layout.LoadSize)
	w.config.MinBalance = "1000"
	w.chain.SetBalance("zg1miner", 900) // enough to enroll
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	status := miner.until(t, "insufficient_fee_balance", func(s minerStatus) bool { return s.Reason == "insufficient_fee_balance" })
	if status.Search.Iterations != 0 {
		t.Fatalf("searched for %d iterations", status.Search.Iterations)
	}
}

func TestAnotherClaimThanConfiguredEndsTheMiner(t *testing.T) {
	w := newWorld(t, chaintest.Params{})
	first := w.start()
	first.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	w.config.Shard = "1/2"
	settings, err := w.config.Settings()
	if err != nil {
		t.Fatal(err)
	}
	_, err = miner.Enroll(context.Background(), w.chain, w.chain.Sender("zg1miner"), settings, quiet, func(string, error) {})
	if !errors.Is(err, miner.ErrClaimDiffers) || !strings.Contains(err.Error(), "release") {
		t.Fatalf("got %v, want ErrClaimDiffers", err)
	}
}

// The range of a claim is the chain's parameter: what lies past it is not sealed.
func TestTheChainSaysHowLongARangeIs(t *testing.T) {
	for rangeLoads, want := range map[uint64]uint64{10: 2, 11: 3, 1 << 25: 8} {
		w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 1 << 40, MiningRangeLoads: rangeLoads})
		w.storage.put(1, 8*layout.LoadSize) // loads 8 to 15: aligned to its size
		miner := w.start()
		miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
		w.chain.NextEpoch()
		status := miner.until(t, "all loads sealed", func(s minerStatus) bool { return s.Loads.Wanted > 0 && s.Loads.Sealed == s.Loads.Wanted })
		if status.Loads.Wanted != want || w.memory().count() != int(want) {
			t.Errorf("range of %d loads: %+v, want %d", rangeLoads, status.Loads, want)
		}
	}
}

// mission R14: only loads of the claimed shard are sealed and mined.
func TestR14_TwoShardsShareTheFlow(t *testing.T) {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.storage.put(1, 7*layout.LoadSize)
	w.config.Shard = "1/2"
	miner := w.start()
	miner.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 2 })
	w.chain.NextEpoch()
	miner.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
	miner.until(t, "all loads sealed", func(s minerStatus) bool { return s.Loads.Sealed == s.Loads.Wanted })
	if err := w.memory().Loads(func(load uint64) error {
		if load%2 != 1 {
			t.Errorf("load %d of the other shard is sealed", load)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, proof := range w.proofs() {
		if proof.RecallSector/layout.SectorsPerLoad%2 != 1 {
			t.Errorf("proof over load %d", proof.RecallSector/layout.SectorsPerLoad)
		}
	}
}
