package storage_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// mission S18, trust B11: what is not proven to belong to the entry is refused
// before the disk, with the strings that clients compare (protocol-storage.md
// 3.2, 8.8).
func TestB11_BadSegmentsAreRefusedInTheWordsClientsKnow(t *testing.T) {
	h := start(t)
	u := h.submit(content(2*layout.LoadSize+1000, 0)) // three segments
	other := cut(t, content(2*layout.LoadSize+1000, 1))
	done := h.put(content(100, 2))
	twin := h.submit(content(2*layout.LoadSize+1000, 3))
	seq := u.entry.TxSeq

	type change func(s *nodeapi.SegmentWithProof)
	for _, c := range []struct {
		name    string
		index   uint64
		seq     uint64
		change  change
		code    int
		message string
		data    string
	}{
		{"no data", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Data = []byte{} }, -32602, "Invalid params: data", "data is empty"},
		{"data of 255 bytes", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Data = s.Data[:255] }, -32602, "Invalid params: data", "invalid data length"},
		{"root of another file", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Root = other.root() }, -32603, "Internal error", "data root and tx seq not match"},
		{"number of another entry", 0, twin.entry.TxSeq, func(*nodeapi.SegmentWithProof) {}, -32603, "Internal error", "data root and tx seq not match"},
		{"file size off by one", 0, seq, func(s *nodeapi.SegmentWithProof) { s.FileSize++ }, -32602, "Invalid params: file_size", "segment file size not matched with tx file size"},
		{"a finished file", 0, done.entry.TxSeq, func(s *nodeapi.SegmentWithProof) { *s = done.segment(0) }, -32602, "Invalid params: root", "already uploaded and finalized"},
		{"a large file ahead of its transaction", 0, 999, func(s *nodeapi.SegmentWithProof) { s.FileSize = 10<<20 + 1 }, -32602, "Invalid params: file_size", "caching of large file when tx is unavailable is not supported"},
		{"index one past the last", 2, seq, func(s *nodeapi.SegmentWithProof) { s.Index = 3 }, -32602, "Invalid params: index", "index out of bound"},
		{"the largest index", 2, seq, func(s *nodeapi.SegmentWithProof) { s.Index = 1<<64 - 1 }, -32602, "Invalid params: index", "index out of bound"},
		{"a sector too few", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Data = s.Data[:len(s.Data)-256] }, -32602, "Invalid params: data", "invalid data length"},
		{"the last segment a sector too long", 2, seq, func(s *nodeapi.SegmentWithProof) { s.Data = append(s.Data, make([]byte, 256)...) }, -32602, "Invalid params: data", "invalid data length"},
		{"one bit of data", 1, seq, func(s *nodeapi.SegmentWithProof) { s.Data[1000] ^= 1 }, -32602, "Invalid params: proof", "invalid proof"},
		{"the proof of another segment", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Proof = u.segment(1).Proof }, -32602, "Invalid params: proof", "invalid proof"},
		{"the proof of another file", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Proof = other.segment(0).Proof }, -32602, "Invalid params: proof", "invalid proof"},
		{"a path one step short", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Proof.Path = s.Proof.Path[1:] }, -32602, "Invalid params: proof", "invalid proof"},
		{"a lemma one hash long", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Proof.Lemma = append(s.Proof.Lemma, nodeapi.Hash{}) }, -32602, "Invalid params: proof", "invalid proof"},
		{"a path that says right for left", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Proof.Path[0] = !s.Proof.Path[0] }, -32602, "Invalid params: proof", "invalid proof"},
		{"no proof", 0, seq, func(s *nodeapi.SegmentWithProof) { s.Proof = nodeapi.Proof{} }, -32602, "Invalid params: proof", "invalid proof"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := u.segment(c.index)
			c.change(&s)
			a := h.call("zgs_uploadSegmentsByTxSeq", fmt.Sprintf("[[%s],%d]", mustJSON(t, s), c.seq))
			if a.Error == nil || a.Error.Code != c.code || a.Error.Message != c.message || a.Error.Data != c.data {
				t.Errorf("got %+v, want %d %q %q", a.Error, c.code, c.message, c.data)
			}
		})
	}
	if info := h.info(u); info.UploadedSegNum != 0 {
		t.Fatalf("%d segments were stored", info.UploadedSegNum)
	}
	if status := h.node.NodeStatus(h.ctx()); status.Loads != 1 { // the finished file's
		t.Fatalf("%d loads on disk, want 1: a refused segment was written", status.Loads)
	}
	h.send(u) // and the right ones are taken
}

