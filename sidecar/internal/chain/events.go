package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/gorilla/websocket"
)

// Times of the watcher. CometBFT pings an idle subscriber about twice a minute.
const (
	pollInterval  = 200 * time.Millisecond
	pollSpell     = 5 * time.Second // of polling before the websocket is tried again
	websocketIdle = 60 * time.Second
)

// Blocks tells of new blocks by a CometBFT subscription, or by polling each
// 200 ms while the node refuses one. The channel holds the newest block only.
func (r *Remote) Blocks(ctx context.Context) <-chan Block {
	out := make(chan Block, 1)
	go func() {
		defer close(out)
		feed := blockFeed{out: out}
		for ctx.Err() == nil {
			if err := r.subscribe(ctx, &feed); err == nil {
				continue // was connected: reconnect at once
			}
			r.poll(ctx, &feed, pollSpell)
		}
	}()
	return out
}

// blockFeed passes on blocks of rising height, replacing what nobody has read.
type blockFeed struct {
	out  chan Block
	last int64
}

func (f *blockFeed) push(block Block) {
	if block.Height == f.last || block.Height == 0 {
		return
	}
	f.last = block.Height
	select {
	case <-f.out:
	default:
	}
	f.out <- block // we are the only writer and the slot is free
}

// poll asks for the node's status until the spell is over.
func (r *Remote) poll(ctx context.Context, feed *blockFeed, spell time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, spell)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if status, err := r.Status(ctx); err == nil {
			feed.push(Block{Height: status.Height, Hash: status.BlockHash, Time: status.BlockTime})
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// subscribe follows block headers until the connection ends. The error says
// that there never was a subscription.
func (r *Remote) subscribe(ctx context.Context, feed *blockFeed) error {
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: 3 * time.Second}
	address := strings.Replace(r.options.CometRPC, "http", "ws", 1) + "/websocket"
	conn, _, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		return fmt.Errorf("subscribe at %s: %w", address, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetReadLimit(maxCometBytes)
	alive := func() { _ = conn.SetReadDeadline(time.Now().Add(websocketIdle)) }
	alive()
	conn.SetPingHandler(func(data string) error {
		alive()
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	request := json.RawMessage(`{"jsonrpc":"2.0","id":0,"method":"subscribe","params":{"query":"tm.event='NewBlockHeader'"}}`)
	if err := conn.WriteJSON(request); err != nil {
		return fmt.Errorf("subscribe at %s: %w", address, err)
	}
	_, answer, err := conn.ReadMessage()
	if err != nil {
		return fmt.Errorf("subscribe at %s: %w", address, err)
	}
	if strings.Contains(string(answer), `"error"`) {
		return fmt.Errorf("subscription refused at %s: %.200s", address, answer)
	}
	if status, err := r.Status(ctx); err == nil { // what came before the subscription
		feed.push(Block{Height: status.Height, Hash: status.BlockHash, Time: status.BlockTime})
	}
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return nil
		}
		alive()
		if block, ok := decodeHeaderEvent(message); ok {
			feed.push(block)
		}
	}
}

// decodeHeaderEvent reads a NewBlockHeader event; other messages are not ok.
func decodeHeaderEvent(message []byte) (Block, bool) {
	var event struct {
		Result struct {
			Data struct {
				Value struct {
					Header json.RawMessage `json:"header"`
				} `json:"value"`
			} `json:"data"`
		} `json:"result"`
	}
	if json.Unmarshal(message, &event) != nil || len(event.Result.Data.Value.Header) == 0 {
		return Block{}, false
	}
	var header cmttypes.Header
	if cmtjson.Unmarshal(event.Result.Data.Value.Header, &header) != nil || header.Height <= 0 {
		return Block{}, false
	}
	block := Block{Height: header.Height, Time: header.Time}
	if hash := header.Hash(); len(hash) == len(block.Hash) {
		block.Hash = Hash(hash)
	}
	return block, true
}
