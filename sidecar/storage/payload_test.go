package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/storage"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// gateway serves payloads of blobs by their roots.
type gateway struct {
	mu       sync.Mutex
	payloads map[string][]byte
	asked    int
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	payload, ok := g.payloads[strings.TrimPrefix(r.URL.Path, "/blobs/0x")]
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	_, _ = w.Write(payload)
}

func (g *gateway) serve(blob [32]byte, payload []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.payloads[fmt.Sprintf("%x", blob)] = payload
}

func (g *gateway) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func startGateway(t *testing.T) (*gateway, string) {
	t.Helper()
	g := &gateway{payloads: map[string][]byte{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return g, server.URL
}

// enterBlob enters a payload as data availability does.
func (h *harness) enterBlob(blob [32]byte, payload []byte) *merkle.File {
	h.t.Helper()
	file, err := merkle.NewFileFromData(payload)
	if err != nil {
		h.t.Fatal(err)
	}
	s := chain.Submission{SizeBytes: file.Size(), Tags: append([]byte("zgd/da"), blob[:]...), Endowment: new(big.Int).Lsh(big.NewInt(1), 40)}
	for _, node := range file.Nodes() {
		s.Nodes = append(s.Nodes, chain.Node{Root: node.Root, Height: node.Height})
	}
	if _, _, err := h.chain.Sender("zg1someone").Submit(context.Background(), 0, []chain.Submission{s}); err != nil {
		h.t.Fatal(err)
	}
	return file
}

// served reads a file by its root; nil: not finalized here.
func (h *harness) served(file *merkle.File) []byte {
	h.t.Helper()
	response, err := h.http.Get(fmt.Sprintf("%s/v1/files/0x%x", h.server.URL, file.Root()))
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil
	}
	return body
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// mission D17
func TestPayloadsOfConfirmedBlobsAreFetched(t *testing.T) {
	g, url := startGateway(t)
	h := start(t, configured(func(c *storage.Config) { c.DAGateways = []string{url} }))
	payload, blob := random(600_000, 1), [32]byte{1}
	g.serve(blob, payload)
	file := h.enterBlob(blob, payload)
	until(t, "the payload is served", func() bool { return bytes.Equal(h.served(file), payload) })
}

func TestPayloadsAreFetchedAfterARestartAndAnOutage(t *testing.T) {
	g, url := startGateway(t)
	h := start(t, configured(func(c *storage.Config) { c.DAGateways = []string{url} }))
	payload, blob := random(1000, 2), [32]byte{2}
	file := h.enterBlob(blob, payload)
	until(t, "the gateway was asked in vain", func() bool { return g.requests() > 0 })
	h.restart()
	g.serve(blob, payload)
	until(t, "the payload is served", func() bool { return bytes.Equal(h.served(file), payload) })
}

func TestPayloadsThatAreNotTheEntrysAreRefused(t *testing.T) {
	payload := random(300_000, 3)
	flipped := bytes.Clone(payload)
	flipped[299_999] ^= 1
	for name, served := range map[string][]byte{
		"one bit differs": flipped, "a byte short": payload[1:], "a byte long": append(bytes.Clone(payload), 0), "empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, url := startGateway(t)
			h := start(t, configured(func(c *storage.Config) { c.DAGateways = []string{url} }))
			blob := [32]byte{3}
			g.serve(blob, served)
			file := h.enterBlob(blob, payload)
			until(t, "three rounds were in vain", func() bool { return g.requests() == 3 })
			time.Sleep(3 * time.Second) // the fourth would come after 2 s
			if n := g.requests(); n != 3 {
				t.Errorf("asked %d times, want it given up after 3", n)
			}
			if h.served(file) != nil {
				t.Error("it is served")
			}
		})
	}
}
