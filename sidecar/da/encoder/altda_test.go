package encoder_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// opPut and opGet do what the OP stack's own client does: POST /put with the
// payload, take the answer's bytes as the commitment; GET /get/0x…, 404 is "not
// found", any other code but 200 an error.
func opPut(tb testing.TB, base string, payload []byte) (int, []byte) {
	tb.Helper()
	response, err := http.Post(base+"/put", "application/octet-stream", bytes.NewReader(payload))
	must(tb, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(tb, err)
	return response.StatusCode, text
}

func opGet(tb testing.TB, base string, commitment []byte) (int, []byte) {
	tb.Helper()
	response, err := http.Get(fmt.Sprintf("%s/get/0x%x", base, commitment))
	must(tb, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(tb, err)
	return response.StatusCode, text
}

// mission D14: an OP-stack batcher and node can point at this door.
func TestAnOPBatcherAndNodeFindTheirDAServer(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	payload := append([]byte{0}, noise(3000, 1)...) // derivation version 0, frames
	code, commitment := opPut(t, s.url, payload)
	root := w.rootOf(payload)
	if want := append([]byte{1, 'z', 0}, root[:]...); code != 200 || !bytes.Equal(commitment, want) {
		t.Fatalf("put: got %d %x, want 200 %x", code, commitment, want)
	}
	if code, got := opGet(t, s.url, commitment); code != 200 || !bytes.Equal(got, payload) {
		t.Fatalf("get: got %d and %d bytes, want the payload", code, len(got))
	}
	for _, path := range []string{"/put", "/put/"} { // both are in use
		for _, method := range []string{"POST", "PUT"} {
			if code, text, _ := s.ask(method, path, payload); code != 200 || !bytes.Equal(text, commitment) {
				t.Errorf("%s %s: got %d %x, want the same commitment", method, path, code, text)
			}
		}
	}
	if orders(w.chain) != 1 {
		t.Errorf("got %d orders, want 1", orders(w.chain))
	}
}

func TestCommitmentsOfTheAltDADoor(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	root := s.put(noise(400, 2)).String()[2:]
	unknown := strings.Repeat("cd", 32)
	for _, c := range []struct {
		name, path string
		want       int
	}{
		{"ours", "/get/0x017a00" + root, 200},
		{"ours, said to be generic", "/get/0x017a00" + root + "?commitment_mode=optimism_generic", 200},
		{"in the short form", "/get/0x00" + root + "?commitment_mode=standard", 200},
		{"the short form unsaid", "/get/0x00" + root, 400},
		{"a mode nobody knows", "/get/0x017a00" + root + "?commitment_mode=keccak", 400},
		{"never confirmed", "/get/0x017a00" + unknown, 404},
		{"keccak", "/get/0x00" + root[:64], 400},
		{"another layer", "/get/0x010000" + root, 400},
		{"another version", "/get/0x017a01" + root, 400},
		{"one byte short", "/get/0x017a00" + root[2:], 400},
		{"one byte long", "/get/0x017a00" + root + "00", 400},
		{"half a byte", "/get/0x017a00" + root[1:], 400},
		{"without 0x", "/get/017a00" + root, 400},
		{"no hex", "/get/0xzz", 400},
		{"nothing", "/get/0x", 400},
		{"no commitment at all", "/get/", 404},
	} {
		if code, text, _ := s.ask("GET", c.path, nil); code != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, code, text, c.want)
		}
	}
	// a derivation that says its L1 block is told to drop, not to wait
	code, text, _ := s.ask("GET", "/get/0x01ff?l1_inclusion_block_number=5", nil)
	var drop struct{ StatusCode int }
	if err := json.Unmarshal(text, &drop); code != http.StatusTeapot || err != nil || drop.StatusCode != 1 {
		t.Errorf("unreadable with an L1 block: got %d %s %v, want 418 with StatusCode 1", code, text, err)
	}
	if code, _, _ := s.ask("GET", "/get/0x017a00"+unknown+"?l1_inclusion_block_number=5", nil); code != 404 {
		t.Errorf("unknown with an L1 block: got %d, want 404", code)
	}
	if code, text, _ := s.ask("POST", "/put/0x00"+root, []byte("x")); code != 400 || !strings.Contains(string(text), "da-service") {
		t.Errorf("a named commitment: got %d %s, want 400 and what to set", code, text)
	}
	if code, _, _ := s.ask("GET", "/put", nil); code != 405 {
		t.Errorf("GET /put: got %d, want 405", code)
	}
	if code, text := opPut(t, s.url, nil); code != 400 {
		t.Errorf("an empty payload: got %d %s, want 400", code, text)
	}
	if code, text, _ := s.ask("POST", "/put?commitment_mode=standard", noise(400, 2)); code != 200 || hex.EncodeToString(text) != "00"+root {
		t.Errorf("standard mode: got %d %x, want 00%s", code, text, root)
	}
}

// A quorum that does not answer is what a batcher falls back to L1 for.
func TestAQuorumThatIsAwayIs503AtTheAltDADoor(t *testing.T) {
	w := newWorld(t)
	w.cfg.AltDAWait = daemon.Duration(100_000_000) // 0.1 s
	w.quorum.deaf = true
	s := w.start()
	if code, text := opPut(t, s.url, noise(100, 1)); code != http.StatusServiceUnavailable {
		t.Fatalf("got %d %s, want 503", code, text)
	}
	commitment := append([]byte{1, 'z', 0}, bytesOf(w.rootOf(noise(100, 1)))...)
	if code, text := opGet(t, s.url, commitment); code != http.StatusNotFound {
		t.Fatalf("what is not confirmed: got %d %s, want 404", code, text)
	}
	w.chain.SetDown(true)
	fresh := newWorldOn(w).start() // has never heard of the chain
	if code, text := opPut(t, fresh.url, noise(101, 1)); code != http.StatusServiceUnavailable {
		t.Fatalf("no chain: got %d %s, want 503", code, text)
	}
}

func bytesOf(r encoder.Root) []byte { return r[:] }
