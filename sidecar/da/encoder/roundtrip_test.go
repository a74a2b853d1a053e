package encoder_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// mission D01 (one process): blobs go through the disperser to real nodes over
// TLS, and come back from their rows, also when two of six nodes are gone.
func TestBlobsGoToRealNodesAndComeBack(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Chain: datest.DAParams{Profile: erasure.Dev}})
	net.UseReal(nil)
	members := &encoder.Members{Chain: net.Chain, Account: net.User, Options: client.DisperserOptions{Grace: 50 * time.Millisecond}}
	t.Cleanup(members.Close)
	serve := func(home string) *service { // no cache: what is read comes from nodes
		cfg := encoder.DefaultConfig()
		cfg.CacheMiB, cfg.MemoryMiB = 0, 256
		registry := prometheus.NewRegistry()
		s, err := encoder.Open(home, cfg, encoder.Parts{
			Chain: net.Chain, Account: net.User, Quorums: members, Reader: encoder.Network{Client: net.Client(nil)},
			Codec: erasure.CPU, Log: slog.New(slog.DiscardHandler),
		}, registry)
		must(t, err)
		server := httptest.NewServer(s.Handler(registry))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			server.Close()
			must(t, <-done)
			must(t, s.Close())
		})
		return &service{Service: s, tb: t, url: server.URL}
	}
	s := serve(t.TempDir())
	payloads := map[encoder.Root][]byte{}
	for i, size := range []int{1, 4096, 300_000} {
		payload := noise(size, byte(i))
		payloads[s.put(payload)] = payload
	}
	net.StopReal(net.Signers[0].Address)
	net.StopReal(net.Signers[3].Address)
	other := serve(t.TempDir())
	for root, payload := range payloads {
		if code, text, _ := other.ask("GET", "/blobs/"+root.String(), nil); code != 200 || !bytes.Equal(text, payload) {
			t.Errorf("blob of %d bytes: got %d %.200s", len(payload), code, text)
		}
	}
}

// mission D13 (messages of a batch): consensus sees a few hundred bytes of a
// batch, whatever the blobs weigh.
func TestConsensusCarriesLittleOfABatch(t *testing.T) {
	w := newWorld(t)
	w.cfg.BatchWait = 1 << 29 // 0.5 s
	s := w.start()
	const blobs = 16
	for i := range byte(blobs) {
		s.ask("PUT", "/blobs", noise(200_000+int(i), i))
	}
	for i := range byte(blobs) {
		s.await(w.rootOf(noise(200_000+int(i), i)), encoder.Finalized)
	}
	bytes, messages := 0, 0
	for _, msg := range w.chain.Sent() {
		sized, ok := msg.(interface{ Size() int })
		if !ok {
			t.Fatalf("a %T has no size", msg)
		}
		bytes += sized.Size()
		messages++
	}
	perGiB := bytes * 32 / blobs // of blobs of 32 MiB: their length is a number either way
	t.Logf("%d messages of %d bytes for %d blobs: %d bytes a blob, %d a GiB of blobs of 32 MiB", messages, bytes, blobs, bytes/blobs, perGiB)
	if messages != 2 || bytes/blobs > 100 || perGiB > 100<<10 {
		t.Errorf("want 2 messages, at most 100 bytes a blob and 100 KiB a GiB")
	}
}
