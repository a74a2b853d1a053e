// Command inflight sends several submissions of one account at once to a running
// network, and says what became of each. It is for tests and never ships.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// report is of one submission.
type report struct {
	TxHash  string `json:"tx_hash"`
	Height  int64  `json:"height"`
	Millis  int64  `json:"millis"` // until its commit was seen
	Entries int    `json:"entries"`
	Error   string `json:"error"`
}

func main() {
	grpc := flag.String("grpc", "127.0.0.1:9090", "of the chain")
	comet := flag.String("comet-rpc", "http://127.0.0.1:26657", "of the chain")
	keyFile := flag.String("key-file", "", "account that pays")
	count := flag.Int("count", 6, "submissions")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	if err := run(ctx, chain.Options{GRPC: *grpc, CometRPC: *comet}, *keyFile, *count); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, options chain.Options, keyFile string, count int) error {
	key, err := chain.LoadKeyFile(keyFile)
	if err != nil {
		return err
	}
	remote, err := chain.Dial(ctx, options)
	if err != nil {
		return err
	}
	defer remote.Close()
	sender := chain.NewSender(remote, key)
	const sectors = 4
	price, err := remote.Price(ctx, sectors)
	if err != nil {
		return err
	}
	reports := make([]report, count)
	var sends sync.WaitGroup
	for i := range reports {
		var root chain.Hash
		if _, err := rand.Read(root[:]); err != nil {
			return err
		}
		file := chain.Submission{SizeBytes: sectors * 256, Nodes: []chain.Node{{Root: root, Height: 2}}, Endowment: price.Endowment}
		sends.Go(func() { reports[i] = send(ctx, remote, sender, file) })
	}
	sends.Wait()
	return json.NewEncoder(os.Stdout).Encode(reports)
}

// send enters a file of one node, whose root is the file's, and counts how often
// the log has it.
func send(ctx context.Context, remote *chain.Remote, sender chain.Sender, file chain.Submission) report {
	began := time.Now()
	placed, receipt, err := sender.Submit(ctx, 0, []chain.Submission{file})
	r := report{TxHash: receipt.TxHash, Height: receipt.Height, Millis: time.Since(began).Milliseconds()}
	if err == nil && placed[0].Root != file.Nodes[0].Root {
		err = fmt.Errorf("the chain has root %x, want %x", placed[0].Root, file.Nodes[0].Root)
	}
	if err != nil {
		r.Error = err.Error()
	}
	entries, err := remote.EntriesByRoot(ctx, file.Nodes[0].Root)
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		r.Error += "; entries: " + err.Error()
	}
	r.Entries = len(entries)
	return r
}
