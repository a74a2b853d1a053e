package miner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
)

const (
	volleysPerWorker = 2 // one is read while the other is hashed, at least

	watchInterval   = 2 * time.Second // between questions when no block comes
	balanceInterval = 15 * time.Second
	pingInterval    = 10 * time.Second // of the storage node
	pingTimeout     = 3 * time.Second
	proveRetryAfter = 500 * time.Millisecond
	failurePause    = 2 * time.Second         // before searching again after a proof that could not be sent
	speedInterval   = 1500 * time.Millisecond // over which iterations per second are measured
)

// Deps are the world around a miner.
type Deps struct {
	Chain    chain.Client
	Sender   chain.Sender
	Source   Source
	OpenData func(minerID chain.Hash) (Store, error) // called once, when the id is known
	Log      *slog.Logger
	Registry prometheus.Registerer
}

// Node runs a miner: it owns the goroutines around a Core.
type Node struct {
	settings Settings
	deps     Deps
	log      *slog.Logger
	store    Store
	data     loadSet // loads with data on chain
	sealed   loadSet // loads sealed here
	plan     *plan
	feed     *feed
	contexts *contexts
	prover   *prover
	board    *board
	counts   counters
	rate     sealRate
	scrub    scrub.Runner
	readTime prometheus.Histogram
	kick     chan struct{} // look at the chain now
	wake     chan struct{} // look for loads to seal now
	submits  sync.WaitGroup
	started  time.Time

	mu        sync.Mutex // guards what follows
	core      *Core
	enrolled  Enrollment
	newest    chain.MiningContext // of the flow
	haveNew   bool
	reward    *big.Int // azg since the start
	lastError string
	speed     float64 // iterations per second
}

// NewNode returns a miner; Run starts it.
func NewNode(settings Settings, deps Deps) *Node {
	n := &Node{
		settings: settings, deps: deps, log: deps.Log, core: NewCore(), board: newBoard(),
		kick: make(chan struct{}, 1), wake: make(chan struct{}, settings.SealThreads),
		reward: new(big.Int), started: time.Now(),
	}
	n.plan = newPlan(&n.data, &n.sealed)
	n.feed = &feed{reader: deps.Chain, flowID: settings.FlowID, data: &n.data}
	n.contexts = &contexts{reader: deps.Chain, flowID: settings.FlowID}
	n.registerMetrics(deps.Registry)
	return n
}

