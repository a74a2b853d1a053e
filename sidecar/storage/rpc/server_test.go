package rpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backend knows no files; uploads wait for its gate and are counted.
type backend struct {
	gate    chan struct{} // nil: open
	inside  atomic.Int64
	most    atomic.Int64
	uploads atomic.Int64
}

func (b *backend) Status(context.Context) (nodeapi.Status, error)     { return nodeapi.Status{}, nil }
func (b *backend) NodeStatus(context.Context) nodeapi.NodeStatus      { return nodeapi.NodeStatus{} }
func (b *backend) Notices(context.Context) []string                   { return nil }
func (b *backend) Health(context.Context) []string                    { return nil }
func (b *backend) Shard() nodeapi.ShardConfig                         { return nodeapi.ShardConfig{NumShard: 1} }
func (b *backend) FlowContext(context.Context) (nodeapi.Hash, uint64) { return nodeapi.Hash{}, 1 }
func (b *backend) FileByRoot(context.Context, nodeapi.Hash, bool) (*nodeapi.FileInfo, error) {
	return nil, nil
}
func (b *backend) FileBySeq(context.Context, uint64) (*nodeapi.FileInfo, error) { return nil, nil }
func (b *backend) ReadSectors(context.Context, uint64, uint64, uint64) ([]byte, error) {
	return nil, nil
}
func (b *backend) ReadSegment(context.Context, uint64, uint64) ([]byte, nodeapi.Proof, error) {
	return nil, nodeapi.Proof{}, nil
}
func (b *backend) SectorProof(context.Context, uint64, *nodeapi.Hash) (*nodeapi.Proof, error) {
	return nil, nil
}
func (b *backend) ReadLoad(context.Context, uint64, nodeapi.Hash) ([]byte, []nodeapi.Hash, error) {
	return nil, nil, rpc.ErrUnknownFlowRoot
}

func (b *backend) Upload(context.Context, uint64, nodeapi.SegmentWithProof) error {
	now := b.inside.Add(1)
	defer b.inside.Add(-1)
	for most := b.most.Load(); now > most && !b.most.CompareAndSwap(most, now); most = b.most.Load() {
	}
	if b.gate != nil {
		<-b.gate
	}
	b.uploads.Add(1)
	return nil
}

type server struct {
	handler http.Handler
	*httptest.Server
	client *http.Client
}

func newServer(t testing.TB, b rpc.Backend, change ...func(*rpc.Limits)) *server {
	t.Helper()
	limits := rpc.DefaultLimits()
	for _, c := range change {
		c(&limits)
	}
	handler := rpc.NewServer(b, rpc.Options{Limits: limits, Metrics: rpc.NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler)})
	s := &server{handler: handler, Server: httptest.NewServer(handler), client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() { s.client.CloseIdleConnections(); s.Close() })
	return s
}

// post runs the handler without a socket.
func (s *server) post(t testing.TB, body []byte) []byte {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)))
	if recorder.Code != http.StatusOK {
		t.Fatalf("HTTP %d to %.200q", recorder.Code, body)
	}
	return recorder.Body.Bytes()
}

