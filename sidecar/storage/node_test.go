package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

type vectorFile struct {
	Size  int    `json:"size"`
	Valid bool   `json:"valid"`
	Root  string `json:"root"`
}

func vectorFiles(t *testing.T) []vectorFile {
	t.Helper()
	raw, err := os.ReadFile("testdata/file_roots.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Files []vectorFile }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all.Files
}

// mission S09, S18, S19: every vector size goes in by proven segments and comes
// out by every door, equal and verifiable against the root.
func TestS18_EveryVectorSizeComesBackByEveryDoor(t *testing.T) {
	h := start(t)
	for _, vector := range vectorFiles(t) {
		if vector.Size == 0 {
			continue
		}
		t.Run(fmt.Sprint(vector.Size), func(t *testing.T) {
			u := h.put(content(vector.Size, 0))
			if u.root().String() != vector.Root {
				t.Fatalf("root %s, want %s", u.root(), vector.Root)
			}
			info := h.info(u)
			if !info.Finalized || info.UploadedSegNum != u.file.NumSegments() {
				t.Fatalf("finalized %t with %d segments, want all %d", info.Finalized, info.UploadedSegNum, u.file.NumSegments())
			}
			checkDoors(t, h, u)
		})
	}
}

func checkDoors(t *testing.T, h *harness, u upload) {
	t.Helper()
	if status, body := h.get("/v1/files/" + u.root().String()); status != http.StatusOK || !bytes.Equal(body, u.data) {
		t.Errorf("GET /v1/files: HTTP %d with %d bytes, want 200 with %d", status, len(body), len(u.data))
	}
	for i := range u.file.NumSegments() {
		want := u.segment(i)
		got, err := h.client.DownloadSegmentWithProofByTxSeq(h.ctx(), u.entry.TxSeq, i)
		if err != nil || got == nil {
			t.Fatalf("segment %d: %v", i, err)
		}
		if err := merkle.VerifySegment(u.file.Root(), got.FileSize, i, got.Data, plain(got.Proof)); err != nil || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("segment %d by JSON-RPC: %v", i, err)
		}
		data, proof, err := h.client.FetchSegment(h.ctx(), u.entry.TxSeq, i, nil)
		if err != nil || !bytes.Equal(data, want.Data) || fmt.Sprint(proof) != fmt.Sprint(want.Proof) {
			t.Errorf("segment %d by the fast door: %v", i, err)
		}
		first := i * layout.SectorsPerLoad
		sectors := uint64(len(want.Data) / layout.SectorSize)
		a := h.call("zgs_downloadSegmentByTxSeq", fmt.Sprintf("[%d,%d,%d]", u.entry.TxSeq, first, first+sectors))
		var text []byte
		if err := json.Unmarshal(a.Result, &text); err != nil || !bytes.Equal(text, want.Data) {
			t.Errorf("sectors of segment %d: %v", i, err)
		}
	}
}

func plain(p nodeapi.Proof) merkle.Proof {
	out := merkle.Proof{Path: p.Path}
	for _, l := range p.Lemma {
		out.Lemma = append(out.Lemma, merkle.Hash(l))
	}
	return out
}

// mission S19: ranges of a file, as browsers and resuming clients ask for them.
func TestS19_RangesOfAFile(t *testing.T) {
	h := start(t)
	u := h.put(content(600_000, 0))
	for _, c := range []struct {
		name, header string
		status       int
		from, to     int
	}{
		{"the first byte", "bytes=0-0", 206, 0, 1},
		{"across two segments", "bytes=262100-262200", 206, 262100, 262201},
		{"the last ten bytes", "bytes=-10", 206, 599_990, 600_000},
		{"to the end", "bytes=524288-", 206, 524288, 600_000},
		{"past the end", "bytes=600000-", 416, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := h.get("/v1/files/"+u.root().String(), "Range", c.header)
			if status != c.status {
				t.Fatalf("HTTP %d, want %d", status, c.status)
			}
			if status == 206 && !bytes.Equal(body, u.data[c.from:c.to]) {
				t.Errorf("%d bytes differ from [%d, %d)", len(body), c.from, c.to)
			}
		})
	}
	var out bytes.Buffer
	if err := h.client.FetchRange(context.Background(), u.root(), 262_000, 263_000, &out); err != nil || !bytes.Equal(out.Bytes(), u.data[262_000:263_000]) {
		t.Errorf("FetchRange: %v", err)
	}
	response, err := h.http.Head(h.server.URL + "/v1/files/" + u.root().String())
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 || response.ContentLength != 600_000 {
		t.Errorf("HEAD: HTTP %d, %d bytes", response.StatusCode, response.ContentLength)
	}
}
