package encoder_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

type answer struct {
	encoder.Record
	Status  string `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func decode(tb testing.TB, text []byte) (a answer) {
	tb.Helper()
	if err := json.Unmarshal(text, &a); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	return a
}

// mission D01 (disperser): a payload goes in over HTTP, is coded, ordered, signed for by a
// quorum, confirmed by the chain's own code, and comes out again.
func TestAPayloadGoesInAndComesOut(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	payload := noise(5000, 1)
	code, text, header := s.ask("PUT", "/blobs", payload)
	if code != http.StatusAccepted {
		t.Fatalf("put: got %d %s, want 202", code, text)
	}
	first := decode(t, text)
	if want := w.rootOf(payload); first.Root != want || first.Status != "PROCESSING" || header.Get("Location") != "/blobs/"+want.String() {
		t.Fatalf("got %s, Location %q, want root %s in PROCESSING", text, header.Get("Location"), want)
	}
	code, text, _ = s.ask("GET", "/blobs/"+first.Root.String()+"/status?wait=20s", nil)
	done := decode(t, text)
	if code != 200 || done.Status != "FINALIZED" || done.HitSeats != 16 || done.ConfirmHeight == 0 || done.BlobID == 0 {
		t.Fatalf("status: got %d %s, want FINALIZED with 16 seats", code, text)
	}
	onChain, err := w.chain.DABlobByRoot(t.Context(), chain.Hash(first.Root))
	if err != nil || onChain.Status != chain.DABlobConfirmed {
		t.Fatalf("chain: %+v %v, want it confirmed", onChain, err)
	}
	code, text, _ = s.ask("GET", "/blobs/"+first.Root.String(), nil)
	if code != 200 || !bytes.Equal(text, payload) {
		t.Fatalf("get: got %d and %d bytes, want the payload", code, len(text))
	}
	code, _, header = s.ask("HEAD", "/blobs/"+first.Root.String(), nil)
	if code != 200 || header.Get("Content-Length") != "5000" {
		t.Fatalf("head: got %d, length %s", code, header.Get("Content-Length"))
	}
	s.idle()
	if left, err := os.ReadDir(filepath.Join(w.home, "spool")); err != nil || len(left) != 0 {
		t.Fatalf("spool after confirmation: %v %v, want it empty", left, err)
	}
}

func TestTheSamePayloadIsPaidOnce(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	payload := noise(700, 2)
	var wait sync.WaitGroup
	for range 8 { // at once
		wait.Go(func() { s.ask("PUT", "/blobs", payload) })
	}
	wait.Wait()
	root := s.put(payload) // while it is known
	other := newWorldOn(w) // and by a disperser that does not know it
	if got := other.start().put(payload); got != root {
		t.Fatalf("got root %s, want %s", got, root)
	}
	if code, _, _ := s.ask("PUT", "/blobs", payload); code != http.StatusOK {
		t.Fatalf("put of a known payload: got %d, want 200", code)
	}
	if calls, blobs := w.quorum.dispersals(); blobs != 1 || orders(w.chain) != 1 {
		t.Fatalf("got %d dispersals of %d blobs, %d orders, want one of each", calls, blobs, orders(w.chain))
	}
}

// newWorldOn is another disperser, with its own home, on the same chain.
func newWorldOn(w *world) *world {
	out := *w
	out.home = w.tb.TempDir()
	out.account = w.chain.Sender(key(w.tb, 98))
	return &out
}

// orders counts SubmitBlobs in blocks.
func orders(c *datest.DA) (n int) {
	for _, msg := range c.Sent() {
		if strings.Contains(fmt.Sprintf("%T", msg), "MsgSubmitBlobs") {
			n++
		}
	}
	return n
}

func TestBlobsThatComeTogetherAreOneOrder(t *testing.T) {
	w := newWorld(t)
	w.cfg.BatchWait = 1 << 29 // 0.5 s
	s := w.start()
	var wait sync.WaitGroup
	for i := range byte(6) {
		wait.Go(func() { s.put(noise(100+int(i), i)) })
	}
	wait.Wait()
	if orders(w.chain) != 1 {
		t.Fatalf("got %d orders for 6 blobs, want 1", orders(w.chain))
	}
}

func TestWhatCannotBeABlobIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	most := int(erasure.Test.MaxPayload())
	for _, c := range []struct {
		name, method, path string
		body               []byte
		status             int
		code               string
	}{
		{"nothing", "PUT", "/blobs", nil, 400, "empty_blob"},
		{"one byte", "PUT", "/blobs", []byte{1}, 202, ""},
		{"the most there can be", "PUT", "/blobs", make([]byte, most), 202, ""},
		{"one byte more", "PUT", "/blobs", make([]byte, most+1), 413, "blob_too_large"},
		{"an unknown root", "GET", "/blobs/0x" + strings.Repeat("ab", 32), nil, 404, "not_found"},
		{"the status of an unknown root", "GET", "/blobs/0x" + strings.Repeat("ab", 32) + "/status", nil, 404, "not_found"},
		{"no root", "GET", "/blobs/0xab", nil, 400, "bad_request"},
		{"a wait that is none", "GET", "/blobs/0x" + strings.Repeat("ab", 32) + "/status?wait=-1s", nil, 400, "bad_request"},
		{"a price", "GET", "/v1/quote?bytes=100", nil, 200, ""},
		{"the price of nothing", "GET", "/v1/quote?bytes=0", nil, 400, "empty_blob"},
		{"the price of too much", "GET", fmt.Sprintf("/v1/quote?bytes=%d", most+1), nil, 413, "blob_too_large"},
		{"the price of a word", "GET", "/v1/quote?bytes=many", nil, 400, "bad_request"},
		{"status", "GET", "/v1/status", nil, 200, ""},
		{"health", "GET", "/healthz", nil, 200, ""},
		{"metrics", "GET", "/metrics", nil, 200, ""},
		{"deleting", "DELETE", "/blobs/0x" + strings.Repeat("ab", 32), nil, 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, text, _ := s.ask(c.method, c.path, c.body)
			if code != c.status || c.code != "" && decode(t, text).Code != c.code {
				t.Errorf("got %d %.200s, want %d %s", code, text, c.status, c.code)
			}
		})
	}
}

// A body without a length is read until it ends, and no further than a blob.
func TestABodyWithoutLengthIsBounded(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	for _, c := range []struct{ size, want int }{{0, 400}, {300, 202}, {int(erasure.Test.MaxPayload()) + 1, 413}} {
		pipe, in := io.Pipe()
		go func() {
			_, err := in.Write(noise(c.size, 3))
			in.CloseWithError(err)
		}()
		answer, err := http.Post(s.url+"/blobs", "application/octet-stream", pipe)
		must(t, err)
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%d bytes: got %d, want %d", c.size, answer.StatusCode, c.want)
		}
	}
}

// A client that says 1000 bytes and goes away after 10 leaves nothing behind.
func TestABodyThatBreaksOffLeavesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	fmt.Fprintf(conn, "PUT /blobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n0123456789")
	time.Sleep(50 * time.Millisecond)
	conn.Close()
	s.idle()
}

func TestAFullHouseSaysWhenToComeBack(t *testing.T) {
	w := newWorld(t)
	w.quorum.deaf = true
	w.cfg.SpoolMiB = 1
	s := w.start()
	codes := map[int]int{} // each body is sent whole: the answer must not be lost under it
	for i := range byte(4) {
		code, text, header := s.ask("PUT", "/blobs", noise(400<<10, i))
		codes[code]++
		if code == http.StatusServiceUnavailable && (header.Get("Retry-After") == "" || decode(t, text).Code != "busy") {
			t.Errorf("got %s, Retry-After %q, want busy and a time", text, header.Get("Retry-After"))
		}
	}
	if codes[202] != 2 || codes[503] != 2 {
		t.Errorf("got %v, want 2 accepted and 2 told to wait: 1 MiB of spool holds two", codes)
	}
	if code, text, header := s.ask("POST", "/put", noise(400<<10, 9)); code != http.StatusTooManyRequests || header.Get("Retry-After") == "" {
		t.Errorf("alt-DA door: got %d %s, want 429: a batcher must not fall back to L1", code, text)
	}
}

// A request that is being read holds its memory; the next one is told, not taken.
func TestMemoryIsNotPromisedTwice(t *testing.T) {
	w := newWorld(t)
	w.cfg.MemoryMiB = 4 // a body of unknown length takes 2.6 MiB, the largest blob's
	s := w.start()
	pipe, in := io.Pipe()
	first := make(chan int, 1)
	go func() {
		answer, err := http.Post(s.url+"/blobs", "application/octet-stream", pipe)
		if err != nil {
			t.Error(err)
			first <- 0
			return
		}
		answer.Body.Close()
		first <- answer.StatusCode
	}()
	_, err := in.Write(noise(100, 1))
	must(t, err)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if status, err := s.Status(t.Context()); err == nil && status.MemoryBytes > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the first body holds no memory")
		}
	}
	second := noise(200<<10, 2)
	if code, text, _ := s.ask("PUT", "/blobs", append(second, second...)); code != http.StatusServiceUnavailable {
		t.Errorf("second: got %d %s, want 503", code, text)
	}
	must(t, in.Close())
	if code := <-first; code != http.StatusAccepted {
		t.Errorf("first: got %d, want 202", code)
	}
	s.idle()
	if code, text, _ := s.ask("PUT", "/blobs", append(second, second...)); code != http.StatusAccepted {
		t.Errorf("second, later: got %d %s, want 202", code, text)
	}
}

func TestTokensAndQuotas(t *testing.T) {
	w := newWorld(t)
	sum := func(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
	w.cfg.AccessFile = filepath.Join(t.TempDir(), "access.toml")
	must(t, os.WriteFile(w.cfg.AccessFile, []byte(`
[[client]]
name = "small"
token_sha256 = "`+sum("s3cret")+`"
mib_per_day = 1
blobs_per_minute = 3
[[client]]
name = "free"
token_sha256 = "`+sum("other")+`"
`), 0o600))
	s := w.start()
	big := noise(300<<10, 1)
	for _, c := range []struct {
		name    string
		body    []byte
		headers []string
		want    int
	}{
		{"no token", big, nil, 401},
		{"a wrong token", big, []string{"Authorization", "Bearer s3creT"}, 401},
		{"no word", big, []string{"Authorization", "Bearer "}, 401},
		{"the right one", big, []string{"Authorization", "Bearer s3cret"}, 202},
		{"the same payload costs nothing", big, []string{"Authorization", "Bearer s3cret"}, 200},
		{"more than a day's bytes", noise(480<<10, 2), []string{"Authorization", "Basic Om90"}, 401},
		{"as a password", noise(400<<10, 3), []string{"Authorization", "Basic eDpzM2NyZXQ="}, 202}, // x:s3cret
		{"beyond a day's bytes", noise(400<<10, 4), []string{"Authorization", "Bearer s3cret"}, 429},
		{"small ones still go", noise(10, 5), []string{"Authorization", "Bearer s3cret"}, 202},
		{"beyond a minute's blobs", noise(11, 6), []string{"Authorization", "Bearer s3cret"}, 429},
		{"another client", noise(12, 7), []string{"Authorization", "Bearer other", "Host", "da.example.com"}, 202},
	} {
		code, text, header := s.ask("PUT", "/blobs", c.body, c.headers...)
		if code != c.want || code == 429 && header.Get("Retry-After") == "" {
			t.Errorf("%s: got %d %s, want %d", c.name, code, text, c.want)
		}
	}
	if _, err := disperse(dial(t, s), nil, big, 1<<20); status.Code(err) != codes.Unauthenticated {
		t.Errorf("gRPC without a token: got %v", err)
	}
	if code, _, _ := s.ask("GET", "/blobs/"+w.rootOf(big).String(), nil); code != 401 {
		t.Errorf("reading without a token: got %d, want 401", code)
	}
}

// A page of the internet that is open in a browser here must not spend our money.
func TestAnOpenDoorIsForThisMachine(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"a program", nil, 202},
		{"a local page", []string{"Origin", "http://localhost:3000"}, 200},
		{"a foreign page", []string{"Origin", "https://evil.example"}, 403},
		{"a file or a sandbox", []string{"Origin", "null"}, 403},
		{"a foreign form", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a foreign name", []string{"Host", "rebind.example"}, 403},
	} {
		if code, text, _ := s.ask("PUT", "/blobs", []byte("x"), c.headers...); code != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, code, text, c.want)
		}
	}
}
