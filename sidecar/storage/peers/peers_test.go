package peers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/peers"
)

func node(id, count uint64) nodeapi.ShardedNode {
	return nodeapi.ShardedNode{URL: fmt.Sprintf("http://%d-of-%d", id, count), Config: nodeapi.ShardConfig{ShardID: id, NumShard: count}}
}

func shards(nodes []nodeapi.ShardedNode) (out []string) {
	for _, n := range nodes {
		out = append(out, fmt.Sprintf("%d/%d", n.Config.ShardID, n.Config.NumShard))
	}
	return out
}

func TestSelectTakesNodesThatAddSomething(t *testing.T) {
	all := []nodeapi.ShardedNode{node(1, 2), node(0, 1), node(3, 4), node(0, 2), node(1, 4)}
	cases := map[string]struct {
		nodes    []nodeapi.ShardedNode
		replicas uint64
		method   string
		want     []string
		err      error
	}{
		"few shards first":                       {all, 1, "min", []string{"0/1"}, nil},
		"no method is min":                       {all, 1, "", []string{"0/1"}, nil},
		"many shards first":                      {all, 1, "max", []string{"1/4", "3/4", "0/2"}, nil},
		"two copies":                             {all, 2, "min", []string{"0/1", "0/2", "1/2"}, nil},
		"exactly two shards":                     {all, 1, "2", []string{"0/2", "1/2"}, nil},
		"two halves and their quarters, max":     {all, 2, "max", []string{"1/4", "3/4", "0/2", "1/2", "0/1"}, nil},
		"three quarters are not all":             {[]nodeapi.ShardedNode{node(1, 2), node(0, 4)}, 1, "min", nil, peers.ErrReplicas},
		"the same half twice is not all":         {[]nodeapi.ShardedNode{node(1, 2), node(1, 2)}, 1, "min", nil, peers.ErrReplicas},
		"exactly four shards, two are there":     {all, 1, "4", nil, peers.ErrReplicas},
		"no copies asked":                        {all, 0, "min", nil, peers.ErrReplicas},
		"more copies than there are":             {all, 3, "min", nil, peers.ErrReplicas},
		"nobody":                                 {nil, 1, "min", nil, peers.ErrReplicas},
		"a method nobody knows":                  {all, 1, "most", nil, peers.ErrMethod},
		"a half that the whole has made useless": {[]nodeapi.ShardedNode{node(0, 1), node(0, 2)}, 1, "min", []string{"0/1"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := shards(c.nodes)
			got, err := peers.Select(c.nodes, c.replicas, c.method)
			if !errors.Is(err, c.err) || !reflect.DeepEqual(shards(got), c.want) {
				t.Errorf("got %v, %v, want %v, %v", shards(got), err, c.want, c.err)
			}
			if !reflect.DeepEqual(shards(c.nodes), before) {
				t.Error("the caller's list was changed")
			}
		})
	}
}

// TestSelectAgreesWithCountingOwners compares with the definition: every one of
// the shards has so many owners, and the last node taken was needed.
func TestSelectAgreesWithCountingOwners(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	worst := func(nodes []nodeapi.ShardedNode) (least uint64) {
		least = 1 << 60
		for segment := range uint64(16) {
			owners := uint64(0)
			for _, n := range nodes {
				if n.Config.Owns(segment) {
					owners++
				}
			}
			least = min(least, owners)
		}
		return least
	}
	for range 2000 {
		var nodes []nodeapi.ShardedNode
		for range random.IntN(12) {
			count := uint64(1) << random.IntN(5)
			nodes = append(nodes, node(random.Uint64N(count), count))
		}
		replicas := 1 + random.Uint64N(3)
		method := []string{"min", "max", "random"}[random.IntN(3)]
		got, err := peers.Select(nodes, replicas, method)
		switch {
		case err == nil && worst(got) < replicas:
			t.Fatalf("%s of %v: %v cover %d times, want %d", method, shards(nodes), shards(got), worst(got), replicas)
		case err == nil && worst(got[:len(got)-1]) >= replicas:
			t.Fatalf("%s of %v: the last of %v was not needed", method, shards(nodes), shards(got))
		case err != nil && method == "min" && worst(nodes) >= replicas:
			t.Fatalf("%s of %v for %d: %v, but there are enough", method, shards(nodes), replicas, err)
		}
	}
}

