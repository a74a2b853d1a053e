//go:build e2e

package clients

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Kinds of strings on the wire. Where a kind is compared the value is not:
// hashes, heights, ids and amounts may differ, what can be parsed may not.
var kinds = []struct {
	name string
	text *regexp.Regexp
}{
	{"hash", regexp.MustCompile(`^0x[0-9a-fA-F]{64}$`)},
	{"address", regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)},
	{"bloom", regexp.MustCompile(`^0x[0-9a-f]{512}$`)},
	{"quantity", regexp.MustCompile(`^0x(0|[1-9a-f][0-9a-f]{0,31})$`)},
	{"bytes", regexp.MustCompile(`^0x([0-9a-f]{2})*$`)},
	{"url", regexp.MustCompile(`^https?://`)},
}

func isKind(kind, text string) bool {
	for _, k := range kinds {
		if k.name == kind {
			return k.text.MatchString(text)
		}
	}
	return false
}

func kindOf(text string) string {
	for _, k := range kinds {
		if k.text.MatchString(text) {
			return k.name
		}
	}
	return "text"
}

// differ lists where an answer has another shape than the recorded one: other
// keys, other JSON types, other kinds of strings.
func differ(path string, want, got any) (out []string) {
	say := func(format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			say("got %s, want an object", show(got))
			return out
		}
		have, need := slices.Sorted(maps.Keys(object)), slices.Sorted(maps.Keys(want))
		if !slices.Equal(have, need) {
			say("keys %v, want %v", have, need)
		}
		for _, key := range need {
			if value, ok := object[key]; ok {
				out = append(out, differ(path+"."+key, want[key], value)...)
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok || (len(want) > 0) != (len(list) > 0) {
			say("got %s, want a list of %d", show(got), len(want))
			return out
		}
		for i, value := range list {
			out = append(out, differ(fmt.Sprintf("%s[%d]", path, i), want[min(i, len(want)-1)], value)...)
		}
	case string:
		text, ok := got.(string)
		if !ok {
			say("got %s, want a string", show(got))
		} else if why := differString(want, text); why != "" {
			say("%s", why)
		}
	default: // numbers, booleans, null
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			say("got %s, want a %T", show(got), want)
		}
	}
	return out
}

// differString compares kinds, and of a string that was cut its start and length.
// A string "<kind>" of our own tables stands for any of that kind.
func differString(want, got string) string {
	if kind, ok := strings.CutPrefix(want, "<"); ok {
		if kind = strings.TrimSuffix(kind, ">"); !isKind(kind, got) {
			return fmt.Sprintf("got %.80q, want a %s", got, kind)
		}
		return ""
	}
	if start, length, ok := strings.Cut(want, "…("); ok {
		if n, _ := strconv.Atoi(strings.TrimSuffix(length, ")")); n != len(got) || !strings.HasPrefix(got, start) {
			return fmt.Sprintf("%d characters from %.40q, want %s of them from %.40q", len(got), got, length, start)
		}
		return ""
	}
	if kindOf(want) != kindOf(got) {
		return fmt.Sprintf("got %.80q, a %s; want a %s as %.80q", got, kindOf(got), kindOf(want), want)
	}
	return ""
}

func show(value any) string {
	text, _ := json.Marshal(value)
	if len(text) > 120 {
		text = append(text[:120], "..."...)
	}
	return strings.ToValidUTF8(string(text), string(utf8.RuneError))
}

// The EVM's answers were not recorded; these are what go-ethereum's client
// decodes them into, which both Go clients are built on.
const (
	receiptShape = `{"blockHash":"<hash>","blockNumber":"<quantity>","contractAddress":null,"cumulativeGasUsed":"<quantity>",
		"effectiveGasPrice":"<quantity>","from":"<address>","gasUsed":"<quantity>","logs":[{"address":"<address>","topics":["<hash>"],
		"data":"<bytes>","blockNumber":"<quantity>","blockHash":"<hash>","blockTimestamp":"<quantity>","transactionHash":"<hash>",
		"transactionIndex":"<quantity>","logIndex":"<quantity>","removed":false}],"logsBloom":"<bloom>","status":"<quantity>",
		"to":"<address>","transactionHash":"<hash>","transactionIndex":"<quantity>","type":"<quantity>"}`
	quantityShape = `"<quantity>"`
	hashShape     = `"<hash>"`
	bytesShape    = `"<bytes>"`
)

func TestDifferSeesEveryKindOfDifference(t *testing.T) {
	parse := func(text string) (v any) {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	hash := `"0x` + strings.Repeat("a1", 32) + `"`
	other := `"0x` + strings.Repeat("b2", 32) + `"`
	for _, c := range []struct {
		name, want, got string
		same            bool
	}{
		{"equal", `{"a":[1,{"b":` + hash + `}]}`, `{"a":[2,{"b":` + other + `},{"b":` + hash + `}]}`, true},
		{"a key too many", `{"a":1}`, `{"a":1,"b":2}`, false},
		{"a key missing", `{"a":1,"b":2}`, `{"a":1}`, false},
		{"a number as text", `{"a":1}`, `{"a":"1"}`, false},
		{"null for an object", `{"a":{}}`, `{"a":null}`, false},
		{"a shorter hash", hash, `"0xa1"`, false},
		{"the second of a list", `[{"a":1}]`, `[{"a":1},{"a":"x"}]`, false},
		{"nothing for a list", `[1]`, `[]`, false},
		{"a quantity with a zero in front", quantityShape, `"0x01"`, false},
		{"a quantity", quantityShape, `"0x10"`, true},
		{"cut, the same", `"abc…(5)"`, `"abcde"`, true},
		{"cut, longer", `"abc…(5)"`, `"abcdef"`, false},
		{"cut, other", `"abc…(5)"`, `"abdde"`, false},
		{"true for a number", `1`, `true`, false},
	} {
		if got := differ("", parse(c.want), parse(c.got)); (len(got) == 0) != c.same {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
