package miner

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// Reasons for not searching; those of chain.Work come through as they are.
const (
	ReasonStarting      = "starting"
	ReasonChain         = "chain_unreachable"
	ReasonRegistration  = "no_registration"
	ReasonClaim         = "no_claim"
	ReasonNotActive     = "claim_not_active"
	ReasonClosed        = "epoch_closed"
	ReasonWindow        = "window_over"
	ReasonSealing       = "sealing"
	ReasonStorage       = "storage_unreachable"
	ReasonNoData        = "no_data"
	ReasonBalance       = "insufficient_fee_balance"
	ReasonSubmitting    = "submitting"
	ReasonRefused       = "proofs_refused"
	ReasonBadWork       = "work_unusable"
	maxRefusalsPerEpoch = 3
)

// Events tell the core what happened.
type (
	// EventEnrolled: the miner is registered and has its claim.
	EventEnrolled struct{ MinerID chain.Hash }
	// EventEnrollFailed: it is not yet; Reason is one of the above.
	EventEnrollFailed struct {
		Reason string
		Err    error
	}
	// EventWork is the chain's view at some height.
	EventWork struct {
		Work       chain.Work
		Balance    *big.Int // of the account that pays for proofs; nil: not asked
		MinBalance *big.Int
	}
	// EventChainDown: the chain's node does not answer.
	EventChainDown struct{ Err error }
	// EventStorage: the storage node answered, or not (Err).
	EventStorage struct{ Err error }
	// EventProgress counts loads.
	EventProgress struct{ Wanted, Sealed uint64 }
	// EventSearchFailed: the job makes no sense; another may.
	EventSearchFailed struct {
		Job *Job
		Err error
	}
	// EventFound: a worker met the target.
	EventFound struct{ Candidate *Candidate }
	// EventSubmitted: the proof of a candidate was accepted (Err nil) at Height,
	// or what became of it.
	EventSubmitted struct {
		Candidate *Candidate
		Height    int64
		Err       error
	}
)

// Effects are what the core wants done.
type (
	// Search starts searching, in place of what was searched before.
	Search struct{ Job *Job }
	// Stop ends searching at once.
	Stop struct{}
	// Submit proves and sends a candidate.
	Submit struct{ Candidate *Candidate }
)

// Core decides when to search and what to send. It does no I/O, reads no clock
// and starts no goroutine: Step alone changes it, one call at a time.
type Core struct {
	minerID    chain.Hash
	enrolled   bool
	reason     string // why not enrolled
	detail     string
	chainUp    bool
	storageErr error
	work       chain.Work
	haveWork   bool
	balance    *big.Int
	minBalance *big.Int
	wanted     uint64
	sealed     uint64

	job           *Job       // being searched
	submitting    *Candidate // being proven and sent
	settledHeight int64      // work of a lower height is older than our last proof
	badDigest     chain.Hash // context that cannot be searched
	badWhy        string
	refusals      int // in refusedEpoch, in a row
	refusedEpoch  uint64
	refusedWhy    string
}

// NewCore returns a core that knows nothing yet.
func NewCore() *Core { return &Core{reason: ReasonStarting} }

// Step takes an event and returns what to do, in order.
func (c *Core) Step(event any) []any {
	var effects []any
	switch e := event.(type) {
	case EventEnrolled:
		c.enrolled, c.minerID, c.chainUp = true, e.MinerID, true
	case EventEnrollFailed:
		c.reason, c.detail = e.Reason, errorText(e.Err)
	case EventWork:
		c.takeWork(e)
	case EventChainDown:
		c.chainUp, c.detail = false, errorText(e.Err)
	case EventStorage:
		c.storageErr = e.Err
	case EventProgress:
		c.wanted, c.sealed = e.Wanted, e.Sealed
	case EventSearchFailed:
		c.badDigest, c.badWhy = e.Job.Context.Digest, errorText(e.Err)
	case EventFound:
		if c.submitting == nil && c.job == e.Candidate.Job {
			c.submitting = e.Candidate
			effects = append(effects, Stop{}, Submit(e))
			c.job = nil
		}
		return effects
	case EventSubmitted:
		c.settle(e)
	}
	return append(effects, c.decide()...)
}

