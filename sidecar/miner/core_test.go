package miner_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"reflect"
	"testing"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/miner"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func openWork(epoch uint64, height int64) chain.Work {
	return chain.Work{Open: true, Epoch: epoch, Height: height, ContextDigest: chain.Hash{byte(epoch)}, NumShard: 1, LengthLoads: 4, FlowLengthSectors: 5000}
}

// ready is a core that searches epoch 1.
func ready(t *testing.T) (*miner.Core, *miner.Job) {
	t.Helper()
	core := miner.NewCore()
	core.Step(miner.EventEnrolled{MinerID: chain.Hash{7}})
	core.Step(miner.EventProgress{Wanted: 4, Sealed: 2})
	effects := core.Step(miner.EventWork{Work: openWork(1, 10)})
	if len(effects) != 1 {
		t.Fatalf("got %v, want one search", effects)
	}
	return core, effects[0].(miner.Search).Job
}

func names(effects []any) (out []string) {
	for _, effect := range effects {
		out = append(out, reflect.TypeOf(effect).Name())
	}
	return out
}

func TestCoreSearchesOnlyWhenEverythingIsThere(t *testing.T) {
	closed := openWork(1, 11)
	closed.Open, closed.Reason = false, "epoch_closed"
	window := openWork(1, 11)
	window.CloseHeight = 12
	poor := miner.EventWork{Work: openWork(1, 11), Balance: big.NewInt(1), MinBalance: big.NewInt(2)}
	rich := miner.EventWork{Work: openWork(1, 11), Balance: big.NewInt(2), MinBalance: big.NewInt(2)}
	cases := []struct {
		name   string
		events []any
		want   []string // effects of the last event
	}{
		{"the same work again changes nothing", []any{miner.EventWork{Work: openWork(1, 11)}}, nil},
		{"a closed epoch stops at once", []any{miner.EventWork{Work: closed}}, []string{"Stop"}},
		{"closed twice stops once", []any{miner.EventWork{Work: closed}, miner.EventWork{Work: closed}}, nil},
		{"a new epoch replaces the search", []any{miner.EventWork{Work: openWork(2, 20)}}, []string{"Search"}},
		{"a block before the window's end is too late", []any{miner.EventWork{Work: window}}, []string{"Stop"}},
		{"no money, no search", []any{poor}, []string{"Stop"}},
		{"just enough money", []any{rich}, nil},
		{"chain down", []any{miner.EventChainDown{Err: io.EOF}}, []string{"Stop"}},
		{"chain back", []any{miner.EventChainDown{Err: io.EOF}, miner.EventWork{Work: openWork(1, 12)}}, []string{"Search"}},
		{"storage down does not stop a search", []any{miner.EventStorage{Err: io.EOF}}, nil},
		{"nothing sealed any more", []any{miner.EventProgress{Wanted: 4, Sealed: 0}}, []string{"Stop"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			core, _ := ready(t)
			var got []string
			for _, event := range c.events {
				got = names(core.Step(event))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestCoreSendsOneProofAndWaitsForTheChain(t *testing.T) {
	core, job := ready(t)
	candidate := &miner.Candidate{Job: job}
	if got := names(core.Step(miner.EventFound{Candidate: candidate})); fmt.Sprint(got) != "[Stop Submit]" {
		t.Fatalf("got %v", got)
	}
	if got := core.Step(miner.EventFound{Candidate: &miner.Candidate{Job: job}}); got != nil {
		t.Fatalf("a second candidate did %v", got)
	}
	if got := core.Step(miner.EventWork{Work: openWork(1, 11)}); got != nil {
		t.Fatalf("new work while submitting did %v", got)
	}
	core.Step(miner.EventSubmitted{Candidate: candidate, Height: 13})
	if got := core.Step(miner.EventWork{Work: openWork(1, 12)}); got != nil {
		t.Fatalf("work from before the proof's block did %v", got)
	}
	if got := names(core.Step(miner.EventWork{Work: openWork(1, 13)})); fmt.Sprint(got) != "[Search]" {
		t.Fatalf("an epoch that takes more proofs: got %v", got)
	}
}

func TestCoreSearchesOnAfterARefusalButNotForEver(t *testing.T) {
	core, job := ready(t)
	refusal := &chain.Rejection{Log: "no"}
	for i := range 3 {
		candidate := &miner.Candidate{Job: job}
		core.Step(miner.EventFound{Candidate: candidate})
		effects := core.Step(miner.EventSubmitted{Candidate: candidate, Err: refusal})
		if i == 2 {
			if effects != nil {
				t.Fatalf("after three refusals: %v", names(effects))
			}
			break
		}
		if fmt.Sprint(names(effects)) != "[Search]" {
			t.Fatalf("after refusal %d: %v", i+1, names(effects))
		}
		job = effects[0].(miner.Search).Job
	}
	if got := names(core.Step(miner.EventWork{Work: openWork(2, 30)})); fmt.Sprint(got) != "[Search]" {
		t.Fatalf("next epoch: %v", got)
	}
}

func TestCoreDropsACandidateOfAnOldJob(t *testing.T) {
	core, job := ready(t)
	core.Step(miner.EventWork{Work: openWork(2, 20)})
	if got := core.Step(miner.EventFound{Candidate: &miner.Candidate{Job: job}}); got != nil {
		t.Fatalf("got %v", names(got))
	}
}

func TestCoreGivesUpAJobThatMakesNoSense(t *testing.T) {
	core, job := ready(t)
	if got := names(core.Step(miner.EventSearchFailed{Job: job, Err: errors.New("empty range")})); fmt.Sprint(got) != "[Stop]" {
		t.Fatalf("got %v", got)
	}
	if got := core.Step(miner.EventWork{Work: openWork(1, 11)}); got != nil {
		t.Fatalf("the same job again: %v", names(got))
	}
	if got := names(core.Step(miner.EventWork{Work: openWork(2, 20)})); fmt.Sprint(got) != "[Search]" {
		t.Fatalf("another: %v", got)
	}
}
