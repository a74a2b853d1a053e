package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// Chain is what a node asks of its chain; Sender what it sends.
type (
	Chain interface {
		chain.DAClient
		chain.DASampleReader
	}
	Sender interface {
		chain.DASender
		chain.DASampleSender
	}
)

// Deps are the world around a node.
type Deps struct {
	Chain    Chain
	Sender   Sender
	Listener net.Listener // of the gRPC port
	Disk     flowlog.FS   // nil: the system's
	Now      func() time.Time
	Version  string
	Log      *slog.Logger
	Registry prometheus.Registerer
}

// Node runs a signer: it owns the goroutines around the service.
type Node struct {
	config  Config
	home    string
	deps    Deps
	log     *slog.Logger
	keys    *Keys
	view    *view
	limits  *limits
	counts  counters
	scrub   scrub.Runner
	started time.Time
	rekey   chan chain.DAKey // the key of the running epoch, when it changes

	mu        sync.Mutex // guards what follows
	status    chain.Status
	store     *Store
	follower  *follower
	registrar *registrar
	sampler   *sampler // nil: no part in the lottery
	trouble   error    // before the node runs
}

// New returns a node; Run starts it. Its keys are below home, made if there are
// none.
func New(home string, config Config, deps Deps) (*Node, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	keys, err := OpenKeys(home)
	if err != nil {
		return nil, err
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	n := &Node{
		config: config, home: home, deps: deps, log: deps.Log, keys: keys, view: newView(deps.Chain),
		limits: newLimits(config.Limits, deps.Now), started: deps.Now(), rekey: make(chan chain.DAKey, 1),
		trouble: errors.New("starting"),
	}
	n.registerMetrics(deps.Registry)
	return n, nil
}

// Run signs and serves until ctx ends. It waits for a chain that is not up yet,
// and returns early only when trying on is of no use.
func (n *Node) Run(ctx context.Context) error {
	status, key, err := n.meet(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	store, err := n.openStore(status)
	if err != nil {
		return err
	}
	defer func() {
		if err := store.Close(); err != nil {
			n.log.Error("close store", "err", err)
		}
	}()
	service := n.newService(store, status)
	work := n.furnish(store, status)
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for _, run := range work {
		all.Go(func() { run(ctx) })
	}
	err = n.serve(ctx, service, key)
	stop()
	all.Wait()
	n.mu.Lock()
	n.trouble = errors.New("stopped")
	n.mu.Unlock()
	return err
}

// furnish makes what works beside the port.
func (n *Node) furnish(store *Store, status chain.Status) (work []func(context.Context)) {
	least, _ := parseAmount(n.config.MinBalance) // New has validated both
	reward, _ := parseAmount(n.config.Sample.MinReward)
	address := n.deps.Sender.Bytes()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.follower = newFollower(n.deps.Chain, store, n.view, address, n.log)
	n.registrar = &registrar{
		config: n.config, reader: n.deps.Chain, sender: n.deps.Sender, keys: n.keys, view: n.view, evmChainID: status.EVMChainID,
		log: n.log, rekeyed: n.offerKey, minBalance: least,
	}
	answerer := &answerer{
		reader: n.deps.Chain, sender: n.deps.Sender, store: store, view: n.view, address: address, log: n.log, counts: &n.counts,
	}
	work = append(work, n.follower.run, n.registrar.run, answerer.run, func(ctx context.Context) { n.runScrub(ctx, store) })
	if n.config.Sample.MiBPerRound > 0 {
		n.sampler = newSampler(n, store, reward)
		work = append(work, n.sampler.run)
	}
	n.store, n.status, n.trouble = store, status, nil
	return work
}

// meet waits until the chain says who it is and which key it knows this signer by.
func (n *Node) meet(ctx context.Context) (status chain.Status, key chain.DAKey, err error) {
	for {
		status, key, err = n.ask(ctx)
		if err == nil {
			return status, key, nil
		}
		n.mu.Lock()
		n.trouble = err
		n.mu.Unlock()
		n.log.Warn("waiting for the chain", "err", err)
		select {
		case <-ctx.Done():
			return status, key, ctx.Err()
		case <-time.After(followInterval):
		}
	}
}

func (n *Node) ask(ctx context.Context) (chain.Status, chain.DAKey, error) {
	status, err := n.deps.Chain.Status(ctx)
	if err != nil {
		return status, chain.DAKey{}, err
	}
	_, newest := n.keys.Newest()
	epoch, err := n.deps.Chain.DAEpoch(ctx)
	if err != nil {
		return status, newest, err
	}
	signer, err := n.deps.Chain.DASigner(ctx, n.deps.Sender.Bytes())
	if errors.Is(err, chain.ErrNotFound) {
		return status, newest, nil
	}
	return status, keyAt(signer, epoch.Number), err
}

// openStore opens the rows of this account on this network; a directory of
// another is refused.
func (n *Node) openStore(status chain.Status) (*Store, error) {
	address := n.deps.Sender.Bytes()
	owner := sha256.Sum256(fmt.Appendf(nil, "zgd/da/node/v1 %s %d %x", status.ChainID, status.EVMChainID, address[:]))
	return OpenStore(DataDir(n.home), flowlog.Options{
		FS: n.deps.Disk, Role: flowlog.RolePlain, Owner: owner, Program: "zg-da-node",
		DirectWrites: true, // rows are many, and seldom read
		SlotsPerPack: n.config.Store.PackSlots, CapacityLoads: n.config.Store.CapacityLoads, Logger: n.log,
	})
}

func (n *Node) newService(store *Store, status chain.Status) *service {
	if os.Getenv("GOMEMLIMIT") == "" { // collect harder before growing past the budgets
		debug.SetMemoryLimit(int64(2*n.config.Limits.MemoryMiB+512) << 20)
	}
	return &service{
		config: n.config, log: n.log, version: n.deps.Version, chainID: status.ChainID, evmChainID: status.EVMChainID,
		address: n.deps.Sender.Bytes(), keys: n.keys, store: store, view: n.view, limits: n.limits, counts: &n.counts,
		cores: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))), mu: new(sync.Mutex), taking: map[uint64]bool{},
	}
}

