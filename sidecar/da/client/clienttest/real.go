package clienttest

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// real is a signer's real node, over TLS on loopback and with a store on disk.
type real struct {
	*node.Node
	signer *Signer
	home   string
	cancel context.CancelFunc
	ended  chan error
}

// UseReal runs the real node in place of every signer but those that misbehave.
// Of those the chain learns nothing new: they answer as before.
func (n *Net) UseReal(hostile map[chain.Address]Behaviour) {
	n.tb.Helper()
	var wait sync.WaitGroup
	for _, s := range n.Signers {
		if bad, isHostile := hostile[s.Address]; isHostile {
			s.Behave(bad)
			continue
		}
		s.stop()
		r := &real{signer: s, home: n.tb.TempDir()}
		n.real[s.Address] = r
		wait.Go(func() { n.boot(r) })
	}
	wait.Wait()
}

// boot starts a node and tells the chain where it listens.
func (n *Net) boot(r *real) {
	key := []byte(hex.EncodeToString(r.signer.secret.Bytes()) + "\n")
	if err := os.WriteFile(filepath.Join(r.home, node.KeyFile), key, 0o600); err != nil {
		n.tb.Error(err)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.tb.Error(err)
		return
	}
	config := node.DefaultConfig()
	config.Listen, config.Store.PackSlots, config.Store.ScrubMiB = listener.Addr().String(), 16, 0
	config.Limits.UnseenWait = daemon.Duration(time.Second)
	r.Node, err = node.New(r.home, config, node.Deps{
		Chain: n.Chain, Sender: n.Chain.Sender(r.signer.account), Listener: listener, Version: "test",
		Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		n.tb.Error(err)
		return
	}
	n.Chain.SetSocket(r.signer.Address, config.Listen)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.ended = cancel, make(chan error, 1)
	go func() { r.ended <- r.Run(ctx) }()
	n.tb.Cleanup(r.stop)
	for deadline := time.Now().Add(30 * time.Second); r.Status().State == node.StateStarting; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.tb.Errorf("node of %s does not start: %s", r.signer.Address, r.Status().Reason)
			return
		}
	}
}

func (r *real) stop() {
	if r.cancel != nil {
		r.cancel()
		<-r.ended
		r.cancel = nil
	}
}

// StopReal ends the node of a signer, as an operator would.
func (n *Net) StopReal(address chain.Address) { n.real[address].stop() }

// ForgetReal starts a stopped node again on an empty disk.
func (n *Net) ForgetReal(address chain.Address) {
	n.tb.Helper()
	r := n.real[address]
	r.stop()
	r.home = filepath.Join(n.tb.TempDir(), "empty")
	must(n.tb, os.MkdirAll(r.home, 0o700))
	n.boot(r)
}

// Seats draws the quorum of epoch 0: there is one as long as all votes together
// are less than two for each seat.
func (n *Net) Seats(tb testing.TB) chain.DAQuorum {
	tb.Helper()
	q, err := n.Chain.DAQuorum(tb.Context(), 0, 0)
	must(tb, err)
	return q
}

// Stopped are the signers whose nodes do not run.
func (n *Net) Stopped() map[chain.Address]bool {
	stopped := make(map[chain.Address]bool)
	for address, r := range n.real {
		if r.cancel == nil {
			stopped[address] = true
		}
	}
	return stopped
}
