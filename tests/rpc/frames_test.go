//go:build e2e

package rpc

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// frame is a body as it is sent and what has to come back.
type frame struct {
	name, body string
	code       int    // of the error; 0: a result
	id         string // as it has to come back
}

func frames() []frame {
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	return []frame{
		{"a number as id", `{"jsonrpc":"2.0","id":7,"method":"eth_chainId"}`, 0, "7"},
		{"a string as id", `{"jsonrpc":"2.0","id":"a-1","method":"eth_chainId"}`, 0, `"a-1"`},
		{"an id above 2^64", `{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"eth_chainId"}`, 0, "123456789012345678901234567890"},
		{"a fraction as id", `{"jsonrpc":"2.0","id":1.5,"method":"eth_chainId"}`, 0, "1.5"},
		{"a negative id", `{"jsonrpc":"2.0","id":-1,"method":"eth_chainId"}`, 0, "-1"},
		{"an object as id", `{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}`, -32600, "null"},
		{"params left out", `{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`, 0, "1"},
		{"params null", `{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":null}`, 0, "1"},
		{"params an object", `{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}`, -32602, "1"},
		{"a parameter missing", `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[]}`, -32602, "1"},
		{"a parameter too many", `{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}`, -32602, "1"},
		{"a parameter of another type", `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[5,"latest"]}`, -32602, "1"},
		{"a block number without 0x", `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x1111111111111111111111111111111111111111","12"]}`, -32602, "1"},
		{"a block number of 2^64", `{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x1111111111111111111111111111111111111111","0x10000000000000000"]}`, -32602, "1"},
		{"an unknown method", `{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}`, -32601, "1"},
		{"an unknown namespace", `{"jsonrpc":"2.0","id":1,"method":"nothing"}`, -32601, "1"},
		{"no method", `{"jsonrpc":"2.0","id":1}`, -32600, "1"},
		{"not JSON", `{"jsonrpc":"2.0","id":1,`, -32700, "null"},
		{"text", `hello`, -32700, "null"},
		{"an empty batch", `[]`, -32600, "null"},
		{"nested 20 000 deep", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":` + deep + `}`, -32700, "null"},
		{"a parameter of 1 MiB", `{"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x` + strings.Repeat("ab", 1<<20) + `"]}`, 0, "1"},
		{"calldata of 1 MiB that is no hex", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"data":"0x` + strings.Repeat("zz", 1<<20) + `"},"latest"]}`, -32602, "1"},
		{"an odd number of digits", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"data":"0x123"},"latest"]}`, -32602, "1"},
		{"a negative value", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"value":"-0x1"},"latest"]}`, -32602, "1"},
		{"a value above 2^256", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"value":"0x1` + strings.Repeat("0", 64) + `"},"latest"]}`, -32602, "1"},
		{"a state override that is a list", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{},"latest",[1]]}`, -32602, "1"},
		{"state and stateDiff", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{},"latest",{"0x1111111111111111111111111111111111111111":{"state":{},"stateDiff":{}}}]}`, -32602, "1"},
		{"a block override of number 0", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{},"latest",{},{"number":"0x0"}]}`, -32602, "1"},
		{"a block override of a time that no calendar has", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{},"latest",{},{"time":"0xffffffffffffffff"}]}`, -32602, "1"},
		{"five topics", `{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"topics":[null,null,null,null,null]}]}`, -32602, "1"},
	}
}

func httpFrames(t *testing.T, w *world) {
	for _, f := range frames() {
		t.Run(f.name, func(t *testing.T) {
			e := w.zgd
			e.t = t
			_, text := e.post([]byte(f.body))
			checkFrame(t, f, text)
		})
	}
	e := w.zgd
	t.Run("a batch of three has three answers in order, one an error", func(t *testing.T) {
		_, text := e.post([]byte(`[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","id":"x","method":"nope_nope"},{"jsonrpc":"2.0","id":3,"method":"net_version"}]`))
		var answers []answer
		if err := json.Unmarshal(text, &answers); err != nil || len(answers) != 3 {
			t.Fatalf("%v: %.500s", err, text)
		}
		if string(answers[0].ID) != "1" || string(answers[1].ID) != `"x"` || answers[1].Error == nil || answers[1].Error.Code != -32601 || answers[2].Error != nil {
			t.Errorf("got %.500s", text)
		}
	})
	t.Run("a batch of 1001 is refused, of 1000 answered", func(t *testing.T) {
		one := `{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`
		_, text := e.post([]byte("[" + strings.Repeat(one+",", 1000) + one + "]"))
		if !strings.Contains(string(text), "batch too large") {
			t.Errorf("1001: got %.300s", text)
		}
		_, text = e.post([]byte("[" + strings.Repeat(one+",", 999) + one + "]"))
		if n := strings.Count(string(text), `"result"`); n != 1000 {
			t.Errorf("1000: %d results", n)
		}
	})
	t.Run("a body above 5 MiB is refused", func(t *testing.T) {
		status, _ := e.post([]byte(`{"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x` + strings.Repeat("ab", 3<<20) + `"]}`))
		if status != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d, want 413", status)
		}
	})
	t.Run("a web page of any origin may ask", func(t *testing.T) {
		req, _ := http.NewRequest(http.MethodOptions, e.url, nil)
		req.Header.Set("Origin", "http://localhost:3000")
		req.Header.Set("Access-Control-Request-Method", "POST")
		req.Header.Set("Access-Control-Request-Headers", "content-type")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" && got != "http://localhost:3000" {
			t.Errorf("Access-Control-Allow-Origin %q", got)
		}
	})
}

func checkFrame(t *testing.T, f frame, text []byte) {
	t.Helper()
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
	code := 0
	if a.Error != nil {
		code = a.Error.Code
	}
	if code != f.code || string(a.ID) != f.id || a.JSONRPC != "2.0" {
		t.Errorf("got code %d and id %s, want %d and %s: %.300s", code, a.ID, f.code, f.id, text)
	}
}