func TestDuplicateSegments(t *testing.T) {
	h := start(t)
	u := h.submit(content(2*layout.LoadSize, 0))
	one := mustJSON(t, u.segment(0))
	const duplicate = "segment has already been uploaded or is being uploaded"
	for _, c := range []struct {
		name, method, params, want string
	}{
		{"the first", "zgs_uploadSegment", "[" + one + "]", ""},
		{"again by root", "zgs_uploadSegment", "[" + one + "]", duplicate},
		{"again in a list by root", "zgs_uploadSegments", "[[" + one + "]]", duplicate},
		{"again by number", "zgs_uploadSegmentByTxSeq", fmt.Sprintf("[%s,%d]", one, u.entry.TxSeq), duplicate},
		{"again in a list by number is skipped", "zgs_uploadSegmentsByTxSeq", fmt.Sprintf("[[%s],%d]", one, u.entry.TxSeq), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.call(c.method, c.params)
			switch {
			case c.want == "" && (a.Error != nil || string(a.Result) != "0"):
				t.Errorf("got %s %v, want the number 0", a.Result, a.Error)
			case c.want != "" && (a.Error == nil || !strings.Contains(a.Error.Message, c.want)):
				t.Errorf("got %v, want %q", a.Error, c.want)
			}
		})
	}
}

func TestDownloadsRefuseBadRangesAndAnswerNullForWhatIsNotHere(t *testing.T) {
	h := start(t)
	u := h.submit(content(300_000, 0)) // 1172 sectors
	if err := h.client.UploadSegmentsByTxSeq(h.ctx(), []nodeapi.SegmentWithProof{u.segment(0)}, u.entry.TxSeq); err != nil {
		t.Fatal(err)
	}
	seq, root := u.entry.TxSeq, u.root()
	for _, c := range []struct {
		name, method, params, message, data string
	}{
		{"start equals end", "zgs_downloadSegmentByTxSeq", fmt.Sprintf("[%d,5,5]", seq), "Invalid params: end_index", "invalid chunk index"},
		{"more than a segment", "zgs_downloadSegmentByTxSeq", fmt.Sprintf("[%d,0,1025]", seq), "Invalid params: end_index", "exceeds maximum chunks 1024"},
		{"past the file", "zgs_downloadSegmentByTxSeq", fmt.Sprintf("[%d,1024,1173]", seq), "Invalid params: end_index", "index out of bound"},
		{"segment past the file", "zgs_downloadSegmentWithProofByTxSeq", fmt.Sprintf("[%d,2]", seq), "Invalid params: index", "index out of bound"},
		{"a segment not uploaded", "zgs_downloadSegmentByTxSeq", fmt.Sprintf("[%d,1024,1172]", seq), "", "null"},
		{"a range half of which is not uploaded", "zgs_downloadSegmentByTxSeq", fmt.Sprintf("[%d,1000,1100]", seq), "", "null"},
		{"a segment with proof not uploaded", "zgs_downloadSegmentWithProof", fmt.Sprintf(`["%s",1]`, root), "", "null"},
		{"an unknown file", "zgs_downloadSegmentByTxSeq", "[77,0,1]", "", "null"},
		{"an unknown root", "zgs_downloadSegment", fmt.Sprintf(`["%s",0,1]`, nodeapi.Hash{1}), "", "null"},
		{"an unknown number's info", "zgs_getFileInfoByTxSeq", "[77]", "", "null"},
		{"an unknown root's info", "zgs_getFileInfo", fmt.Sprintf(`["%s",true]`, nodeapi.Hash{1}), "", "null"},
		{"whether an unknown file is final", "zgs_checkFileFinalized", "[77]", "", "null"},
		{"whether an unfinished file is final", "zgs_checkFileFinalized", fmt.Sprintf(`["%s"]`, root), "", "false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.call(c.method, c.params)
			if c.message != "" {
				if a.Error == nil || a.Error.Message != c.message || a.Error.Data != c.data || a.Error.Code != -32602 {
					t.Errorf("got %+v, want %q %q", a.Error, c.message, c.data)
				}
				return
			}
			if a.Error != nil || string(a.Result) != c.data {
				t.Errorf("got %.60s %v, want %s", a.Result, a.Error, c.data)
			}
		})
	}
	for path, want := range map[string]int{
		"/v1/files/" + root.String():            409,
		"/v1/files/" + nodeapi.Hash{1}.String(): 404,
		"/v1/files/0x12":                        400,
		fmt.Sprintf("/v1/segments/%d/1", seq):   404,
		fmt.Sprintf("/v1/segments/%d/0", seq):   200,
		"/v1/segments/x/0":                      400,
	} {
		if status, body := h.get(path); status != want || (want != 200 && !json.Valid(body)) {
			t.Errorf("GET %s: HTTP %d %.100s, want %d", path, status, body, want)
		}
	}
}