// offerKey tells the server which key the chain has for the running epoch.
func (n *Node) offerKey(key chain.DAKey) {
	select {
	case <-n.rekey: // only the newest counts
	default:
	}
	n.rekey <- key
}

// serve runs the gRPC port. When a rotated key takes over, the port starts again
// with a certificate of that key.
func (n *Node) serve(ctx context.Context, s *service, key chain.DAKey) error {
	port := newPort(n.deps.Listener, n.config.Limits.Connections)
	defer port.Close()
	for {
		next, err := n.serveAs(ctx, s, port, key)
		if err != nil || ctx.Err() != nil {
			return err
		}
		n.log.Info("a new key takes over, the port starts again")
		key = next
	}
}

func (n *Node) serveAs(ctx context.Context, s *service, port *port, key chain.DAKey) (next chain.DAKey, err error) {
	secret, err := n.keys.Of(key)
	if err != nil {
		return key, err
	}
	certificate, err := wire.NewCertificate(s.evmChainID, s.address, n.keys.withOthers(secret, wire.MaxKeys)...)
	if err != nil {
		return key, err
	}
	as := s.clone()
	var server *grpc.Server
	server, as.gate = wire.NewServer(certificate, s.evmChainID, s.address)
	pb.RegisterSignerServer(server, as)
	door := port.door()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(door) }()
	defer stopServer(server)
	for {
		select {
		case <-ctx.Done():
			return key, nil
		case err := <-failed:
			return key, fmt.Errorf("serve %s: %w", n.deps.Listener.Addr(), err)
		case next := <-n.rekey:
			if !bytes.Equal(next.G2, key.G2) {
				return next, nil
			}
		}
	}
}

// stopServer lets calls end for half of what a stopping daemon has.
func stopServer(server *grpc.Server) {
	done := make(chan struct{})
	go func() { server.GracefulStop(); close(done) }()
	select {
	case <-done:
	case <-time.After(daemon.StopTimeout / 2):
		server.Stop()
		<-done
	}
}

// runScrub reads everything back, slowly, so that rot is known of before
// somebody asks.
func (n *Node) runScrub(ctx context.Context, store *Store) {
	if n.config.Store.ScrubMiB == 0 {
		return
	}
	scrubber := store.engine.Scrubber(int64(n.config.Store.ScrubMiB) << 20)
	n.scrub.Run(ctx, n.log, func() (scrub.Totals, time.Duration, error) {
		wait, err := scrubber.Step()
		return scrub.Totals{Bytes: scrubber.Loads << 18, Rotten: scrubber.Corrupt, Passes: scrubber.Rounds}, wait, err
	}, func(context.Context) { n.log.Warn("rows are rotten on disk: they are answered as not found") })
}
