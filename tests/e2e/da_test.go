//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// daPut is what `zg da put --output json` promises.
type daPut struct {
	Root    string  `json:"root"`
	Kind    string  `json:"kind"`
	Seconds float64 `json:"seconds"`
	Blobs   []struct {
		Root          string `json:"root"`
		BlobID        uint64 `json:"blob_id"`
		Epoch         uint64 `json:"epoch"`
		QuorumID      uint32 `json:"quorum_id"`
		SubmitHeight  int64  `json:"submit_height"`
		ConfirmHeight int64  `json:"confirm_height"`
		HitSeats      int    `json:"hit_seats"`
		TotalSeats    int    `json:"total_seats"`
		StorageRoot   string `json:"storage_root"`
	} `json:"blobs"`
}

func (d *devnet) daPut(path string, args ...string) daPut {
	d.T.Helper()
	r := d.ZG(append([]string{"da", "put", "--yes", "--output", "json", path}, args...)...)
	var put daPut
	if err := json.Unmarshal([]byte(r.Stdout), &put); err != nil {
		d.T.Fatalf("zg da put: %v\n%s", err, r.Stdout)
	}
	d.T.Logf("put took %.1f s, %d MiB of memory", r.Took.Seconds(), r.MaxRSSKiB>>10)
	return put
}

// silence kills signers with SIGKILL and stops what the devnet starts in their
// place before it can answer: they are gone for good, their ports lead nowhere.
func (d *devnet) silence(count int) {
	d.T.Helper()
	before := d.Ready().DA.Signers[:count]
	for _, s := range before {
		if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
			d.T.Fatalf("kill %s: %v", s.Name, err)
		}
	}
	for i, s := range before {
		harness.Until(d.T, 20*time.Second, s.Name+" has a successor", func() (bool, string) {
			now := d.Ready().DA.Signers[i].PID
			if now == s.PID || now == 0 {
				return false, "not started again yet"
			}
			return syscall.Kill(now, syscall.SIGSTOP) == nil, "cannot be stopped"
		})
	}
}

// TestBlobsSurviveDeadSigners is the story: a file of two blobs is coded,
// dispersed, signed and confirmed; two of six signers die; it is fetched whole and
// sampled; a client that codes wrongly is refused; a contract call reads the
// quorum.
//
// mission D01
// mission D03
// mission D09
// mission D11
// mission D14 (the alt-DA door)
// mission D15 (audit)
// mission D17 (archived, stored, mined)
// mission D19
func TestBlobsSurviveDeadSigners(t *testing.T) {
	d := newDevnet(t, 1+1+1+6+1, "--da-signers", "6", "--block-time", "500ms")
	d.Start()
	file := harness.RandomFile(t, 32*mib, 41)
	var put daPut
	t.Run("put of two blobs and a list", func(t *testing.T) {
		put = d.daPut(file)
		if put.Kind != "manifest" || len(put.Blobs) != 3 {
			t.Fatalf("kind %s with %d blobs, want a manifest and two blobs", put.Kind, len(put.Blobs))
		}
		for _, b := range put.Blobs {
			if b.ConfirmHeight == 0 || 3*b.HitSeats < 2*b.TotalSeats {
				t.Errorf("blob %d: confirmed at %d by %d of %d seats", b.BlobID, b.ConfirmHeight, b.HitSeats, b.TotalSeats)
			}
		}
		t.Logf("confirmed in %.1f s", put.Seconds)
	})
	t.Run("the same again costs nothing", func(t *testing.T) {
		again := d.daPut(file)
		if again.Root != put.Root || again.Blobs[0].BlobID != put.Blobs[0].BlobID {
			t.Errorf("root %s with blob %d, want %s with %d", again.Root, again.Blobs[0].BlobID, put.Root, put.Blobs[0].BlobID)
		}
	})
	t.Run("wrong coding is signed by nobody", func(t *testing.T) { d.wrongCoding(t) })
	t.Run("a contract call reads the quorum", func(t *testing.T) { d.quorumByCall(t, put) })
	t.Run("archived, stored and mined", func(t *testing.T) { d.archived(t) })
	t.Run("doors of rollups", func(t *testing.T) { d.rollupDoors(t) })

	d.silence(2)
	t.Run("get with two dead", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out")
		r := d.ZG("da", "get", put.Root, "-o", out)
		t.Logf("get took %.1f s, %d MiB of memory\n%s", r.Took.Seconds(), r.MaxRSSKiB>>10, harness.Last(r.Stderr, 600))
		sameFile(t, file, out)
	})
	t.Run("audit with two dead", func(t *testing.T) { d.audited(t) })
	t.Run("sample with two dead", func(t *testing.T) {
		r := d.ZG("da", "sample", put.Blobs[0].Root, "--output", "json")
		var sampled struct {
			Confidence float64 `json:"confidence"`
			Samples    int     `json:"samples"`
			Failed     int     `json:"failed"`
		}
		if err := json.Unmarshal([]byte(r.Stdout), &sampled); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d samples, %d failed: confidence %.8f", sampled.Samples, sampled.Failed, sampled.Confidence)
		if sampled.Confidence < 0.999999 {
			t.Errorf("confidence %.8f, want 0.999999", sampled.Confidence)
		}
	})
}

