package storage_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// recorded is one call of a real client and the answer it was content with.
type recorded struct {
	method string
	params string // as recorded; "" for none
	result string
}

// readTrace takes the zgs_* and indexer_* calls out of a recorded session.
func readTrace(t *testing.T, path string) (calls []recorded) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		line := scanner.Text()
		if answer, ok := strings.CutPrefix(line, "     <- "); ok && len(calls) > 0 && calls[len(calls)-1].result == "" {
			calls[len(calls)-1].result = answer
			continue
		}
		method, params, _ := strings.Cut(line, " ")
		if strings.HasPrefix(method, "zgs_") || strings.HasPrefix(method, "indexer_") {
			if params == "undefined" {
				params = ""
			}
			calls = append(calls, recorded{method: method, params: params})
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return calls
}

// mission S19: the calls of six recorded sessions of four official clients, in
// their order and shape, get answers of the recorded shape. Segment data is cut
// out of the recordings and put back; entry numbers are this chain's.
func TestRecordedClientsGetAnswersOfTheSameShape(t *testing.T) {
	traces, err := filepath.Glob("testdata/rpc_trace_*.txt")
	if err != nil || len(traces) != 6 {
		t.Fatalf("%d traces: %v", len(traces), err)
	}
	for _, path := range traces {
		t.Run(filepath.Base(path), func(t *testing.T) { replay(t, path) })
	}
}

func replay(t *testing.T, path string) {
	calls := readTrace(t, path)
	if len(calls) < 8 {
		t.Fatalf("only %d calls found", len(calls))
	}
	h := start(t)
	h.eventually("the chain is followed", func() bool { return len(h.node.Health(h.ctx())) == 0 })
	files := map[string]*upload{} // by root; submitted when the recording knows them
	seqs := map[uint64]uint64{}   // recorded number to ours
	data := content(300_000, 0)
	for _, u := range []upload{cut(t, data)} {
		files[u.root().String()] = &u
	}
	for from := 0; from < len(data); from += 65536 { // the fragments sessions
		u := cut(t, data[from:min(from+65536, len(data))])
		files[u.root().String()] = &u
	}
	for _, c := range calls {
		learn(t, h, c, files, seqs)
		params := translate(t, c, files, seqs)
		body := `{"jsonrpc":"2.0","id":17000000000000001,"method":"` + c.method + `"` + params + `}`
		status, out := h.post(body)
		var a answer
		if err := json.Unmarshal(out, &a); err != nil || status != 200 {
			t.Fatalf("%s: HTTP %d %v", c.method, status, err)
		}
		if a.Error != nil {
			t.Fatalf("%s%.200s: %v", c.method, params, a.Error)
		}
		if got, want := shapeOf(t, string(a.Result)), shapeOf(t, c.result); got != want && c.result != "" {
			t.Errorf("%s%.100s: answer %.200s has shape %s, want %s", c.method, params, a.Result, got, want)
		}
	}
}

// learn enters a file into the flow when the recording first shows it there.
func learn(t *testing.T, h *harness, c recorded, files map[string]*upload, seqs map[uint64]uint64) {
	t.Helper()
	var info nodeapi.FileInfo
	if json.Unmarshal([]byte(c.result), &info) != nil || info.Tx.Seq == 0 {
		return
	}
	u := files[info.Tx.DataMerkleRoot.String()]
	if u == nil {
		t.Fatalf("the recording has a file %s that the test does not", info.Tx.DataMerkleRoot)
	}
	if u.entry.TxSeq == 0 {
		*u = h.submit(u.data)
	}
	seqs[info.Tx.Seq] = u.entry.TxSeq
}

// translate writes a recorded call's parameters for this chain.
func translate(t *testing.T, c recorded, files map[string]*upload, seqs map[uint64]uint64) string {
	t.Helper()
	if c.params == "" {
		return ""
	}
	if !strings.HasPrefix(c.method, "zgs_upload") {
		var params []any
		decoder := json.NewDecoder(strings.NewReader(c.params))
		decoder.UseNumber()
		if err := decoder.Decode(&params); err != nil {
			t.Fatalf("%s %s: %v", c.method, c.params, err)
		}
		if strings.HasSuffix(c.method, "ByTxSeq") {
			params[0] = ours(t, params[0].(json.Number), seqs)
		}
		return `,"params":` + mustJSON(t, params)
	}
	// Recordings cut data and sometimes what follows: the segments are made anew.
	_, after, _ := strings.Cut(c.params, `"root":"`)
	u := files[after[:66]]
	if u == nil {
		t.Fatalf("%s: root %.66s is no file of the test", c.method, after)
	}
	var segments []nodeapi.SegmentWithProof
	for i := range u.file.NumSegments() {
		s := u.segment(i)
		if strings.Contains(c.params, mustJSON(t, s.Data)[1:40]) {
			segments = append(segments, s)
		}
	}
	if len(segments) == 0 {
		t.Fatalf("%s: no segment of the test's files is in %.300s", c.method, c.params)
	}
	return fmt.Sprintf(`,"params":[%s,%d]`, mustJSON(t, segments), u.entry.TxSeq)
}

func ours(t *testing.T, recorded json.Number, seqs map[uint64]uint64) uint64 {
	t.Helper()
	n, err := recorded.Int64()
	if err != nil {
		t.Fatal(err)
	}
	if seq, ok := seqs[uint64(n)]; ok {
		return seq
	}
	return 1 << 40 // not known in the recording either, yet
}

// shapeOf writes a JSON value's types: objects with their keys, lists by their
// first element.
func shapeOf(t *testing.T, text string) string {
	t.Helper()
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return "?"
	}
	return shape(value)
}

func shape(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var keys []string
		for key, member := range v {
			keys = append(keys, key+":"+shape(member))
		}
		sort.Strings(keys)
		return "{" + strings.Join(keys, ",") + "}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		return "[" + shape(v[0]) + "]"
	case nil:
		return "null"
	}
	return reflect.TypeOf(value).String()
}
