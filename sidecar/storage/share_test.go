package storage_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
	"github.com/zgd-network/zgd/sidecar/storage"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// door is an address that is known before the node behind it.
type door struct {
	*httptest.Server
	node atomic.Pointer[http.Handler]
}

func newDoor(t *testing.T) *door {
	d := &door{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*d.node.Load()).ServeHTTP(w, r) }))
	t.Cleanup(d.Close)
	return d
}

// halves are two nodes of half a shard each that name each other.
func halves(t *testing.T, change ...func(*storage.Config)) [2]*harness {
	t.Helper()
	c := chaintest.New(chaintest.Params{})
	doors := [2]*door{newDoor(t), newDoor(t)}
	var nodes [2]*harness
	for i, shard := range []string{"0/2", "1/2"} {
		nodes[i] = start(t, onChain(c), withShard(shard), configured(func(cfg *storage.Config) {
			cfg.PublicURL, cfg.Peers = doors[i].URL, []string{doors[0].URL, doors[1].URL}
			for _, c := range change {
				c(cfg)
			}
		}))
		handler := nodes[i].node.Handler()
		doors[i].node.Store(&handler)
	}
	for _, n := range nodes {
		n.eventually("the chain is followed", func() bool { return len(n.node.Health(n.ctx())) == 0 })
	}
	return nodes
}

// owner is the index of the half that a segment of a file belongs to.
func owner(u upload, segment uint64) uint64 {
	return (u.entry.StartSector/layout.SectorsPerLoad + segment) % 2
}

// sendShares brings every segment to the half it belongs to.
func sendShares(nodes [2]*harness, u upload) {
	for i := range u.file.NumSegments() {
		n := nodes[owner(u, i)]
		if err := n.client.UploadSegmentsByTxSeq(n.ctx(), []nodeapi.SegmentWithProof{u.segment(i)}, u.entry.TxSeq); err != nil {
			n.t.Fatalf("segment %d: %v", i, err)
		}
	}
}

func rowsOf(t *testing.T, a answer, pick func(nodeapi.ShardedNodes) []nodeapi.ShardedNode) (urls []string) {
	t.Helper()
	if a.Error != nil {
		t.Fatal(a.Error)
	}
	var rows []nodeapi.ShardedNode
	if pick != nil {
		var both nodeapi.ShardedNodes
		if err := json.Unmarshal(a.Result, &both); err != nil {
			t.Fatal(err)
		}
		rows = pick(both)
	} else if err := json.Unmarshal(a.Result, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		urls = append(urls, row.URL)
	}
	return urls
}

func trusted(n nodeapi.ShardedNodes) []nodeapi.ShardedNode { return n.Trusted }

func TestOneIndexerTellsBothHalves(t *testing.T) {
	nodes := halves(t)
	for i, n := range nodes {
		if got := rowsOf(t, n.call("indexer_getShardedNodes", "[]"), trusted); len(got) != 2 || got[0] != n.cfg.PublicURL {
			t.Errorf("node %d tells %v, want itself and the other", i, got)
		}
		if got := rowsOf(t, n.call("indexer_getSelectedNodes", `[1,"min",true,[]]`), trusted); len(got) != 2 {
			t.Errorf("node %d selects %v for one copy, want both halves", i, got)
		}
		for what, params := range map[string]string{
			"two copies":           `[2,"min",true,[]]`,
			"one copy without one": `[1,"min",true,["` + nodes[1].cfg.PublicURL + `"]]`,
			"whole nodes only":     `[1,"1",true,[]]`,
			"an unknown method":    `[1,"best",true,[]]`,
			"a method of no kind":  `[1,{},true,[]]`,
			"dropped of no kind":   `[1,"min",true,[1]]`,
		} {
			if a := n.call("indexer_getSelectedNodes", params); a.Error == nil {
				t.Errorf("%s: node %d selects %s", what, i, a.Result)
			}
		}
	}
}

