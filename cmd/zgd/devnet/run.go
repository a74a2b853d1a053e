package devnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/network"
)

// Times a start and a stop may take. A stop is two rounds, daemons first.
const (
	readyAfter = 90 * time.Second
	killAfter  = 4 * time.Second
)

// Network is a running devnet.
type Network struct {
	plan     Plan
	accounts []Account
	out      io.Writer
	died     chan error // first process that was given up

	mu        sync.Mutex // guards what follows, and writes to out and the ready file
	processes []*supervised
	logs      []*logFile
	ready     bool
}

// Run makes the home when there is none, starts everything, writes the ready
// file, and stops everything when ctx ends (nil) or a process keeps dying.
func Run(ctx context.Context, o Options, out io.Writer) error {
	if err := o.Validate(); err != nil {
		return err
	}
	began := time.Now()
	unlock, err := lockHome(o.Home)
	if err != nil {
		return err
	}
	defer unlock()
	_ = os.Remove(o.ReadyFile) // of a devnet that was killed
	plan := NewPlan(o)
	made, err := prepareHome(plan)
	if err != nil {
		return err
	}
	n := &Network{plan: plan, out: out, died: make(chan error, len(plan.All()))}
	if n.accounts, err = usedAccounts(o); err != nil {
		return err
	}
	defer n.stop()
	if err := n.startAll(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while starting
		}
		return err
	}
	if err := n.announce(); err != nil {
		return err
	}
	n.print(banner(plan, n.accounts, made, time.Since(began)))
	select {
	case <-ctx.Done():
		return nil
	case err := <-n.died:
		return err
	}
}

// prepareHome brings the home into the shape the plan needs and says whether it
// made a new network.
func prepareHome(plan Plan) (made bool, err error) {
	o := plan.Options
	if o.Reset {
		if err := resetHome(o.Home); err != nil {
			return false, err
		}
	}
	old, err := readRecord(o.Home)
	if err != nil {
		return false, err
	}
	if old != nil {
		if err := old.fits(o); err != nil {
			return false, err
		}
	}
	if err := checkPorts(plan); err != nil {
		return false, err
	}
	if old == nil {
		if err := beginMaking(o.Home); err != nil {
			return false, err
		}
		if err := makeNetwork(plan); err != nil {
			return false, fmt.Errorf("make the network: %w", err)
		}
		if err := writeRecord(o.Home, record{ChainID: ChainID, Validators: o.Validators, DASigners: o.DASigners}); err != nil {
			return false, err
		}
	}
	if o.Faucet { // the key of a home that was made without one
		faucet, err := FaucetAccount()
		if err != nil {
			return false, err
		}
		if err := writeKeyFiles(o.Home, []Account{faucet}); err != nil {
			return false, err
		}
	}
	for _, p := range plan.All() {
		if err := os.MkdirAll(p.Home, 0o700); err != nil {
			return false, fmt.Errorf("home: %w", err)
		}
	}
	return old == nil, os.MkdirAll(filepath.Join(o.Home, "logs"), 0o700)
}

// startAll starts role by role: a storage node needs a chain to follow, a miner
// a storage node to read from.
func (n *Network) startAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyAfter)
	defer cancel()
	if err := link(n.plan); err != nil {
		return err
	}
	var chain, storage, miners, da, faucets []probe
	for _, p := range n.plan.Validators {
		chain = append(chain, validatorProbes(p)...)
	}
	for _, p := range n.plan.Storage {
		storage = append(storage, storageProbe(p))
	}
	for _, p := range n.plan.Miners {
		miners = append(miners, minerProbe(p))
	}
	for _, p := range slices.Concat(n.plan.DANodes, n.plan.DAEncoders) {
		da = append(da, daProbe(p))
	}
	for _, p := range n.plan.Faucets {
		faucets = append(faucets, faucetProbe(p))
	}
	for _, stage := range []struct {
		processes []Process
		probes    []probe
	}{{n.plan.Validators, chain}, {n.plan.Storage, storage}, {n.plan.Miners, miners}, {slices.Concat(n.plan.DANodes, n.plan.DAEncoders), da}, {n.plan.Faucets, faucets}} {
		for _, p := range stage.processes {
			if err := n.startOne(p); err != nil {
				return err
			}
		}
		if err := n.await(ctx, stage.probes); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) startOne(p Process) error {
	log, err := openLog(filepath.Join(n.plan.Options.Home, "logs", p.Name+".log"), maxLogBytes)
	if err != nil {
		return err
	}
	s := newSupervised(p, n.plan.Options.Executable, log, func(format string, args ...any) {
		n.print(fmt.Sprintf(format, args...) + "\n")
	}, n.refresh)
	n.mu.Lock()
	n.processes, n.logs = append(n.processes, s), append(n.logs, log)
	n.mu.Unlock()
	if err := s.start(); err != nil {
		return err
	}
	go func() {
		<-s.done
		if s.err != nil {
			n.died <- s.err
		}
	}()
	return nil
}

// await wants every probe answered; a process that is given up ends it early.
func (n *Network) await(ctx context.Context, probes []probe) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan error, len(probes))
	for _, p := range probes {
		go func() { answers <- p.await(ctx) }()
	}
	for range probes {
		select {
		case err := <-answers:
			if err != nil {
				return fmt.Errorf("%w; the logs are in %s", err, filepath.Join(n.plan.Options.Home, "logs"))
			}
		case err := <-n.died:
			return err
		}
	}
	return nil
}

// announce writes the ready file for the first time.
func (n *Network) announce() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ready = true
	return n.writeReady()
}

// refresh writes the ready file again after a process got a new pid.
func (n *Network) refresh() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.ready {
		return
	}
	if err := n.writeReady(); err != nil {
		fmt.Fprintln(n.out, err)
	}
}

// writeReady needs mu.
func (n *Network) writeReady() error {
	pids := make(map[string]int, len(n.processes))
	for _, s := range n.processes {
		pids[s.spec.Name] = s.PID()
	}
	path := n.plan.Options.ReadyFile
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("ready file: %w", err)
	}
	return network.Write(path, readyFile(n.plan, n.accounts, pids))
}

// stop ends all processes, those that use others first, and removes the ready
// file. Nothing runs when it returns.
func (n *Network) stop() {
	n.mu.Lock()
	if n.ready {
		n.ready = false
		if err := os.Remove(n.plan.Options.ReadyFile); err != nil && !errors.Is(err, os.ErrNotExist) {
			fmt.Fprintln(n.out, err)
		}
	}
	processes, logs := n.processes, n.logs
	n.mu.Unlock()
	validators := min(len(n.plan.Validators), len(processes))
	for _, round := range [][]*supervised{processes[validators:], processes[:validators]} {
		var wait sync.WaitGroup
		for _, s := range round {
			wait.Go(func() { s.stop(killAfter) })
		}
		wait.Wait()
	}
	for _, log := range logs {
		_ = log.Close()
	}
	if len(processes) > 0 {
		n.print("devnet stopped\n")
	}
}

func (n *Network) print(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprint(n.out, text)
}

// usedAccounts are the user's, then those of the miners that run.
func usedAccounts(o Options) ([]Account, error) {
	accounts, err := Accounts()
	if err != nil {
		return nil, err
	}
	miners, err := MinerAccounts()
	if err != nil {
		return nil, err
	}
	return append(accounts, miners[:o.Miners]...), nil
}
