package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

func sampling(n *running) { n.config.Sample.MiBPerRound, n.config.Sample.MinReward = 64, "0" }

// mission D10 (the node): in each round of the lottery a node searches the
// rows that it holds, brings the chunks that win to the chain and is paid for them.
func TestANodeIsPaidForWhatItHolds(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, sampling)
	b := w.order(payload(500_000, 1)) // 16 rows of 62 chunks
	w.put(n, b)
	w.confirm([]*running{n}, b)
	w.eventually("confirmed", func() bool { return n.Status().Blobs.Waiting == 0 })
	before, err := w.chain.DARewards(t.Context(), n.address())
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); n.Status().Sampling.Paid == 0; { // the target rises while nobody wins
		if time.Now().After(deadline) {
			t.Fatalf("never paid: %+v", n.Status().Sampling)
		}
		w.chain.Advance(10)
		time.Sleep(10 * time.Millisecond)
	}
	after, err := w.chain.DARewards(t.Context(), n.address())
	if err != nil || after.Cmp(before) <= 0 {
		t.Fatalf("rewards %v, before %v: %v", after, before, err)
	}
	if s := n.Status().Sampling; s.RewardAzg == "0" || s.Winners < s.Paid || s.Rows == 0 {
		t.Fatalf("%+v", s)
	}
}

// A reward below the cost of a transaction is not sought.
func TestSmallRewardsAreNotSought(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, sampling, func(n *running) { n.config.Sample.MinReward = "1000000000000000000000" })
	b := w.order(payload(500_000, 1))
	w.put(n, b)
	w.confirm([]*running{n}, b)
	w.eventually("confirmed", func() bool { return n.Status().Blobs.Waiting == 0 })
	for range 60 {
		w.chain.Advance(10)
	}
	w.eventually("it follows the rounds", func() bool { return n.Status().Sampling.Round > 15 })
	if s := n.Status().Sampling; s.Rows != 0 {
		t.Fatalf("%+v", s)
	}
}

// mission D10 (the node): a challenge for a row that is held is answered by
// itself; one for a row that rotted is not, and the status tells.
func TestChallengesAreAnswered(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	b := w.order(payload(400_000, 1))
	w.put(n, b)
	w.confirm([]*running{n}, b)
	w.eventually("confirmed", func() bool { return n.Status().Blobs.Waiting == 0 })
	challenger := w.chain.Sender(accountKey(201))
	ask := func(row, chunk uint32) {
		t.Helper()
		_, asked, err := challenger.OpenDAChallenge(t.Context(), b.Preimage(), b.id, row, chunk)
		if err != nil || asked != n.address() {
			t.Fatalf("asked %s: %v", asked, err)
		}
	}
	open := func() []chain.DAChallenge {
		t.Helper()
		list, err := w.chain.DAChallenges(t.Context(), n.address())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	ask(5, 7)
	ask(9, 48)
	w.eventually("both are answered", func() bool { return len(open()) == 0 && n.Status().Sampling.ChallengesAnswered == 2 })
	rot(t, n.home, b.Rows[11][5000:5100])
	ask(11, 2)
	w.eventually("the status tells of it", func() bool { return n.Status().Sampling.ChallengesFailed == 1 })
	ask(2, 0)
	w.eventually("others are answered", func() bool { return n.Status().Sampling.ChallengesAnswered == 3 })
	if left := open(); len(left) != 1 || !strings.Contains(left[0].String(), "row 11") {
		t.Fatalf("open: %v", left)
	}
}