func TestAFileIsFoundWhenBothHalvesHaveTheirShare(t *testing.T) {
	nodes := halves(t)
	u := nodes[0].submit(content(5*layout.LoadSize+1, 0))
	nodes[1].eventually("entry visible", func() bool { return nodes[1].info(u) != nil })
	where := func() []string {
		return rowsOf(t, nodes[1].call("indexer_getFileLocations", `["`+u.root().String()+`"]`), nil)
	}
	if got := where(); len(got) != 0 {
		t.Errorf("locations before the upload: %v", got)
	}
	sendShares(nodes, u)
	if got := where(); len(got) != 2 {
		t.Errorf("locations %v, want both halves", got)
	}
	for i := range u.file.NumSegments() {
		for at, n := range nodes {
			got, err := n.client.DownloadSegmentWithProofByTxSeq(n.ctx(), u.entry.TxSeq, i)
			if err != nil || (got != nil) != (owner(u, i) == uint64(at)) {
				t.Errorf("segment %d from half %d: %v, %v", i, at, got != nil, err)
			}
		}
	}
}

// A file of one segment is no business of the other half, which must not call
// it stored before it is: a client would skip the upload.
func TestTheHalfWithoutAShareWaitsForTheOther(t *testing.T) {
	nodes := halves(t)
	u := nodes[0].submit(content(1000, 1))
	own, other := nodes[owner(u, 0)], nodes[1-owner(u, 0)]
	other.eventually("entry visible", func() bool { return other.info(u) != nil })
	if other.info(u).Finalized {
		t.Error("the half without a share calls the file finalized before it is stored anywhere")
	}
	own.send(u)
	if !own.info(u).Finalized || !other.info(u).Finalized {
		t.Errorf("after the upload: finalized %v at the owner, %v at the other", own.info(u).Finalized, other.info(u).Finalized)
	}
}

// The same file again, entered where it belongs to the other half: that one
// fetches it from the first. Files of more segments start on a boundary of
// their size, so that their segments belong to the same halves each time.
func TestASecondEntryIsCompletedFromThePeer(t *testing.T) {
	nodes := halves(t)
	data := random(layout.LoadSize, 5)
	first := nodes[0].submit(data)
	nodes[1].eventually("entry visible", func() bool { return nodes[1].info(first) != nil })
	sendShares(nodes, first)
	second := nodes[0].submit(data)
	if owner(first, 0) == owner(second, 0) {
		t.Fatalf("entries at sectors %d and %d: want different halves", first.entry.StartSector, second.entry.StartSector)
	}
	for i, n := range nodes {
		n.eventually("second entry completed", func() bool { info := n.info(second); return info != nil && info.Finalized })
		if rotten, err := n.node.Check(n.ctx(), true, nil); err != nil || !rotten.OK() {
			t.Errorf("half %d: %+v, %v", i, rotten, err)
		}
		info, err := n.client.GetFileInfo(n.ctx(), first.root(), true)
		if err != nil || info.Tx.Seq != []upload{first, second}[uint64(i)^owner(first, 0)].entry.TxSeq {
			t.Errorf("half %d names entry %d, %v; want the one it has data of", i, info.Tx.Seq, err)
		}
	}
}

// Paid twice and uploaded never: nobody calls it stored.
func TestAFilePaidTwiceIsStoredOnlyOnceItIs(t *testing.T) {
	nodes := halves(t)
	data := random(layout.LoadSize, 6)
	first, second := nodes[0].submit(data), nodes[0].submit(data)
	for i, n := range nodes {
		n.eventually("entries visible", func() bool { return n.info(second) != nil })
		info, err := n.client.GetFileInfo(n.ctx(), first.root(), true)
		if err != nil || info == nil || info.Finalized {
			t.Errorf("half %d calls a file finalized that was never uploaded: %+v, %v", i, info, err)
		}
	}
	own := nodes[owner(second, 0)]
	own.send(second)
	for _, n := range nodes {
		n.eventually("found by root", func() bool {
			info, err := n.client.GetFileInfo(n.ctx(), first.root(), true)
			return err == nil && info.Finalized
		})
	}
}
