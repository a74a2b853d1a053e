package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const benchSegments = 64 // 16 MiB per file

// inParallel runs do for every i below n on some goroutines.
func inParallel(b *testing.B, goroutines, n int, do func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var failed atomic.Value
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				if err := do(i); err != nil {
					failed.Store(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		b.Fatal(err)
	}
}

// prepared is a file with its requests ready to be sent, so that the client's
// hashing and encoding are not measured.
type prepared struct {
	upload
	bodies  [][]byte
	headers []string
}

func prepare(b *testing.B, h *harness, seed int) prepared {
	b.Helper()
	p := prepared{upload: h.submit(random(benchSegments*layout.LoadSize, uint64(seed)))}
	for i := range uint64(benchSegments) {
		s := p.segment(i)
		body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": i, "method": "zgs_uploadSegmentsByTxSeq", "params": []any{[]nodeapi.SegmentWithProof{s}, p.entry.TxSeq}})
		if err != nil {
			b.Fatal(err)
		}
		header, err := nodeapi.EncodeProofHeader(s.Proof)
		if err != nil {
			b.Fatal(err)
		}
		p.bodies, p.headers = append(p.bodies, body), append(p.headers, header)
	}
	return p
}

// BenchmarkIngest measures bytes of file data from a loopback socket to the
// synced disk, proofs checked.
func BenchmarkIngest(b *testing.B) {
	for _, door := range []string{"json", "fast"} {
		b.Run("door="+door, func(b *testing.B) {
			h := start(b, onChain(chaintest.New(chaintest.Params{})), configured(bigPacks))
			b.SetBytes(benchSegments * layout.LoadSize)
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				p := prepare(b, h, n)
				b.StartTimer()
				inParallel(b, 16, benchSegments, func(i int) error {
					if door == "fast" {
						return h.putRaw(p, i)
					}
					return h.postRaw(p.bodies[i])
				})
				if !h.info(p.upload).Finalized {
					b.Fatal("not finalized")
				}
			}
		})
	}
}

func (h *harness) putRaw(p prepared, i int) error {
	data := p.data[i*layout.LoadSize : (i+1)*layout.LoadSize]
	request, err := http.NewRequest(http.MethodPut, fmt.Sprintf("%s/v1/segments/%d/%d", h.server.URL, p.entry.TxSeq, i), bytes.NewReader(data))
	if err != nil {
		return err
	}
	request.Header.Set(nodeapi.HeaderProof, p.headers[i])
	return h.expectOK(h.http.Do(request))
}

func (h *harness) postRaw(body []byte) error {
	return h.expectOK(h.http.Post(h.server.URL, "application/json", bytes.NewReader(body)))
}

func (h *harness) expectOK(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != 200 || bytes.Contains(body, []byte("error"))) {
		err = fmt.Errorf("HTTP %d %s", response.StatusCode, body)
	}
	return err
}

// BenchmarkServe measures verified bytes to a loopback socket.
func BenchmarkServe(b *testing.B) {
	h := start(b, configured(bigPacks))
	p := prepare(b, h, 1)
	inParallel(b, 16, benchSegments, func(i int) error { return h.putRaw(p, i) })
	startLoad := p.entry.StartSector / layout.SectorsPerLoad
	doors := map[string]func(i int) error{
		"json-proof": func(i int) error {
			return h.postRaw(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"zgs_downloadSegmentWithProofByTxSeq","params":[%d,%d]}`, p.entry.TxSeq, i))
		},
		"fast": func(i int) error {
			return h.discard(fmt.Sprintf("/v1/segments/%d/%d", p.entry.TxSeq, i))
		},
		"load": func(i int) error {
			return h.discard(fmt.Sprintf("/v1/loads/%d?flow_root=0x%x", startLoad+uint64(i), p.entry.FlowRoot))
		},
	}
	for _, name := range []string{"json-proof", "fast", "load"} {
		b.Run("door="+name, func(b *testing.B) {
			b.SetBytes(benchSegments * layout.LoadSize)
			for b.Loop() {
				inParallel(b, 4, benchSegments, doors[name])
			}
		})
	}
	b.Run("door=file", func(b *testing.B) {
		b.SetBytes(benchSegments * layout.LoadSize)
		for b.Loop() {
			if err := h.client.FetchRange(context.Background(), p.root(), 0, benchSegments*layout.LoadSize, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func (h *harness) discard(path string) error {
	response, err := h.http.Get(h.server.URL + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return fmt.Errorf("HTTP %d", response.StatusCode)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// BenchmarkCatchUp measures entries per second from the chain to the index.
func BenchmarkCatchUp(b *testing.B) {
	const entries = 4000
	c := chaintest.New(chaintest.Params{})
	for i := range entries {
		if _, err := c.SubmitData(content(100+i*13%5000, i)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		h := start(b, onChain(c))
		h.eventually("caught up", func() bool { return h.node.NodeStatus(context.Background()).NextTxSeq > entries })
		b.StopTimer()
		h.stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