// trust B16: whatever comes as a body, the answer is JSON-RPC with HTTP 200.
func TestB16_MalformedRequests(t *testing.T) {
	h := start(t)
	deep := strings.Repeat("[", 10_000)
	for _, c := range []struct {
		name, body string
		code       int
		id         string
	}{
		{"empty body", "", -32700, "null"},
		{"not JSON", "hello", -32700, "null"},
		{"cut off", `{"jsonrpc":"2.0","id":1,"method":"zgs_getStatus"`, -32700, "null"},
		{"brackets without end", deep, -32700, "null"},
		{"brackets as a parameter", `{"id":1,"method":"zgs_getStatus","params":` + deep + strings.Repeat("]", 10_000) + `}`, -32700, "null"},
		{"a number", "7", -32600, "null"},
		{"an empty batch", "[]", -32600, "null"},
		{"no method", `{"jsonrpc":"2.0","id":5}`, -32600, "5"},
		{"method is a number", `{"jsonrpc":"2.0","id":5,"method":7}`, -32600, "5"},
		{"an object as id", `{"jsonrpc":"2.0","id":{},"method":"zgs_getStatus"}`, -32600, "null"},
		{"JSON-RPC 1.0", `{"jsonrpc":"1.0","id":5,"method":"zgs_getStatus"}`, -32600, "5"},
		{"unknown method", `{"jsonrpc":"2.0","id":5,"method":"zgs_nothing","params":[]}`, -32601, "5"},
		{"admin method on the public port", `{"jsonrpc":"2.0","id":5,"method":"admin_shutdown","params":[]}`, -32601, "5"},
		{"named parameters", `{"jsonrpc":"2.0","id":5,"method":"zgs_getFileInfo","params":{"root":1}}`, -32602, "5"},
		{"missing parameters", `{"jsonrpc":"2.0","id":5,"method":"zgs_getFileInfo"}`, -32602, "5"},
		{"a root of 31 bytes", `{"jsonrpc":"2.0","id":5,"method":"zgs_getFileInfo","params":["0x` + strings.Repeat("0", 62) + `",true]}`, -32602, "5"},
		{"a root without 0x", `{"jsonrpc":"2.0","id":5,"method":"zgs_getFileInfo","params":["` + strings.Repeat("0", 64) + `",true]}`, -32602, "5"},
		{"a negative number", `{"jsonrpc":"2.0","id":5,"method":"zgs_getFileInfoByTxSeq","params":[-1]}`, -32602, "5"},
		{"a number of 2^64", `{"jsonrpc":"2.0","id":5,"method":"zgs_getFileInfoByTxSeq","params":[18446744073709551616]}`, -32602, "5"},
		{"malformed base64", `{"jsonrpc":"2.0","id":5,"method":"zgs_uploadSegment","params":[{"data":"###"}]}`, -32602, "5"},
		{"base64 with a line break", `{"jsonrpc":"2.0","id":5,"method":"zgs_uploadSegment","params":[{"data":"AAAA\nAAAA"}]}`, -32602, "5"},
		{"a segment that is a string", `{"jsonrpc":"2.0","id":5,"method":"zgs_uploadSegments","params":[["x"]]}`, -32602, "5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := h.post(c.body)
			var a answer
			if err := json.Unmarshal(body, &a); status != 200 || err != nil {
				t.Fatalf("HTTP %d %v: %.200s", status, err, body)
			}
			if a.Error == nil || a.Error.Code != c.code || string(a.ID) != c.id {
				t.Errorf("got id %s, %+v; want id %s, code %d", a.ID, a.Error, c.id, c.code)
			}
		})
	}
}