// stranger is a storage node that says what it is told to.
type stranger struct {
	chainID   uint64
	finalized bool
	slow      time.Duration
	asked     atomic.Int64
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	var call struct {
		ID     uint64 `json:"id"`
		Method string `json:"method"`
		Params []any  `json:"params"`
	}
	if json.NewDecoder(r.Body).Decode(&call) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	select {
	case <-time.After(s.slow):
	case <-r.Context().Done():
		return
	}
	var result any
	switch call.Method {
	case "zgs_getStatus":
		result = nodeapi.Status{NetworkIdentity: nodeapi.NetworkIdentity{ChainID: s.chainID, FlowAddress: "0xAB"}}
	case "zgs_getShardConfig":
		result = nodeapi.ShardConfig{ShardID: 1, NumShard: 2}
	case "zgs_getFileInfo":
		root, _ := nodeapi.ParseHash(call.Params[0].(string))
		result = nodeapi.FileInfo{Tx: nodeapi.Tx{DataMerkleRoot: root}, Finalized: s.finalized}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": result})
}

func serve(t *testing.T, s *stranger) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func urls(nodes []nodeapi.ShardedNode) (out []string) {
	for _, n := range nodes {
		out = append(out, n.URL)
	}
	return out
}

func TestSetNamesPeersThatAnswerAndAreOfOurNetwork(t *testing.T) {
	good, foreign, slow, twice := &stranger{chainID: 7, finalized: true}, &stranger{chainID: 8}, &stranger{chainID: 7, slow: time.Minute}, &stranger{chainID: 7}
	goodURL, twiceURL := serve(t, good), serve(t, twice)
	set, err := peers.New([]string{goodURL, serve(t, foreign), serve(t, slow), "http://127.0.0.1:1", twiceURL, twiceURL + "/"}, peers.Options{
		TTL: time.Hour, Timeout: 200 * time.Millisecond,
		Ours: func(context.Context) (nodeapi.NetworkIdentity, bool) {
			return nodeapi.NetworkIdentity{ChainID: 7, FlowAddress: "0xab"}, true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	began := time.Now()
	rows := set.Nodes(ctx)
	if want := []string{goodURL, twiceURL}; !reflect.DeepEqual(urls(rows), want) {
		t.Fatalf("peers %v, want %v", urls(rows), want)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("one silent peer held the answer for %s", took)
	}
	if rows[0].Config != (nodeapi.ShardConfig{ShardID: 1, NumShard: 2}) || rows[0].Since < began.Unix() {
		t.Errorf("row %+v", rows[0])
	}
	asked := good.asked.Load()
	if set.Nodes(ctx); good.asked.Load() != asked {
		t.Error("a fresh answer was asked for again")
	}
	if got := urls(set.Holding(ctx, nodeapi.Hash{1})); !reflect.DeepEqual(got, []string{goodURL}) {
		t.Errorf("holders %v, want only the peer that has finalized the file", got)
	}
}

func TestAPeerThatGoesIsLeftOutAndComesBack(t *testing.T) {
	s := &stranger{chainID: 7}
	server := httptest.NewServer(s)
	defer server.Close()
	set, err := peers.New([]string{server.URL}, peers.Options{TTL: time.Nanosecond, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if len(set.Nodes(ctx)) != 1 {
		t.Fatal("a peer that answers is not told")
	}
	s.slow = time.Minute
	if rows := set.Nodes(ctx); len(rows) != 0 {
		t.Errorf("a silent peer is told: %v", rows)
	}
	s.slow = 0
	if len(set.Nodes(ctx)) != 1 {
		t.Error("a peer that answers again is not told")
	}
}

func TestNewRefusesWhatIsNoURL(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:5678", "ftp://host", "http://"} {
		if _, err := peers.New([]string{url}, peers.Options{}); err == nil {
			t.Errorf("%q was taken", url)
		}
	}
	var none *peers.Set
	if none.Nodes(context.Background()) != nil || none.Holding(context.Background(), nodeapi.Hash{}) != nil {
		t.Error("no set has peers")
	}
}
