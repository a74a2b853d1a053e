package storage_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// scrubbing runs the node's component "scrub" as the daemon does, until stop.
func scrubbing(t *testing.T, h *harness) (stop func()) {
	t.Helper()
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	for _, c := range h.node.Components(listen(), listen(), cancel) {
		if c.Name == "scrub" {
			go func() { defer close(done); _ = c.Run(ctx) }()
		}
	}
	return func() { cancel(); <-done }
}

func (h *harness) nodeStatus() nodeapi.NodeStatus {
	h.t.Helper()
	status, err := h.client.GetNodeStatus(h.ctx())
	if err != nil {
		h.t.Fatal(err)
	}
	return status
}

// trust B04: a bit that rots where nobody reads is found by the scrubber, said
// at every window, survives a restart as such, and heals by an upload.
func TestB04_TheScrubberFindsRotThatNobodyReads(t *testing.T) {
	h := start(t, configured(func(c *storage.Config) { c.ScrubMiB = 1 << 10 }))
	good, bad := h.put(random(layout.LoadSize, 7)), h.put(random(2*layout.LoadSize, 8))
	stop := scrubbing(t, h)
	h.eventually("a full pass", func() bool { return h.nodeStatus().Scrub.LastFullPass > 0 })
	if s := h.nodeStatus(); s.Scrub.Rotten+s.Quarantined != 0 || s.Scrub.Bytes < 3*layout.LoadSize {
		t.Fatalf("whole data: %+v", s)
	}
	flip(t, h.home, bad.segment(1).Data[:4096])
	h.eventually("the rot found", func() bool { s := h.nodeStatus(); return s.Scrub.Rotten == 1 && s.Quarantined == 1 })
	stop()
	for _, again := range []string{"as found", "after a restart"} {
		if info := h.info(bad); info.Finalized || info.UploadedSegNum != 1 {
			t.Fatalf("%s: finalized %t with %d segments", again, info.Finalized, info.UploadedSegNum)
		}
		code, health := h.get("/healthz")
		if code != http.StatusOK || !strings.Contains(string(health), "rot: 1 loads") {
			t.Fatalf("%s: healthz %d %s", again, code, health)
		}
		_, metrics := h.get("/metrics")
		if !strings.Contains(string(metrics), "\nzg_storage_quarantined_loads 1\n") {
			t.Fatalf("%s: not in /metrics", again)
		}
		if again == "as found" {
			if !strings.Contains(string(metrics), "\nzg_storage_scrub_rotten_total 1\n") {
				t.Fatal("scrub_rotten_total is not in /metrics")
			}
			h.restart()
		}
	}
	h.send(bad)
	if _, health := h.get("/healthz"); h.nodeStatus().Quarantined != 0 || strings.Contains(string(health), "rot") {
		t.Fatalf("uploaded again: %+v %s", h.nodeStatus(), health)
	}
	h.restart()
	if n := h.nodeStatus().Quarantined; n != 0 {
		t.Fatalf("%d loads quarantined after healing and a restart", n)
	}
	checkDoors(t, h, good)
	checkDoors(t, h, bad)
}

func TestScrubRateIsBounded(t *testing.T) {
	for rate, ok := range map[int]bool{-1: false, 0: true, 8: true, 1 << 20: true, 1<<20 + 1: false} {
		cfg := storage.DefaultConfig()
		cfg.ScrubMiB = rate
		if err := cfg.Validate(); (err == nil) != ok {
			t.Errorf("%d MiB/s: %v", rate, err)
		}
	}
}