// Run mines until ctx ends. It returns early only when trying on is of no use.
func (n *Node) Run(ctx context.Context) error {
	enrolled, err := Enroll(ctx, n.deps.Chain, n.deps.Sender, n.settings, n.log, func(reason string, err error) {
		n.step(ctx, EventEnrollFailed{reason, err})
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	n.store, err = n.deps.OpenData(enrolled.MinerID)
	if err != nil {
		return err
	}
	defer func() {
		if err := n.store.Close(); err != nil {
			n.log.Error("close store", "err", err)
		}
	}()
	if err := n.index(ctx, enrolled.MinerID); err != nil {
		return err
	}
	n.mu.Lock()
	n.enrolled = enrolled
	n.mu.Unlock()
	n.step(ctx, EventEnrolled{enrolled.MinerID})
	n.runAll(ctx)
	return nil
}

// index notes what the store holds, and forgets loads sealed for somebody else.
func (n *Node) index(ctx context.Context, minerID chain.Hash) error {
	var foreign []uint64
	kept := 0
	err := n.store.Loads(func(load uint64) error {
		seals, err := n.store.Seals(load)
		if err != nil || seals.MinerID != minerID {
			foreign = append(foreign, load)
			return nil
		}
		kept++
		n.sealed.add(load, load+1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the list of sealed loads: %w", err)
	}
	for _, load := range foreign {
		if err := n.store.Delete(ctx, load); err != nil {
			return fmt.Errorf("delete load %d, sealed for another miner: %w", load, err)
		}
	}
	n.log.Info("store opened", "sealed_loads", kept, "foreign_loads_deleted", len(foreign))
	return nil
}

// runAll runs every goroutine and returns when all have ended.
func (n *Node) runAll(ctx context.Context) {
	var all sync.WaitGroup
	n.prover = &prover{source: n.deps.Source, store: n.store, contexts: n.contexts}
	loader := newLoader(n.store, n.settings.ReadAhead, n.noteRead)
	for range n.settings.ReadAhead {
		all.Go(func() { loader.run(ctx) })
	}
	var prefix [24]byte
	_, _ = rand.Read(prefix[:]) // never fails: crypto/rand ends the process instead
	nonces := NewNonceSource(prefix)
	perWorker := max(volleysPerWorker, n.settings.ReadAhead/lanes/n.settings.Threads+1)
	for range n.settings.Threads {
		w := &worker{
			board: n.board, loader: loader, nonces: nonces, held: n.sealed.has, counts: &n.counts, duty: n.settings.DutyPercent,
			found:  func(c *Candidate) { n.counts.found.Add(1); n.step(ctx, EventFound{c}) },
			broken: n.readFailed,
			failed: func(job *Job, err error) { n.step(ctx, EventSearchFailed{job, err}) },
		}
		for range perWorker {
			w.ring = append(w.ring, newVolley(n.store))
		}
		all.Go(func() { w.run(ctx) })
	}
	for range n.settings.SealThreads {
		s := &sealer{
			plan: n.plan, source: n.deps.Source, store: n.store, contexts: n.contexts, minerID: n.enrolled.MinerID,
			newest: n.newestContext, report: func(load uint64, err error) { n.noteSealed(ctx, load, err) }, wake: n.wake, now: time.Now,
		}
		all.Go(func() { s.run(ctx) })
	}
	all.Go(func() { n.watch(ctx) })
	all.Go(func() { n.runScrub(ctx) })
	all.Go(func() { n.measure(ctx) })
	all.Wait()
	n.submits.Wait()
}

// step feeds the core and carries out what it wants.
func (n *Node) step(ctx context.Context, event any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	before, _ := n.core.idle()
	for _, effect := range n.core.Step(event) {
		switch e := effect.(type) {
		case Search:
			n.board.set(e.Job)
			n.log.Info("search starts", "epoch", e.Job.Epoch, "loads", e.Job.Work.Range.Loads())
		case Stop:
			n.board.set(nil)
		case Submit:
			n.submits.Add(1)
			go n.submit(ctx, e.Candidate)
		}
	}
	if after, detail := n.core.idle(); after != before && after != "" {
		n.log.Info("not searching", "reason", after, "detail", detail)
	}
}

func (n *Node) newestContext() (chain.MiningContext, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.newest, n.haveNew
}

// watch looks at the chain at each block, or now and then when none comes.
func (n *Node) watch(ctx context.Context) {
	blocks := n.deps.Chain.Blocks(ctx)
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var asked, pinged time.Time // the balance, the storage node
	for {
		if err := n.refresh(ctx, &asked); err != nil && ctx.Err() == nil {
			n.step(ctx, EventChainDown{err})
			n.noteError("chain", err)
		}
		if time.Since(pinged) > pingInterval {
			n.ping(ctx)
			pinged = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-n.kick:
		case <-ticker.C:
		case _, ok := <-blocks:
			if !ok {
				blocks = nil // ctx has ended
			}
		}
	}
}

// refresh asks for work, and on a new context for new entries.
func (n *Node) refresh(ctx context.Context, asked *time.Time) error {
	work, err := n.deps.Chain.Work(ctx, n.enrolled.MinerID)
	if err != nil {
		return err
	}
	context, err := n.deps.Chain.Context(ctx, n.settings.FlowID, 0)
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return err
	}
	if known, ok := n.newestContext(); err == nil && (!ok || known.Digest != context.Digest) {
		if err := n.feed.update(ctx); err != nil {
			return err
		}
		limits, err := n.deps.Chain.Limits(ctx) // each epoch: governance may change them
		if err != nil {
			return err
		}
		n.mu.Lock()
		n.newest, n.haveNew = context, true
		n.mu.Unlock()
		claim := n.enrolled.Claim
		n.plan.grow(claim.StartLoad, uint64(claim.NumShard), uint64(claim.ShardID), limits.MiningRangeLoads, context.FlowLengthSectors)
		n.wakeSealers()
	}
	event := EventWork{Work: work, MinBalance: n.settings.MinBalance}
	if time.Since(*asked) > balanceInterval {
		if event.Balance, err = n.deps.Chain.Balance(ctx, n.deps.Sender.Address()); err != nil {
			return err
		}
		*asked = time.Now()
	}
	n.progress(ctx)
	n.step(ctx, event)
	return nil
}

// ping asks the storage node for a sign of life, in case there is nothing to seal.
func (n *Node) ping(ctx context.Context) {
	limit, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := n.deps.Source.GetNodeStatus(limit)
	if ctx.Err() == nil {
		n.storageAnswered(ctx, err)
	}
}

func (n *Node) progress(ctx context.Context) {
	wanted, sealed, _ := n.plan.progress()
	n.step(ctx, EventProgress{Wanted: wanted, Sealed: sealed})
}

func (n *Node) wakeSealers() {
	for range cap(n.wake) {
		select {
		case n.wake <- struct{}{}:
		default:
			return
		}
	}
}

func (n *Node) noteError(what string, err error) {
	n.mu.Lock()
	repeated := n.lastError == err.Error()
	n.lastError = err.Error()
	n.mu.Unlock()
	if !repeated {
		n.log.Warn(what, "err", err)
	}
}

// readFailed gives a load up that cannot be read; it will be sealed again.
func (n *Node) readFailed(load uint64, err error) {
	n.noteError("read", fmt.Errorf("sealed load %d: %w", load, err))
	n.resealLoad(load)
}

// resealLoad deletes a bad copy, and then has the load sealed anew; in this
// order, so that it is not the new copy that is deleted.
func (n *Node) resealLoad(load uint64) {
	if !n.plan.lost(load) {
		return
	}
	if err := n.store.Delete(context.Background(), load); err != nil {
		n.noteError("delete", fmt.Errorf("bad sealed load %d: %w", load, err))
	}
	n.plan.again(load)
	n.wakeSealers()
}
