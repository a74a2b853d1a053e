package devnet_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/cmd/zgd/devnet"
	"github.com/zgd-network/zgd/sidecar/client/network"
)

func TestAskFaucetTellsTheHashOrTheReason(t *testing.T) {
	cases := []struct {
		name   string
		status int
		answer string
		hash   string
		err    string
	}{
		{"given", 200, `{"tx_hash":"0x12","height":3}`, "0x12", ""},
		{"sent, not in a block yet", 202, `{"tx_hash":"0x12"}`, "0x12", ""},
		{"refused", 429, `{"error":{"code":"rate_limited","message":"ask again in 3 s"}}`, "", "ask again in 3 s"},
		{"somebody else's port", 200, `<html>`, "", "status 200"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); string(body) != `{"address":"0xabc"}` {
					t.Errorf("asked %s", body)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			}))
			defer server.Close()
			hash, err := devnet.AskFaucet(context.Background(), network.Ready{Faucet: server.URL}, "0xabc")
			if hash != c.hash || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %q, %v; want %q, %q", hash, err, c.hash, c.err)
			}
		})
	}
	if _, err := devnet.AskFaucet(context.Background(), network.Ready{}, "0xabc"); err == nil || !strings.Contains(err.Error(), "--faucet=false") {
		t.Errorf("a network without a faucet: %v", err)
	}
}
