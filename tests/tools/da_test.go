//go:build e2e

package tools_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/tests/harness"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const (
	daSigners = 4
	daAt      = "0x0000000000000000000000000000000000001000"
	blobBytes = 3_000_000 // rows of two chunks
)

// daBlob puts a blob by zg and lets contracts have their way with it. The test
// encodes the same file by itself: it has the root and serves the chunks.
func daBlob(t *testing.T, d *harness.Devnet) {
	d = on(d, t)
	path := harness.RandomFile(t, blobBytes, 7)
	put := d.ZG("da", "put", "--yes", "--direct", "--output", "json", path)
	t.Logf("zg da put --direct took %.1f s", put.Took.Seconds())
	var result struct{ Blobs []json.RawMessage }
	if err := json.Unmarshal([]byte(put.Stdout), &result); err != nil || len(result.Blobs) != 1 {
		t.Fatalf("zg da put: %v, %d blobs, want 1\n%s", err, len(result.Blobs), put.Stdout)
	}
	payload, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := erasure.Encode(erasure.CPU, erasure.Production, d.Ready().EVMChainID, payload)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ZG_BLOB", string(result.Blobs[0]))
	t.Setenv("ZG_CHUNKS", chunkServer(t, blob))
	report(t, d.Node(scriptLimit, "dablob.mjs"))
}

// chunkServer answers GET /ROW/CHUNK with what verifyChunk is given.
func chunkServer(t *testing.T, blob *erasure.Blob) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var row, index int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d/%d", &row, &index); err != nil || row < 0 || row >= len(blob.Rows) {
			http.Error(w, "want /ROW/CHUNK", http.StatusNotFound)
			return
		}
		chunk, err := erasure.ChunkOf(blob.Row(row), index)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		path := make([]string, len(chunk.Path))
		for i, sibling := range chunk.Path {
			path[i] = "0x" + hex.EncodeToString(sibling[:])
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"preimage": "0x" + hex.EncodeToString(blob.Preimage()), "data": "0x" + hex.EncodeToString(chunk.Data), "path": path,
		})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// castDA reads the quorum as the issue asks: cast call 0x…1000.
func (p *project) castDA(t *testing.T, d *harness.Devnet) {
	t.Helper()
	call := func(args ...string) string {
		t.Helper()
		return p.castCommand(t, d, append([]string{"call", daAt}, args...)...)
	}
	signers := map[string]bool{}
	for _, s := range d.Ready().DA.Signers {
		signers[strings.ToLower(s.EVMAddress)] = true
	}
	epoch := call("epochNumber()(uint256)")
	if count := call("quorumCount(uint256)(uint256)", epoch); count != "1" {
		t.Errorf("cast call quorumCount(%s): got %s, want 1", epoch, count)
	}
	quorum := strings.Split(strings.Trim(call("getQuorum(uint256,uint256)(address[])", epoch, "0"), "[]"), ", ")
	if len(quorum) != erasure.Production.N {
		t.Fatalf("cast call getQuorum: %d seats, want %d", len(quorum), erasure.Production.N)
	}
	for seat, holder := range quorum {
		if !signers[strings.ToLower(holder)] {
			t.Fatalf("cast call getQuorum: seat %d is %s's, which is no signer of %v", seat, holder, signers)
		}
	}
	if got := call("getQuorumRow(uint256,uint256,uint32)(address)", epoch, "0", "17"); got != quorum[17] {
		t.Errorf("cast call getQuorumRow of seat 17: got %s, want %s", got, quorum[17])
	}
	if got := call("isSigner(address)(bool)", quorum[0]); got != "true" {
		t.Errorf("cast call isSigner(%s): got %s, want true", quorum[0], got)
	}
	detail := call("getSigner(address[])((address,string,(uint256,uint256),(uint256[2],uint256[2]))[])", "["+quorum[0]+"]")
	if want := fmt.Sprintf("(%s, \"127.0.0.1:", quorum[0]); !strings.Contains(detail, want) {
		t.Errorf("cast call getSigner: got %s, want it to have %s", detail, want)
	}
	if params := call("params()((uint256,uint256,uint256,uint256,uint256))"); !strings.HasSuffix(params, "4096)") && !strings.Contains(params, ", 4096 ") {
		t.Errorf("cast call params: got %s, want 4096 slices at its end", params)
	}
	p.castInterface(t, d, quorum[0])
}

// castInterface: cast makes its own interface of the published ABI.
func (p *project) castInterface(t *testing.T, d *harness.Devnet, signer string) {
	t.Helper()
	var list json.RawMessage
	if err := harness.GetJSON(d.Ready().ABIs+"/dasigners.json", &list); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dasigners.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	text := p.castOffline(t, "interface", file)
	for _, want := range []string{"function getQuorum(uint256 _epoch, uint256 _quorumId) external view returns (address[] memory)", "event NewSigner("} {
		if !strings.Contains(text, want) {
			t.Errorf("cast interface has no %q:\n%s", want, harness.Last(text, 2000))
		}
	}
}
