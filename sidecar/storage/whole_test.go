package storage_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage"
	"github.com/zgd-network/zgd/x/flow/layout"
)

func wholeOf(t *testing.T) (nodes [2]*harness, all *nodeapi.Client) {
	t.Helper()
	nodes = halves(t, func(cfg *storage.Config) { cfg.Whole = true })
	all, err := nodeapi.New(nodes[0].server.URL+"/whole", nodeapi.Options{HTTP: nodes[0].http})
	if err != nil {
		t.Fatal(err)
	}
	return nodes, all
}

// mission S19 (two shards as one node)
func TestTheWholeIsOneNodeOverBothHalves(t *testing.T) {
	nodes, all := wholeOf(t)
	ctx := nodes[0].ctx()
	if shard, err := all.GetShardConfig(ctx); err != nil || shard != (nodeapi.ShardConfig{NumShard: 1}) {
		t.Errorf("shard %+v, %v", shard, err)
	}
	want := nodes[0].cfg.PublicURL + "/whole"
	if got := rowsOf(t, nodes[0].call("indexer_getShardedNodes", "[]"), trusted); len(got) != 1 || got[0] != want {
		t.Errorf("the indexer tells %v, want %s alone", got, want)
	}
	u := nodes[0].submit(content(5*layout.LoadSize+1, 3))
	nodes[1].eventually("entry visible", func() bool { return nodes[1].info(u) != nil })
	for i := range u.file.NumSegments() {
		info, err := all.GetFileInfoByTxSeq(ctx, u.entry.TxSeq)
		if err != nil || info.Finalized || info.UploadedSegNum != i {
			t.Fatalf("after %d segments: %+v, %v", i, info, err)
		}
		if err := all.UploadSegmentsByTxSeq(ctx, []nodeapi.SegmentWithProof{u.segment(i), u.segment(i)}, u.entry.TxSeq); err != nil {
			t.Fatalf("segment %d: %v", i, err)
		}
	}
	if info, err := all.GetFileInfo(ctx, u.root(), true); err != nil || !info.Finalized || info.UploadedSegNum != 6 {
		t.Errorf("after all: %+v, %v", info, err)
	}
	if got := rowsOf(t, nodes[0].call("indexer_getFileLocations", `["`+u.root().String()+`"]`), nil); len(got) != 1 || got[0] != want {
		t.Errorf("locations %v, want %s alone", got, want)
	}
	for i := range u.file.NumSegments() {
		got, err := all.DownloadSegmentWithProofByTxSeq(ctx, u.entry.TxSeq, i)
		if err != nil || got == nil || !bytes.Equal(got.Data, u.segment(i).Data) {
			t.Errorf("segment %d: %v, %v", i, got != nil, err)
		}
	}
	if code, body := nodes[0].get("/whole/v1/files/" + u.root().String()); code != 200 || !bytes.Equal(body, u.data) {
		t.Errorf("whole file: HTTP %d, %d bytes, want %d", code, len(body), len(u.data))
	}
	var sectors []byte // across the border of two halves
	if err := all.Call(ctx, &sectors, "zgs_downloadSegmentByTxSeq", u.entry.TxSeq, 1000, 1100); err != nil || !bytes.Equal(sectors, u.data[1000*256:1100*256]) {
		t.Errorf("sectors across halves: %d bytes, %v", len(sectors), err)
	}
	if code, _ := nodes[0].get("/wholesale"); code != 404 {
		t.Errorf("a path that only begins like it: HTTP %d", code)
	}
}

func TestTheWholeTakesDataAheadOfItsTransaction(t *testing.T) {
	nodes, all := wholeOf(t)
	for i := range 2 { // one for each half
		u := cut(t, random(layout.LoadSize, uint64(40+i)))
		if err := all.UploadSegments(nodes[0].ctx(), []nodeapi.SegmentWithProof{u.segment(0)}); err != nil {
			t.Fatal(err)
		}
		u = nodes[0].submit(u.data)
		nodes[0].eventually("final without another upload", func() bool {
			info, err := all.GetFileInfo(nodes[0].ctx(), u.root(), true)
			return err == nil && info != nil && info.Finalized
		})
	}
}

func TestTheWholeHandsOnOnlyWhatProves(t *testing.T) {
	nodes, all := wholeOf(t)
	u := nodes[0].submit(random(4*layout.LoadSize, 50))
	nodes[1].eventually("entry visible", func() bool { return nodes[1].info(u) != nil })
	for i := range u.file.NumSegments() {
		bad := u.segment(i)
		bad.Data[77] ^= 1
		var refusal *nodeapi.RPCError
		if err := all.UploadSegmentsByTxSeq(nodes[0].ctx(), []nodeapi.SegmentWithProof{bad}, u.entry.TxSeq); !errors.As(err, &refusal) || refusal.Message != "Invalid params: proof" {
			t.Errorf("segment %d with a wrong bit: %v", i, err)
		}
	}
	nodes[1].stop()
	for i := range u.file.NumSegments() {
		err := all.UploadSegmentsByTxSeq(nodes[0].ctx(), []nodeapi.SegmentWithProof{u.segment(i)}, u.entry.TxSeq)
		if (err == nil) != (owner(u, i) == 0) {
			t.Errorf("segment %d of half %d while half 1 is down: %v", i, owner(u, i), err)
		}
	}
}
