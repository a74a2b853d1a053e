package chain_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/gorilla/websocket"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// headerServer is a CometBFT that sends headers to its subscribers, and hangs up
// after some of them.
type headerServer struct {
	t       *testing.T
	height  int64
	perConn int
	conns   int
}

func (s *headerServer) header(height int64) cmttypes.Header {
	return cmttypes.Header{ChainID: "zg-devnet-1", Height: height, Time: time.Unix(1000+height, 0).UTC(), ValidatorsHash: make([]byte, 32), ProposerAddress: make([]byte, 20)}
}

func (s *headerServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/websocket") {
		http.Error(w, "no status", http.StatusServiceUnavailable)
		return
	}
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer conn.Close()
	s.conns++
	var request struct{ Method string }
	if err := conn.ReadJSON(&request); err != nil || request.Method != "subscribe" {
		s.t.Errorf("got %+v %v, want a subscription", request, err)
	}
	_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":0,"result":{}}`))
	_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"what":"ever"}`))
	for range s.perConn {
		s.height++
		header := s.header(s.height)
		text, err := cmtjson.Marshal(header)
		if err != nil {
			s.t.Error(err)
			return
		}
		event := fmt.Sprintf(`{"jsonrpc":"2.0","id":0,"result":{"query":"q","data":{"type":"tendermint/event/NewBlockHeader","value":{"header":%s}}}}`, text)
		_ = conn.WriteMessage(websocket.TextMessage, []byte(event))
		time.Sleep(10 * time.Millisecond)
	}
}

func TestWatcherFollowsHeadersAndReconnects(t *testing.T) {
	s := &headerServer{t: t, perConn: 3}
	server := httptest.NewServer(s)
	defer server.Close()
	remote, err := chain.Dial(context.Background(), chain.Options{GRPC: "127.0.0.1:1", CometRPC: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	ctx, cancel := context.WithCancel(shortly(t))
	defer cancel()
	blocks := remote.Blocks(ctx)
	var last chain.Block
	for block := range blocks {
		if block.Height <= last.Height {
			t.Fatalf("height %d after %d", block.Height, last.Height)
		}
		header := s.header(block.Height)
		if want := header.Hash(); string(block.Hash[:]) != string(want) {
			t.Fatalf("hash %x, want %x", block.Hash, want)
		}
		if last = block; block.Height >= 8 { // the third connection
			cancel()
		}
	}
	if last.Height < 8 {
		t.Fatalf("the feed ended at height %d", last.Height)
	}
}

func TestAReaderThatIsSlowSeesTheNewestBlockOnly(t *testing.T) {
	n := startNode(t)
	ctx, cancel := context.WithCancel(shortly(t))
	defer cancel()
	blocks := n.dial().Blocks(ctx)
	for height := int64(6); height < 9; height++ {
		time.Sleep(250 * time.Millisecond)
		n.mu.Lock()
		n.height = height
		n.mu.Unlock()
	}
	time.Sleep(500 * time.Millisecond)
	if block := <-blocks; block.Height != 8 {
		t.Fatalf("got height %d, want the newest, 8", block.Height)
	}
}
