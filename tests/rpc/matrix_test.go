//go:build e2e

package rpc

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite matrix.md")

// Outcomes of a case of the matrix.
const (
	equal       = "equal"       // the same result as anvil, or an error with the same code
	differs     = "differs"     // for the reason given
	unsupported = "unsupported" // -32601, which every client knows
)

// entry is a case: a request that both servers get.
type entry struct {
	method, what string
	params       func(w *world, e endpoint) []any
	want         string
	reason       string   // why it differs, or what is compared
	schema       string   // name in schemas/eth.json that our result has to fit
	ignore       []string // names not compared, at any depth
	view         func(any) any
}

// with are parameters that are the same for both servers.
func with(params ...any) func(*world, endpoint) []any {
	return func(*world, endpoint) []any { return params }
}

// observed is what our server answered in a case, for the schema check.
type observed struct {
	Label  string          `json:"label"`
	Schema string          `json:"schema"`
	Value  json.RawMessage `json:"value"`
}

// matrix runs every case, checks its outcome and returns the values to hold
// against the schemas.
func matrix(t *testing.T, w *world) []observed {
	var values []observed
	var rows []string
	for _, c := range slices.Concat(chainCases(), stateCases(), executionCases(), transactionCases(), blockCases(), otherCases()) {
		label := strings.TrimSpace(c.method + " " + c.what)
		ours := w.zgd.call(c.method, c.params(w, w.zgd)...)
		theirs := w.anvil.call(c.method, c.params(w, w.anvil)...)
		got := outcome(c, ours, theirs)
		if got != c.want {
			t.Errorf("%s: %s, want %s\n zgd   %s\n anvil %s", label, got, c.want, showCompared(c, ours), showCompared(c, theirs))
		}
		if c.schema != "" {
			if ours.Error != nil {
				t.Errorf("%s: error %d %s, want a result", label, ours.Error.Code, ours.Error.Message)
			} else {
				values = append(values, observed{label, c.schema, ours.Result})
			}
		}
		reason := c.reason
		if c.want == unsupported && reason == "" {
			reason = "-32601"
		}
		if c.want == equal && ours.Error != nil {
			reason = strings.TrimPrefix(fmt.Sprintf("%s; error %d", reason, ours.Error.Code), "; ")
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", c.method, c.what, c.want, reason))
	}
	checkMatrix(t, rows)
	return values
}

func outcome(c entry, ours, theirs answer) string {
	switch {
	case ours.Error != nil && ours.Error.Code == -32601:
		return unsupported
	case ours.Error != nil && theirs.Error != nil:
		if ours.Error.Code == theirs.Error.Code && string(ours.Error.Data) == string(theirs.Error.Data) {
			return equal
		}
		return differs
	case ours.Error != nil || theirs.Error != nil:
		return differs
	}
	if reflect.DeepEqual(compared(c, ours.Result), compared(c, theirs.Result)) {
		return equal
	}
	return differs
}

// compared is the part of a result that a case compares.
func compared(c entry, raw json.RawMessage) any {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err.Error()
	}
	if c.view != nil {
		v = c.view(v)
	}
	return without(v, c.ignore)
}

// without leaves names out, and null fields, and the case of hex digits.
func without(v any, names []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			if value != nil && !slices.Contains(names, name) {
				out[name] = without(value, names)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = without(v[i], names)
		}
		return out
	case string:
		if strings.HasPrefix(v, "0x") {
			return strings.ToLower(v)
		}
	}
	return v
}

func show(a answer) string {
	if a.Error != nil {
		return fmt.Sprintf("error %d %s %s", a.Error.Code, a.Error.Message, a.Error.Data)
	}
	return fmt.Sprintf("%.900s", a.Result)
}

func showCompared(c entry, a answer) string {
	if a.Error != nil || len(a.Result) == 0 {
		return show(a)
	}
	text, _ := json.Marshal(compared(c, a.Result))
	return fmt.Sprintf("%.3000s", text)
}

const matrixHead = `# The methods, beside anvil

Written by ` + "`go test -tags e2e ./tests/rpc -update`" + `, checked by every run without it: zgd
and anvil get the same signed transactions and then the same questions. "equal" is
the same result (fields that name a block are not compared), or an error with the
same code; "unsupported" is -32601, which a client takes for an absent method.

| method | case | outcome | reason |
|---|---|---|---|
`

func checkMatrix(t *testing.T, rows []string) {
	t.Helper()
	text := matrixHead + strings.Join(rows, "\n") + "\n"
	if *update {
		if err := os.WriteFile("matrix.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile("matrix.md")
	if err != nil || string(have) != text {
		t.Errorf("matrix.md is out of date (%v): run with -update", err)
	}
}