func sameFile(t *testing.T, want, got string) {
	t.Helper()
	a, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Fatalf("%d bytes came back, not the %d that were put", len(b), len(a))
	}
}

// wrongCoding runs the hostile client, which is built for the test alone.
func (d *devnet) wrongCoding(t *testing.T) {
	program := filepath.Join(t.TempDir(), "wrongcoding")
	build := exec.Command("go", "build", "-o", program, "../../sidecar/da/client/clienttest/wrongcoding")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	ready := d.Ready()
	run := exec.Command(program, "-grpc", ready.GRPC, "-comet-rpc", ready.CometRPC, "-key-file", ready.Accounts[3].PrivateKeyFile)
	run.Stderr = os.Stderr
	text, err := run.Output()
	if err != nil {
		t.Fatalf("wrongcoding: %v", err)
	}
	var report struct {
		Certificates int `json:"certificates"`
		HitSeats     int `json:"hit_seats"`
		Faults       []struct {
			Member, Kind, Reason string
		} `json:"faults"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	if report.Certificates != 0 || report.HitSeats != 0 {
		t.Fatalf("%d certificates, %d seats signed; want none\n%s", report.Certificates, report.HitSeats, text)
	}
	refused := ""
	for _, f := range report.Faults { // who is asked last may be let go: the others' no is enough
		if f.Kind == "refused" && strings.Contains(f.Reason, "row") {
			refused = f.Member + " said: " + f.Reason
		}
	}
	if refused == "" {
		t.Fatalf("nobody refused and named a row\n%s", text)
	}
	t.Log(refused)
}

// quorumByCall reads the quorum of a blob from the contract at 0x…1000.
func (d *devnet) quorumByCall(t *testing.T, put daPut) {
	const signers = "0x0000000000000000000000000000000000001000"
	word := func(n uint64) string { return fmt.Sprintf("%064x", n) }
	call := func(data string) []byte {
		var answer string
		d.rpc(t, "eth_call", &answer, map[string]string{"to": signers, "data": data}, "latest")
		raw, ok := new(big.Int).SetString(strings.TrimPrefix(answer, "0x"), 16)
		if !ok {
			t.Fatalf("answer %q is not hex", answer)
		}
		return raw.FillBytes(make([]byte, (len(answer)-2)/2))
	}
	blob := put.Blobs[0]
	// getQuorum(uint256,uint256): offset, length, an address for each seat
	seats := call("0x6ab6f654" + word(blob.Epoch) + word(uint64(blob.QuorumID)))
	if n := new(big.Int).SetBytes(seats[32:64]); n.Int64() != 4096 {
		t.Fatalf("the quorum has %s seats, want 4096", n)
	}
	members := map[string]int{}
	for i := range 4096 {
		members[fmt.Sprintf("0x%x", seats[64+32*i+12:96+32*i])]++
	}
	for _, s := range d.Ready().DA.Signers {
		if n := members[strings.ToLower(s.EVMAddress)]; n == 0 {
			t.Errorf("%s has no seat in the contract's quorum", s.Name)
		}
	}
	t.Logf("%d members on 4096 seats", len(members))
	// getQuorumRow(uint256,uint256,uint32): the holder of seat 7
	holder := call("0x" + "fa6fcba6" + word(blob.Epoch) + word(uint64(blob.QuorumID)) + word(7))
	if want := seats[64+32*7 : 96+32*7]; !bytes.Equal(holder, want) {
		t.Errorf("seat 7 is of %x, in the quorum of %x", holder, want)
	}
}

// rpc calls the chain's JSON-RPC.
func (d *devnet) rpc(t *testing.T, method string, result any, params ...any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(d.Ready().EVMRPC, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct {
		Result any             `json:"result"`
		Error  json.RawMessage `json:"error"`
	}{Result: result}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || len(answer.Error) > 0 {
		t.Fatalf("%s: %v %s", method, err, answer.Error)
	}
}

// audited draws blobs by the beacon and fetches them, and the same again by naming
// the block.
func (d *devnet) audited(t *testing.T) {
	type audit struct {
		Height int64 `json:"height"`
		Passed int   `json:"passed"`
		Failed int   `json:"failed"`
		Blobs  []struct {
			BlobID uint64 `json:"blob_id"`
			Status string `json:"status"`
		} `json:"blobs"`
	}
	run := func(args ...string) (a audit) {
		r := d.ZG(append([]string{"da", "audit", "--count", "3", "--output", "json"}, args...)...)
		if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := run()
	if first.Failed != 0 || len(first.Blobs) != 3 || first.Passed == 0 {
		t.Fatalf("%d right, %d failed of %d, want three drawn, none failed", first.Passed, first.Failed, len(first.Blobs))
	}
	if again := run("--height", fmt.Sprint(first.Height)); !slices.Equal(again.Blobs, first.Blobs) {
		t.Errorf("block %d drew %v, then %v", first.Height, first.Blobs, again.Blobs)
	}
	t.Logf("block %d drew %v", first.Height, first.Blobs)
}

// archived puts a blob that is entered into the storage log; a storage node fetches
// its payload, a miner proves it, and zg gets the file from there.
func (d *devnet) archived(t *testing.T) {
	file := harness.RandomFile(t, 3*mib+5, 43)
	put := d.daPut(file, "--archive")
	root := put.Blobs[0].StorageRoot
	if !rootLine.MatchString(root) {
		t.Fatalf("storage root %q", root)
	}
	took := harness.Until(t, 2*time.Minute, "a proof pays for the archived blob", func() (bool, string) {
		r := harness.Command(t, time.Minute, "zg", "stat", root, "--output", "json", "--network", d.ReadyFile)
		var s stat
		if err := json.Unmarshal([]byte(r.Stdout), &s); err != nil {
			return false, r.Stderr
		}
		return len(s.Proofs) > 0, fmt.Sprintf("entry %d, %d proofs", s.TxSeq, len(s.Proofs))
	})
	t.Logf("mined %.1f s after it was confirmed", took.Seconds())
	out := filepath.Join(t.TempDir(), "out")
	d.ZG("get", root, "-o", out)
	sameFile(t, file, out)
}

// rollupDoors puts a batch by the generic alt-DA door and by PUT /blobs, and reads
// it back by the commitment.
func (d *devnet) rollupDoors(t *testing.T) {
	base := d.Ready().DA.EncoderHTTP
	batch := bytes.Repeat([]byte("a rollup's batch "), 5000)
	post, err := http.Post(base+"/put", "application/octet-stream", bytes.NewReader(batch))
	if err != nil {
		t.Fatal(err)
	}
	commitment, err := io.ReadAll(io.LimitReader(post.Body, 1024))
	post.Body.Close()
	if err != nil || post.StatusCode != http.StatusOK {
		t.Fatalf("POST /put: %d %v\n%s", post.StatusCode, err, commitment)
	}
	if len(commitment) < 33 || commitment[0] != 1 {
		t.Fatalf("commitment %x, want a generic one: 0x01, the layer, ours", commitment)
	}
	got, err := http.Get(fmt.Sprintf("%s/get/0x%x", base, commitment))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	back, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK || !bytes.Equal(back, batch) {
		t.Fatalf("GET /get: %d %v, %d bytes, want the %d of the batch", got.StatusCode, err, len(back), len(batch))
	}
	t.Logf("commitment 0x%x", commitment)
}
