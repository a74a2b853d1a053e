package encoder_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// quorum is the members of every quorum, in memory: they hold what they are
// brought and sign with the keys that the chain knows. The chain judges.
type quorum struct {
	secrets map[chain.Address]bls.SecretKey

	mu     sync.Mutex
	deaf   bool                  // nobody answers
	refuse func(chain.Hash) bool // nobody takes this blob
	held   map[chain.Hash][]byte // payloads
	calls  [][]uint64            // ids of each dispersal
	hook   func()                // before anything is signed
}

func (q *quorum) set(change func(q *quorum)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change(q)
}

func (q *quorum) Disperse(ctx context.Context, drawn chain.DAQuorum, pieces []client.Piece) (*client.Dispersal, error) {
	q.mu.Lock()
	hook := q.hook
	q.mu.Unlock()
	if hook != nil {
		hook()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	out, lacking := &client.Dispersal{}, &client.InsufficientSignatures{TotalSeats: len(drawn.Seats)}
	var taken []client.Piece
	var ids []uint64
	for _, p := range pieces {
		ids = append(ids, p.ID)
		if q.deaf || q.refuse != nil && q.refuse(p.Root) {
			lacking.IDs = append(lacking.IDs, p.ID)
			continue
		}
		payload, err := p.Blob.Payload(p.Blob.Rows[:p.Blob.Profile.K])
		if err != nil {
			return nil, err
		}
		q.held[p.Root] = payload
		taken = append(taken, p)
	}
	q.calls = append(q.calls, ids)
	if len(taken) > 0 {
		c, err := q.certify(drawn, taken)
		if err != nil {
			return nil, err
		}
		out.Certificates = append(out.Certificates, c)
	}
	if len(lacking.IDs) > 0 {
		return out, lacking
	}
	return out, nil
}

func (q *quorum) certify(drawn chain.DAQuorum, taken []client.Piece) (client.Certificate, error) {
	c := client.Certificate{Bitmap: make([]byte, (len(drawn.Members)+7)/8), HitSeats: len(drawn.Seats), TotalSeats: len(drawn.Seats)}
	var leaves []erasure.Hash
	for _, p := range taken {
		c.IDs = append(c.IDs, p.ID)
		leaves = append(leaves, erasure.BatchLeaf(p.Root, p.ID))
	}
	message := erasure.BatchMessage(taken[0].Blob.EVMChainID, drawn.Epoch, drawn.ID, uint32(len(taken)), erasure.MerkleRoot(leaves))
	sum := bls.SumG1()
	for i, m := range drawn.Members {
		secret := q.secrets[m.Address]
		share, err := secret.Sign(bls.DomainBatch, message)
		if err != nil {
			return c, err
		}
		sum = bls.SumG1(sum, share)
		c.Bitmap[i/8] |= 1 << (i % 8)
	}
	c.Signature = bls.EncodeG1(&sum)
	return c, nil
}

// Payload reads back what members hold.
func (q *quorum) Payload(_ context.Context, root chain.Hash) ([]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if payload, ok := q.held[root]; ok {
		return bytes.Clone(payload), nil
	}
	return nil, fmt.Errorf("%w: %x", client.ErrNotFound, root)
}

// dispersals is how many there were, and of how many blobs.
func (q *quorum) dispersals() (calls, blobs int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, ids := range q.calls {
		blobs += len(ids)
	}
	return len(q.calls), blobs
}

// world is a chain, a quorum and a home; services come and go.
type world struct {
	tb      testing.TB
	chain   *datest.DA
	account chain.DASender
	quorum  *quorum
	home    string
	cfg     encoder.Config
}

func key(tb testing.TB, seed byte) chain.Key {
	tb.Helper()
	k, err := chain.NewKey(append(make([]byte, 31), seed))
	must(tb, err)
	return k
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func newWorld(tb testing.TB, change ...func(*datest.DAParams)) *world {
	tb.Helper()
	params := datest.DAParams{Profile: erasure.Test}
	q := &quorum{secrets: make(map[chain.Address]bls.SecretKey), held: make(map[chain.Hash][]byte)}
	for i := range byte(4) {
		secret, err := bls.GenerateKey(rand.NewChaCha8([32]byte{i}))
		must(tb, err)
		account := key(tb, i+1)
		address, err := chain.ParseAddress(account.Address())
		must(tb, err)
		q.secrets[address] = secret
		params.Signers = append(params.Signers, datest.DASignerSeed{Account: account, Secret: secret, Votes: 10})
	}
	for _, c := range change {
		c(&params)
	}
	w := &world{tb: tb, chain: datest.NewDA(tb, params), quorum: q, home: tb.TempDir(), cfg: encoder.DefaultConfig()}
	w.account = w.chain.Sender(key(tb, 99))
	w.cfg.BatchWait = daemon.Duration(20 * time.Millisecond)
	w.cfg.MemoryMiB, w.cfg.AltDAWait = 64, daemon.Duration(5*time.Second)
	return w
}

// service is a running one with its HTTP door.
type service struct {
	*encoder.Service
	tb   testing.TB
	url  string
	stop func()
}

// start opens the home and runs it, until stop or the end of the test.
func (w *world) start() *service {
	w.tb.Helper()
	registry := prometheus.NewRegistry()
	s, err := encoder.Open(w.home, w.cfg, encoder.Parts{
		Chain: w.chain, Account: w.account, Quorums: w.quorum, Reader: w.quorum, Codec: erasure.CPU,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "test",
	}, registry)
	must(w.tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	server := httptest.NewServer(s.Handler(registry))
	out := &service{Service: s, tb: w.tb, url: server.URL}
	out.stop = sync.OnceFunc(func() {
		cancel()
		server.Close()
		if err := errors.Join(<-done, s.Close()); err != nil {
			w.tb.Error(err)
		}
	})
	w.tb.Cleanup(out.stop)
	return out
}

// ask makes a request; headers come in pairs.
func (s *service) ask(method, path string, body []byte, headers ...string) (int, []byte, http.Header) {
	s.tb.Helper()
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	must(s.tb, err)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	must(s.tb, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(s.tb, err)
	return answer.StatusCode, text, answer.Header
}

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// rootOf is what a payload's root is, computed apart.
func (w *world) rootOf(payload []byte) encoder.Root {
	w.tb.Helper()
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, w.chain.EVMChainID(), payload)
	must(w.tb, err)
	return encoder.Root(blob.DataRoot())
}

// put puts a payload over HTTP and waits until it is confirmed.
func (s *service) put(payload []byte) encoder.Root {
	s.tb.Helper()
	code, text, _ := s.ask("PUT", "/blobs", payload)
	if code != http.StatusAccepted && code != http.StatusOK {
		s.tb.Fatalf("put: got %d %s", code, text)
	}
	root := decode(s.tb, text).Root
	return s.await(root, encoder.Finalized)
}

func (s *service) await(root encoder.Root, want encoder.State) encoder.Root {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		r, err := s.Blob(ctx, root)
		must(s.tb, err)
		if r.State == want {
			return root
		}
		if ctx.Err() != nil {
			s.tb.Fatalf("blob %s is %s (%s), want %s", root, r.State, r.Reason, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// idle waits until nothing is held for any blob.
func (s *service) idle() {
	s.tb.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		status, err := s.Status(context.Background())
		must(s.tb, err)
		if status.MemoryBytes == 0 && status.SpoolBytes == 0 && status.Pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.tb.Fatalf("left behind: %+v", status)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
