package rpc_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
)

// trust B16: any body gets a JSON answer, and the scanner takes every request
// that encoding/json takes.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"zgs_getStatus"}`,
		`[{"id":"a\"b","method":"zgs_getFileInfo","params":["0x00",true]},7,{}]`,
		`{"id":1e400,"method":"zgs_uploadSegment","params":[{"data":"AA==","proof":{"lemma":[],"path":[true]}}]}`,
		`{"id":2,"method":"indexer_getSelectedNodes","params":[1,"min",true,["http://a"]]}`,
		`{"id":null,"params":{"x":[[[[]]]]}}`, `"\\"`, `{"a":"\\\"}`, `[`, `{"":`, ``,
	} {
		f.Add([]byte(seed))
	}
	server := newServer(f, &backend{})
	f.Fuzz(func(t *testing.T, body []byte) {
		answer := server.post(t, body)
		if len(answer) > 0 && !json.Valid(answer) {
			t.Fatalf("answer is not JSON: %q to %q", answer, body)
		}
		calls, _, err := rpc.ParseBody(body, 1000)
		var request map[string]json.RawMessage
		if json.Unmarshal(body, &request) != nil || request == nil {
			return
		}
		if err != nil && !tooDeep(body) {
			t.Fatalf("a JSON object is refused: %v: %q", err, body)
		}
		if err == nil && calls != 1 {
			t.Fatalf("%d calls in an object", calls)
		}
	})
}

// tooDeep says whether nesting alone may have refused a body.
func tooDeep(body []byte) bool {
	return bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) > 16
}

// A segment that decodes says the same as encoding/json reads in it.
func FuzzSegment(f *testing.F) {
	good, err := json.Marshal(nodeapi.SegmentWithProof{Data: []byte{1, 2, 3}, Index: 7, FileSize: 9, Proof: nodeapi.Proof{Lemma: []nodeapi.Hash{{1}}, Path: []bool{true}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"data":"\/\/8=","index":18446744073709551615}`))
	f.Add([]byte(`{"data":"AA=A"}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		end, err := rpc.SkipValue(value)
		if err != nil || end != len(value) {
			return
		}
		segment, err := rpc.DecodeSegment(value)
		if err != nil {
			return
		}
		again, err := json.Marshal(segment)
		if err != nil {
			t.Fatal(err)
		}
		second, err := rpc.DecodeSegment(again)
		if err != nil {
			t.Fatalf("%v: %s", err, again)
		}
		third, err := json.Marshal(second)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("%s and %s differ", again, third)
		}
		var plain nodeapi.SegmentWithProof
		if json.Unmarshal(value, &plain) == nil && !hasFoldedKeys(value) && !bytes.Equal(plain.Data, segment.Data) {
			t.Fatalf("data %x, encoding/json reads %x from %q", segment.Data, plain.Data, value)
		}
	})
}

// hasFoldedKeys: encoding/json takes keys in any case and with escapes, and the
// last of several; only the plain spelling, once, is compared.
func hasFoldedKeys(value []byte) bool {
	return bytes.Count(bytes.ToLower(value), []byte(`data`)) != 1 || bytes.Contains(value, []byte(`\`)) || !bytes.Contains(value, []byte(`"data"`))
}