func TestIDsComeBackAsTheyCame(t *testing.T) {
	h := start(t)
	for _, id := range []string{"1", "17000000000000001", "123456789012345678901234567890", "1.5", "-3e10", `"a\u00e9b"`, `""`, "null"} {
		_, body := h.post(`{"jsonrpc":"2.0","id":` + id + `,"method":"zgs_getShardConfig"}`)
		if want := `{"jsonrpc":"2.0","id":` + id + `,"result":{"shardId":0,"numShard":1}}`; string(body) != want {
			t.Errorf("got %s, want %s", body, want)
		}
	}
	for name, body := range map[string]string{
		"params null":             `{"jsonrpc":"2.0","id":1,"method":"zgs_getShardConfig","params":null}`,
		"params absent":           `{"jsonrpc":"2.0","id":1,"method":"zgs_getShardConfig"}`,
		"space everywhere":        " {\n\t\"id\" : 1 , \"method\" : \"zgs_getShardConfig\" , \"params\" : [ ] } \r\n",
		"keys in another order":   `{"params":[],"method":"zgs_getShardConfig","id":1,"jsonrpc":"2.0"}`,
		"a key that nobody reads": `{"jsonrpc":"2.0","x":{"y":["]\"",{}]},"id":1,"method":"zgs_getShardConfig"}`,
	} {
		if _, got := h.post(body); string(got) != `{"jsonrpc":"2.0","id":1,"result":{"shardId":0,"numShard":1}}` {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestBatches(t *testing.T) {
	h := start(t)
	_, body := h.post(`[{"jsonrpc":"2.0","id":1,"method":"zgs_getShardConfig"},{"jsonrpc":"2.0","method":"zgs_getShardConfig"},7,{"jsonrpc":"2.0","id":"b","method":"x"}]`)
	var answers []answer
	if err := json.Unmarshal(body, &answers); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(answers) != 3 || string(answers[0].ID) != "1" || answers[1].Error.Code != -32600 || answers[2].Error.Code != -32601 {
		t.Errorf("got %s", body)
	}
	many := "[" + strings.Repeat(`{"id":1,"method":"zgs_getShardConfig"},`, 1000) + `{"id":1,"method":"zgs_getShardConfig"}]`
	if _, body := h.post(many); !strings.Contains(string(body), "-32600") {
		t.Errorf("1001 calls: %.200s", body)
	}
}

// A browser may talk to the node from any page.
func TestCORS(t *testing.T) {
	h := start(t)
	request, err := http.NewRequest(http.MethodOptions, h.server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "https://app.example")
	request.Header.Set("Access-Control-Request-Method", "POST")
	response, err := h.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 204 || response.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(response.Header.Get("Access-Control-Allow-Headers"), "Content-Type") {
		t.Errorf("preflight: HTTP %d, %v", response.StatusCode, response.Header)
	}
}

// trust B31: a body over the limit is refused before it is read, in JSON-RPC.
func TestB31_BodyOverTheLimit(t *testing.T) {
	h := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n[", 200<<20)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil || response.StatusCode != 413 || a.Error == nil || a.Error.Code != -32007 {
		t.Errorf("HTTP %d %+v %v, want 413 and code -32007", response.StatusCode, a.Error, err)
	}
}

// The fast door has the checks of zgs_uploadSegmentsByTxSeq.
func TestFastDoorRefusesWhatJSONRPCRefuses(t *testing.T) {
	h := start(t)
	u := h.submit(content(2*layout.LoadSize, 0))
	good := u.segment(0)
	header, err := nodeapi.EncodeProofHeader(good.Proof)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good.Data)
	flipped[0] ^= 1
	seq := u.entry.TxSeq
	for _, c := range []struct {
		name   string
		path   string
		data   []byte
		proof  string
		status int
		text   string
	}{
		{"one bit of data", fmt.Sprintf("/v1/segments/%d/0", seq), flipped, header, 400, "invalid proof"},
		{"another index", fmt.Sprintf("/v1/segments/%d/1", seq), good.Data, header, 400, "invalid proof"},
		{"index past the end", fmt.Sprintf("/v1/segments/%d/2", seq), good.Data, header, 400, "index out of bound"},
		{"no proof", fmt.Sprintf("/v1/segments/%d/0", seq), good.Data, "", 400, "malformed"},
		{"a proof that is not base64", fmt.Sprintf("/v1/segments/%d/0", seq), good.Data, "{}", 400, "malformed"},
		{"a proof that is not JSON", fmt.Sprintf("/v1/segments/%d/0", seq), good.Data, base64.StdEncoding.EncodeToString([]byte("[")), 400, "malformed"},
		{"an unknown entry", "/v1/segments/99/0", good.Data, header, 404, "file unknown"},
		{"a byte too many", fmt.Sprintf("/v1/segments/%d/0", seq), append(bytes.Clone(good.Data), 0), header, 413, "too large"},
		{"the right one", fmt.Sprintf("/v1/segments/%d/0", seq), good.Data, header, 200, `"stored":true`},
		{"the same again", fmt.Sprintf("/v1/segments/%d/0", seq), good.Data, header, 200, `"stored":true`},
	} {
		t.Run(c.name, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodPut, h.server.URL+c.path, bytes.NewReader(c.data))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set(nodeapi.HeaderProof, c.proof)
			response, err := h.http.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var body bytes.Buffer
			_, _ = body.ReadFrom(response.Body)
			if response.StatusCode != c.status || !strings.Contains(body.String(), c.text) {
				t.Errorf("HTTP %d %s, want %d with %q", response.StatusCode, body.String(), c.status, c.text)
			}
		})
	}
	if err := h.client.PutSegment(h.ctx(), seq, 1, u.segment(1).Data, u.segment(1).Proof); err != nil || !h.info(u).Finalized {
		t.Errorf("the other segment by the client: %v", err)
	}
}
