package node_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// A node stops in time although callers hang on it, and comes back with what it
// had acknowledged.
func TestANodeStopsInTime(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	a, b := w.order(payload(700, 1)), w.order(payload(700, 2))
	w.put(n, a)
	_, cancel := w.hang(n, b)
	defer cancel()
	begin := time.Now()
	n.stop()
	if took := time.Since(begin); took >= daemon.StopTimeout {
		t.Fatalf("it took %v, want less than %v", took, daemon.StopTimeout)
	}
	n.boot()
	w.served(n, a)
}

// The private port tells status, health and metrics.
func TestThePrivatePort(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	server := httptest.NewServer(n.Handler(prometheus.NewRegistry()))
	defer server.Close()
	get := func(path string) (int, map[string]any) {
		t.Helper()
		answer, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body := map[string]any{}
		if path != "/metrics" {
			if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
				t.Fatal(err)
			}
		}
		return answer.StatusCode, body
	}
	w.eventually("it is healthy", func() bool { code, _ := get("/healthz"); return code == 200 })
	if code, body := get("/v1/status"); code != 200 || body["state"] == node.StateStarting || body["address"] != n.address().String() {
		t.Fatalf("%d %v", code, body)
	}
	if code, _ := get("/metrics"); code != 200 {
		t.Fatalf("metrics: %d", code)
	}
	w.chain.SetDown(true)
	w.eventually("it says that the chain is away", func() bool { code, body := get("/healthz"); return code == 503 && body["reason"] != "" })
}
