// Package clienttest is a network in memory for the tests of `zg` and its
// library: the fake chain of sidecar/internal/chain/chaintest, and storage
// nodes that check what they are given, keep it in memory, and lie, stall or
// forget when told to.
package clienttest

import (
	"context"
	"net/http/httptest"
	"time"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

// Address is the account that signs.
const Address = "zg1clienttest"

// Network is a chain and its nodes.
type Network struct {
	Chain   *chaintest.Chain
	Account *Account
	Nodes   []*Node
	servers []*httptest.Server
}

// Account counts what is signed.
type Account struct {
	chain.Sender
	Submits int // transactions with submissions
	// AfterSubmit is called when a transaction is in, before the client knows.
	AfterSubmit func()
}

// Submit counts and passes on.
func (a *Account) Submit(ctx context.Context, flowID uint64, items []chain.Submission) ([]chain.Placed, chain.Receipt, error) {
	a.Submits++
	placed, receipt, err := a.Sender.Submit(ctx, flowID, items)
	if a.AfterSubmit != nil {
		a.AfterSubmit()
	}
	return placed, receipt, err
}

// New starts a network with so many nodes; Close ends it.
func New(params chaintest.Params, nodes int) *Network {
	fake := chaintest.New(params)
	n := &Network{Chain: fake, Account: &Account{Sender: fake.Sender(Address)}}
	for range nodes {
		node := NewNode(fake)
		n.Nodes = append(n.Nodes, node)
		n.servers = append(n.servers, httptest.NewServer(node))
	}
	return n
}

// Close stops the nodes; those that stall are released first.
func (n *Network) Close() {
	for _, node := range n.Nodes {
		node.SetHook(nil)
		node.release()
	}
	for _, server := range n.servers {
		server.CloseClientConnections()
		server.Close()
	}
}

// URLs are the nodes' addresses.
func (n *Network) URLs() []string {
	var urls []string
	for _, server := range n.servers {
		urls = append(urls, server.URL)
	}
	return urls
}

// Options are fit for tests: short waits, no resume folder unless set.
func (n *Network) Options() client.Options {
	return client.Options{
		Storage: n.URLs(), Stall: 2 * time.Second, Hedge: 500 * time.Millisecond, Visible: 5 * time.Second, Attempts: 4,
	}
}

// Client returns a client that signs as the account, or reads only.
func (n *Network) Client(opts client.Options, signs bool) (*client.Client, error) {
	var sender chain.Sender
	if signs {
		sender = n.Account
	}
	return client.New(n.Chain, sender, opts)
}
