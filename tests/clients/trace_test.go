//go:build e2e

package clients

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// traces are the recorded sessions of the storage node's room; one copy serves
// both. Each is the upload and the verified download of 300 000 bytes by a real
// client, every call in order (protocol-storage.md, vectors).
const traces = "../../sidecar/storage/testdata/"

// call is one recorded call. Long strings in it end with "…(full length)".
type call struct {
	method string
	params string // JSON, "" for none
	answer string // JSON, "" where it was not recorded: the EVM's
	tx     *recordedTx
}

// recordedTx is what the recorder decoded of a raw transaction.
type recordedTx struct {
	Type        int    `json:"type"`
	To          string `json:"to"`
	Selector    string `json:"sel"`
	submissions []recordedSubmission
}

type recordedSubmission struct {
	Length string `json:"length"` // bytes
	Tags   string `json:"tags"`
	Nodes  []struct {
		Root   string `json:"root"`
		Height int64  `json:"height"`
	} `json:"nodes"`
	Submitter string `json:"submitter"` // "" in the old ABI
	Root      string `json:"foldedRoot"`
}

// readTrace parses a recording.
func readTrace(t *testing.T, name string) (calls []*call) {
	t.Helper()
	file, err := os.Open(traces + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decode := func(text string, into any) {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v in %.200s", name, err, text)
		}
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if answer, ok := strings.CutPrefix(line, "     <- "); ok {
			calls[len(calls)-1].answer = answer
		} else if text, ok := strings.CutPrefix(line, "   decoded tx: "); ok {
			last := calls[len(calls)-1]
			last.tx = &recordedTx{}
			decode(text, last.tx)
		} else if text, ok := strings.CutPrefix(line, "   submission: "); ok {
			var s recordedSubmission
			decode(text, &s)
			last := calls[len(calls)-1]
			last.tx.submissions = append(last.tx.submissions, s)
		} else if method, params, ok := strings.Cut(line, " "); ok {
			calls = append(calls, &call{method: method, params: strings.TrimSuffix(params, "undefined")})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return calls
}

// theTx is the one transaction of a recording.
func theTx(t *testing.T, calls []*call) *recordedTx {
	t.Helper()
	for _, c := range calls {
		if c.tx != nil {
			return c.tx
		}
	}
	t.Fatal("the recording has no transaction")
	return nil
}
