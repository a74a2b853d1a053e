package encoder_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/da/sampling"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// lightDoor is a disperser whose members are real nodes, as far as light samplers
// see it.
func lightDoor(t *testing.T, on chain.DAReader, locator encoder.Locator, perSecond uint32) *service {
	t.Helper()
	w := newWorld(t)
	cfg := w.cfg
	cfg.ChunksPerSecond = perSecond
	registry := prometheus.NewRegistry()
	s, err := encoder.Open(w.home, cfg, encoder.Parts{
		Chain: on, Account: w.account, Quorums: w.quorum, Reader: w.quorum, Locator: locator, Codec: erasure.CPU, Log: slog.New(slog.DiscardHandler),
	}, registry)
	must(t, err)
	server := httptest.NewServer(s.Handler(registry))
	t.Cleanup(func() { server.Close(); must(t, s.Close()) })
	return &service{Service: s, tb: t, url: server.URL}
}

// overHTTP is a source of samples, as a page has it.
type overHTTP struct{ at string }

func (o overHTTP) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.at+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", answer.StatusCode, body)
	}
	return body, err
}

func (o overHTTP) Preimage(ctx context.Context) ([]byte, error) { return o.get(ctx, "/preimage") }
func (o overHTTP) Chunk(ctx context.Context, row, chunk int) ([]byte, error) {
	return o.get(ctx, fmt.Sprintf("/chunks/%d/%d", row, chunk))
}

// mission D09 (light samplers over HTTP): what members hold can be sampled over the
// door by the root alone, and not when too many of them are gone.
func TestLightSamplersAtTheDoor(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Chain: datest.DAParams{Profile: erasure.Dev}})
	net.UseReal(nil)
	user := net.Client(nil)
	payload := noise(300_000, 1)
	put, err := user.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
	must(t, err)
	root, err := sampling.ParseRoot(put.Root)
	must(t, err)
	strangers := &slow{release: make(chan struct{}), known: chain.Hash(root), of: encoder.Network{Client: user}}
	defer close(strangers.release)
	s := lightDoor(t, net.Chain, strangers, 1<<20)
	for i := range 20 { // who asks for roots of nothing is in nobody's way
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := overHTTP{s.url}.get(ctx, fmt.Sprintf("/blobs/0x%064x/preimage", i))
		cancel()
		if err == nil {
			t.Fatal("a root of nothing was found")
		}
	}
	light := func() sampling.Result {
		t.Helper()
		got, err := sampling.Light(t.Context(), root, overHTTP{s.url + "/blobs/" + put.Root}, sampling.Options{})
		must(t, err)
		t.Logf("shown %v, confidence %.7f, %d samples, %d failed, %d bytes, %v", got.Shown, got.Confidence, got.Samples, got.Failed, got.Bytes, got.Reasons)
		return got
	}
	if got := light(); !got.Shown || got.Commitment.DataLen != uint64(len(payload)) {
		t.Errorf("everybody there: got %+v, want it shown", got)
	}
	net.StopReal(net.Signers[0].Address)
	if got := light(); !got.Shown {
		t.Errorf("one of six gone: got %+v, want it shown", got)
	}
	for _, signer := range net.Signers[1:] {
		net.StopReal(signer.Address)
	}
	if got := light(); got.Shown || got.Failed == 0 {
		t.Errorf("everybody gone: got %+v, want it not shown", got)
	}
}

// small holds one blob in memory.
type small struct{ *erasure.Blob }

func (s small) Holders(_ context.Context, root chain.Hash) (encoder.Holders, error) {
	if root != s.DataRoot() {
		return nil, client.ErrNotFound
	}
	return s, nil
}
func (s small) Commitment(context.Context) (erasure.Commitment, error) {
	return s.Blob.Commitment, nil
}
func (s small) Chunk(_ context.Context, row, index int) (erasure.Commitment, erasure.Chunk, error) {
	if row >= s.Profile.N || index >= s.Chunks() {
		return erasure.Commitment{}, erasure.Chunk{}, client.ErrUsage
	}
	if row == 15 {
		return erasure.Commitment{}, erasure.Chunk{}, client.ErrNotFound
	}
	if row == 14 {
		return erasure.Commitment{}, erasure.Chunk{}, client.ErrVerify
	}
	chunk, err := erasure.ChunkOf(s.Row(row), index)
	return s.Blob.Commitment, chunk, err
}