func (c *Core) takeWork(e EventWork) {
	c.chainUp, c.detail = true, ""
	if e.Balance != nil {
		c.balance, c.minBalance = e.Balance, e.MinBalance
	}
	if e.Work.Height < c.settledHeight {
		return // from before our proof's block: it would open the epoch again
	}
	c.work, c.haveWork = e.Work, true
}

func (c *Core) settle(e EventSubmitted) {
	if c.submitting != e.Candidate {
		return
	}
	c.submitting = nil
	epoch := e.Candidate.Job.Epoch
	if epoch != c.refusedEpoch {
		c.refusals, c.refusedEpoch = 0, epoch
	}
	if e.Err == nil {
		c.refusals = 0
		c.settledHeight = e.Height
		c.haveWork = false // whether the epoch is still open is for the chain to say
		return
	}
	if chain.LostRace(e.Err) {
		c.haveWork = false // what we know of the epoch is old
		return
	}
	c.refusedWhy = e.Err.Error()
	if errors.Is(e.Err, chain.ErrRejected) {
		c.refusals++
	}
}

// decide compares what is being searched with what should be.
func (c *Core) decide() []any {
	want := c.wantedJob()
	switch {
	case want == nil && c.job == nil:
		return nil
	case want == nil:
		c.job = nil
		return []any{Stop{}}
	case c.job != nil && sameJob(c.job, want):
		return nil
	}
	c.job = want
	return []any{Search{want}}
}

func sameJob(a, b *Job) bool { return a.Work == b.Work && a.Context == b.Context }

// wantedJob is nil while there is a reason not to search.
func (c *Core) wantedJob() *Job {
	if reason, _ := c.idle(); reason != "" {
		return nil
	}
	w := c.work
	return &Job{
		FlowID: w.FlowID, Epoch: w.Epoch,
		Work: mine.Work{
			MinerID: c.minerID, ContextDigest: w.ContextDigest, Target: w.Target,
			Range: mine.Range{
				Claim:       mine.Claim{StartLoad: w.StartLoad, NumShard: uint64(w.NumShard), ShardID: uint64(w.ShardID)},
				LengthLoads: w.LengthLoads,
			},
		},
		Context: mine.Context{Digest: w.ContextDigest, FlowRoot: w.FlowRoot, LengthSectors: w.FlowLengthSectors},
	}
}

// idle returns why nothing is searched now, empty when something should be.
func (c *Core) idle() (reason, detail string) {
	switch {
	case !c.enrolled:
		return c.reason, c.detail
	case c.submitting != nil:
		return ReasonSubmitting, fmt.Sprintf("a proof for epoch %d is on its way", c.submitting.Job.Epoch)
	case !c.chainUp:
		return ReasonChain, c.detail
	case !c.haveWork:
		return ReasonStarting, "waiting for the next block"
	case !c.work.Open:
		return c.work.Reason, ""
	case c.work.CloseHeight != 0 && c.work.Height+1 >= c.work.CloseHeight:
		return ReasonWindow, fmt.Sprintf("the window closes at height %d", c.work.CloseHeight)
	case c.balance != nil && c.minBalance != nil && c.balance.Cmp(c.minBalance) < 0:
		return ReasonBalance, fmt.Sprintf("the account has %v azg, want at least %v to pay for a proof", c.balance, c.minBalance)
	case c.refusals >= maxRefusalsPerEpoch && c.refusedEpoch == c.work.Epoch:
		return ReasonRefused, fmt.Sprintf("the chain refused %d proofs of epoch %d in a row: %s", c.refusals, c.work.Epoch, c.refusedWhy)
	case c.badDigest == c.work.ContextDigest:
		return ReasonBadWork, c.badWhy
	case c.sealed == 0 && c.wanted == 0:
		return ReasonNoData, "no entry has data in a whole load of the claim yet"
	case c.sealed == 0 && c.storageErr != nil:
		return ReasonStorage, c.storageErr.Error()
	case c.sealed == 0:
		return ReasonSealing, fmt.Sprintf("0/%d loads sealed", c.wanted)
	}
	return "", ""
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