// segmentBody is an upload of 256 KiB as JSON-RPC, about 350 KB.
func segmentBody() []byte {
	segment, _ := json.Marshal(nodeapi.SegmentWithProof{Data: make([]byte, 256<<10), FileSize: 256 << 10})
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"zgs_uploadSegmentsByTxSeq","params":[[%s],1]}`, segment)
}

// trust B31: far more uploads at once than memory allows all succeed, one after
// the other, and questions do not queue behind them.
func TestB31_ManyUploadsShareTheMemoryThereIs(t *testing.T) {
	b := &backend{gate: make(chan struct{})}
	s := newServer(t, b, func(l *rpc.Limits) { l.UploadBytes = 4 << 20 })
	body := segmentBody()
	const uploads = 300 // 105 MB of bodies, 26 times the budget
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: uploads}
	runtime.GC()
	var before, during runtime.MemStats
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	var succeeded atomic.Int64
	for range uploads {
		wg.Go(func() {
			response, err := s.client.Post(s.URL, "application/json", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			answer, _ := io.ReadAll(response.Body)
			if strings.Contains(string(answer), `"result":0`) {
				succeeded.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(5 * time.Second); b.inside.Load() < 5 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // as many as can be are inside now
	asked := time.Now()
	response, err := s.client.Post(s.URL, "application/json", strings.NewReader(`{"id":1,"method":"zgs_getShardConfig"}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if took := time.Since(asked); took > 2*time.Second {
		t.Errorf("a question took %v behind the uploads", took)
	}
	runtime.ReadMemStats(&during)
	close(b.gate)
	wg.Wait()
	if succeeded.Load() != uploads || b.uploads.Load() != uploads {
		t.Errorf("%d of %d uploads succeeded", succeeded.Load(), uploads)
	}
	if most := b.most.Load(); most > 6 {
		t.Errorf("%d uploads of 0.7 MB were inside at once, the budget is 4 MiB", most)
	}
	if grown := int64(during.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

func TestWhoWaitsTooLongIsToldSo(t *testing.T) {
	b := &backend{gate: make(chan struct{})}
	s := newServer(t, b, func(l *rpc.Limits) { l.UploadBytes, l.Wait = 1<<20, 100*time.Millisecond })
	first := make(chan struct{})
	go func() {
		defer close(first)
		if response, err := s.client.Post(s.URL, "application/json", bytes.NewReader(segmentBody())); err == nil {
			response.Body.Close()
		}
	}()
	for b.inside.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	response, err := s.client.Post(s.URL, "application/json", bytes.NewReader(segmentBody()))
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != 200 || !strings.Contains(string(answer), "too many data writing") {
		t.Errorf("HTTP %d %s, want 200 and the busy text", response.StatusCode, answer)
	}
	close(b.gate)
	<-first
}

// trust B11, B31: who sends slowly loses the memory reserved for the body.
func TestB31_ASlowBodyIsCutOff(t *testing.T) {
	s := newServer(t, &backend{}, func(l *rpc.Limits) { l.BodySlowness = 200 * time.Millisecond })
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "body not received") {
		t.Errorf("got %q %v, want the connection answered and closed", answer, err)
	}
}

// A length that is not told is read up to the limit and no further.
func TestABodyOfUnknownLength(t *testing.T) {
	s := newServer(t, &backend{}, func(l *rpc.Limits) { l.BodyBytes = 100_000 })
	for size, want := range map[int]string{50_000: "Parse error", 200_000: "too big"} {
		response, err := s.client.Post(s.URL, "application/json", io.MultiReader(strings.NewReader(strings.Repeat("[", size))))
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if !strings.Contains(string(answer), want) {
			t.Errorf("%d bytes: %s, want %q", size, answer, want)
		}
	}
}

func TestIndexerAnswersForItself(t *testing.T) {
	s := newServer(t, &backend{})
	ask := func(method, params string) string {
		response, err := s.client.Post(s.URL, "application/json", strings.NewReader(`{"id":1,"method":"`+method+`","params":`+params+`}`))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		answer, _ := io.ReadAll(response.Body)
		return string(answer)
	}
	self := `"url":"` + s.URL + `"`
	for _, c := range []struct{ name, method, params, want string }{
		{"all nodes", "indexer_getShardedNodes", `[]`, self},
		{"one replica", "indexer_getSelectedNodes", `[1,"min",true,[]]`, self},
		{"two replicas", "indexer_getSelectedNodes", `[2,"min",true,[]]`, "cannot select a subset"},
		{"any but this one", "indexer_getSelectedNodes", `[1,"min",true,["` + s.URL + `"]]`, "cannot select a subset"},
		{"a file it does not have", "indexer_getFileLocations", `["0x` + strings.Repeat("1", 64) + `"]`, `"result":[]`},
		{"places", "indexer_getNodeLocations", `[]`, `"result":{}`},
	} {
		if got := ask(c.method, c.params); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// BenchmarkParse measures how fast bodies become segments.
func BenchmarkParse(b *testing.B) {
	s := newServer(b, &backend{})
	body := segmentBody()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		s.post(b, body)
	}
}