func TestThePageOfAnybodyMaySample(t *testing.T) {
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, 1, noise(10_000, 2))
	must(t, err)
	s := lightDoor(t, nobody, small{blob}, 1<<10)
	base := "/blobs/" + encoder.Root(blob.DataRoot()).String()
	foreign := []string{"Origin", "https://page.example", "Sec-Fetch-Site", "cross-site", "Host", "da.example"}
	chunk, err := erasure.ChunkOf(blob.Row(3), 1)
	must(t, err)
	for _, c := range []struct {
		method, path string
		code         int
		want         []byte
	}{
		{"GET", base + "/preimage", 200, blob.Preimage()},
		{"GET", base + "/chunks/3/1", 200, sampling.AppendAnswer(nil, blob.Commitment, chunk)},
		{"HEAD", base + "/chunks/3/1", 200, nil},
		{"OPTIONS", base + "/chunks/3/1", 204, nil},
		{"OPTIONS", base + "/preimage", 204, nil},
		{"GET", base + "/chunks/15/0", 404, nil},
		{"GET", base + "/chunks/14/0", 503, nil},
		{"GET", base + "/chunks/16/0", 400, nil},
		{"GET", base + "/chunks/3/2", 400, nil},
		{"GET", base + "/chunks/-1/0", 400, nil},
		{"GET", base + "/chunks/3/99999", 400, nil},
		{"GET", "/blobs/0xab/chunks/3/1", 400, nil},
		{"GET", "/blobs/0x" + strings.Repeat("ab", 32) + "/preimage", 404, nil},
	} {
		code, text, header := s.ask(c.method, c.path, nil, foreign...)
		if code != c.code || c.want != nil && !bytes.Equal(text, c.want) {
			t.Errorf("%s %s: got %d %.200q, want %d", c.method, c.path, code, text, c.code)
		}
		if header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: a page may not read it, or a cache keeps it: %v", c.method, c.path, header)
		}
	}
	for _, path := range []string{base, base + "/status", "/v1/status", "/metrics"} { // the rest stays shut
		if code, _, header := s.ask("GET", path, nil, foreign...); code != 403 || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s for a foreign page: got %d %v, want 403", path, code, header)
		}
	}
}

func TestLightSamplersHaveAnAllowance(t *testing.T) {
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, 1, noise(10_000, 3))
	must(t, err)
	path := "/blobs/" + encoder.Root(blob.DataRoot()).String() + "/chunks/3/1"
	s := lightDoor(t, nobody, small{blob}, 8) // 32 at once, 8 of them by one host
	served := 0
	for range 20 {
		code, text, header := s.ask("GET", path, nil)
		if code == 200 {
			served++
		} else if code != 429 || header.Get("Retry-After") == "" || decode(t, text).Code != "over_quota" {
			t.Fatalf("got %d %s, want 429 and a time", code, text)
		}
	}
	if served < 8 || served > 12 {
		t.Errorf("got %d of 20 at once, want 8 or little more", served)
	}
	for name, shut := range map[string]*service{"by the operator": lightDoor(t, nobody, small{blob}, 0), "without a locator": lightDoor(t, nobody, nil, 8)} {
		if code, text, _ := shut.ask("GET", path, nil); code != 404 {
			t.Errorf("a door shut %s: got %d %s, want 404", name, code, text)
		}
	}
}

// records is a chain without any.
type records struct{ chain.DAReader }

func (records) DABlobByRoot(context.Context, chain.Hash) (chain.DABlob, error) {
	return chain.DABlob{}, chain.ErrNotFound
}

var nobody records

// slow finds one blob at once, if any, and others never. It counts how often it is
// asked, and how many look at once.
type slow struct {
	mu          sync.Mutex
	asked, most int
	now         int
	release     chan struct{}
	known       chain.Hash
	of          encoder.Locator
}

func (s *slow) Holders(ctx context.Context, root chain.Hash) (encoder.Holders, error) {
	if s.of != nil && root == s.known {
		return s.of.Holders(ctx, root)
	}
	s.mu.Lock()
	s.asked++
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	select {
	case <-s.release:
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
	return nil, chain.ErrNotFound
}

func TestStrangersRootsAreLookedForOnceAndAFewAtATime(t *testing.T) {
	locator := &slow{release: make(chan struct{})}
	s := lightDoor(t, nobody, locator, 1<<10)
	var wait sync.WaitGroup
	for i := range 20 {
		for range 3 { // of each root
			wait.Go(func() {
				path := fmt.Sprintf("/blobs/0x%064x/preimage", i)
				if code, text, _ := s.ask("GET", path, nil); code != 404 {
					t.Errorf("%s: got %d %s, want 404", path, code, text)
				}
			})
		}
	}
	time.Sleep(50 * time.Millisecond)
	close(locator.release)
	wait.Wait()
	if locator.asked != 20 || locator.most > 4 {
		t.Errorf("got %d look-ups, %d at once, want 20 and at most 4", locator.asked, locator.most)
	}
}
