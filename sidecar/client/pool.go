package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// strikesToDrop: so many calls in a row without an answer, and a node is left.
const strikesToDrop = 3

// Dropped names a node that was left during an operation, and why.
type Dropped struct {
	URL    string `json:"url"`
	Reason string `json:"reason"`
	Lied   bool   `json:"lied"` // its data did not match the root
}

// node is one storage node during one operation.
type node struct {
	api   *nodeapi.Client
	shard nodeapi.ShardConfig

	mu      sync.Mutex // guards the rest
	dropped *Dropped
	strikes int  // calls in a row without an answer
	rpcOnly bool // no /v1 doors: an older or foreign node
	busy    int  // calls under way
	pace    time.Duration
}

func (n *node) url() string { return n.api.URL() }

func (n *node) alive() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dropped == nil
}

// begin and end bracket a call, for choosing the least loaded node.
func (n *node) begin() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.busy++
	return time.Now()
}

// end notes how a call went; it returns true when the node has struck out.
func (n *node) end(began time.Time, err error) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.busy--
	if errors.Is(err, nodeapi.ErrUnavailable) && !errors.Is(err, context.Canceled) {
		n.strikes++
		return n.strikes >= strikesToDrop && errors.Is(err, context.DeadlineExceeded)
	}
	n.strikes = 0
	took := time.Since(began)
	n.pace += (took - n.pace) / 8
	return false
}

// load is how long a further call is likely to take.
func (n *node) load() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return (n.pace + time.Millisecond) * time.Duration((n.busy+1)*(n.strikes+1))
}

func (n *node) isRPCOnly() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rpcOnly
}

func (n *node) setRPCOnly() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rpcOnly = true
}

// pool is the nodes of one operation; the next one gives each another chance.
type pool struct {
	nodes    []*node
	progress Progress
}

// newPool asks every node for its shard; those that do not answer are dropped.
func (c *Client) newPool(ctx context.Context) (*pool, error) {
	p := &pool{progress: c.opts.Progress}
	var wait sync.WaitGroup
	for _, api := range c.nodes {
		n := &node{api: api}
		p.nodes = append(p.nodes, n)
		wait.Go(func() {
			err := c.retry(ctx, 3, func() (err error) {
				call, cancel := context.WithTimeout(ctx, min(5*time.Second, c.opts.Stall))
				defer cancel()
				n.shard, err = n.api.GetShardConfig(call)
				return err
			})
			if err != nil {
				p.drop(n, "does not answer: "+brief(err), false)
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(p.alive()) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoNode, p.why())
	}
	return p, nil
}

// drop leaves a node for the rest of the operation.
func (p *pool) drop(n *node, reason string, lied bool) {
	n.mu.Lock()
	first := n.dropped == nil
	if first {
		n.dropped = &Dropped{URL: n.url(), Reason: reason, Lied: lied}
	}
	n.mu.Unlock()
	if first {
		p.progress.Note("left " + n.url() + ": " + reason)
	}
}

func (p *pool) alive() []*node {
	return slices.DeleteFunc(slices.Clone(p.nodes), func(n *node) bool { return !n.alive() })
}

// report lists the dropped nodes in the order they were configured.
func (p *pool) report() []Dropped {
	var out []Dropped
	for _, n := range p.nodes {
		n.mu.Lock()
		if n.dropped != nil {
			out = append(out, *n.dropped)
		}
		n.mu.Unlock()
	}
	return out
}

// why says in one line what became of the nodes.
func (p *pool) why() string {
	var parts []string
	for _, d := range p.report() {
		parts = append(parts, d.URL+" "+d.Reason)
	}
	if len(parts) == 0 {
		return "none of the nodes has it"
	}
	return strings.Join(parts, "; ")
}

// anyLied says whether a node gave data that does not match its root.
func (p *pool) anyLied() bool {
	return slices.ContainsFunc(p.report(), func(d Dropped) bool { return d.Lied })
}

// retry calls f up to attempts times, waiting in between, as long as it fails
// for want of an answer.
func (c *Client) retry(ctx context.Context, attempts int, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		if err == nil || ctx.Err() != nil || attempt+1 >= attempts || !isTransient(err) {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// isTransient says whether the same call may succeed later.
func isTransient(err error) bool {
	return errors.Is(err, nodeapi.ErrUnavailable) || nodeapi.IsBusy(err)
}

// pause waits 50 ms * 2^attempt, at most 5 s, half of it at random so that many
// workers do not come back at once.
func pause(ctx context.Context, attempt int) error {
	full := min(50*time.Millisecond<<min(attempt, 10), 5*time.Second)
	timer := time.NewTimer(full/2 + rand.N(full/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// brief keeps the end of a chain of errors: the cause.
func brief(err error) string {
	text := err.Error()
	if len(text) > 200 {
		text = "..." + text[len(text)-200:]
	}
	return text
}
