//go:build e2e

package rpc

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

// endpoint is a JSON-RPC server over HTTP.
type endpoint struct {
	t    *testing.T
	name string
	url  string
}

// answer is a response as it came.
type answer struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *rpcError       `json:"error"`

	took time.Duration
}

type rpcError struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// call sends one request and fails the test only when no answer comes.
func (e endpoint) call(method string, params ...any) answer {
	e.t.Helper()
	if params == nil {
		params = []any{}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		e.t.Fatal(err)
	}
	began := time.Now()
	_, text := e.post(body)
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		e.t.Fatalf("%s: %s: %v: %.300s", e.name, method, err, text)
	}
	a.took = time.Since(began)
	return a
}

// must is the result of a call that has to succeed, decoded into v.
func (e endpoint) must(v any, method string, params ...any) {
	e.t.Helper()
	a := e.call(method, params...)
	if a.Error != nil {
		e.t.Fatalf("%s: %s: error %d %s", e.name, method, a.Error.Code, a.Error.Message)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.Result, v); err != nil {
		e.t.Fatalf("%s: %s: %v: %.300s", e.name, method, err, a.Result)
	}
}

// post sends a body as it is and returns the status and the answer's body.
func (e endpoint) post(body []byte) (int, []byte) {
	e.t.Helper()
	client := http.Client{Timeout: time.Minute}
	resp, err := client.Post(e.url, "application/json", bytes.NewReader(body))
	if err != nil {
		e.t.Fatalf("%s: %v", e.name, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return resp.StatusCode, text
}

// until polls a result until it is not null.
func (e endpoint) until(method string, params ...any) json.RawMessage {
	e.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		a := e.call(method, params...)
		if a.Error == nil && string(a.Result) != "null" && len(a.Result) > 0 {
			return a.Result
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("%s: %s %v: nothing after 20 s: %+v", e.name, method, params, a.Error)
		}
	}
}

// fields decodes an object.
func fields(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%v: %.300s", err, raw)
	}
	return out
}
