package cmd

import (
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client"
)

// Every code is in the README with its exit code, and none is used twice.
func TestEveryErrorCodeIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range append([]code{other}, codes...) {
		row := fmt.Sprintf("| <a id=\"%s\"></a>%s | %d |", strings.ToLower(c.id), c.id, c.exit)
		if !strings.Contains(string(text), row) {
			t.Errorf("README.md has no row that begins %q", row)
		}
		if seen[c.id] || c.why == "" || c.remedy == "" {
			t.Errorf("%s is used twice, or lacks its why or remedy", c.id)
		}
		seen[c.id] = true
	}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]string{
		"1zg": "1000000000000000000", "0.5zg": "500000000000000000", "1.000000000000000001zg": "1000000000000000001",
		"100azg": "100", "0azg": "0", ".5zg": "500000000000000000",
	} {
		if got, err := parseAmount(text); err != nil || got.String() != want {
			t.Errorf("%q: %v %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "1", "zg", "1.zg", "1.5azg", "-1zg", "+1zg", "1e3zg", "0x1zg", "1.0000000000000000001zg", "1 2zg", "1.2.3zg"} {
		if got, err := parseAmount(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	for azg, want := range map[int64]string{0: "0 azg", 999_999_999: "999999999 azg", 1_000_000_000: "0.000000001 zg", 1_500_000_000_000_000_000: "1.5 zg", 2_000_000_000_000_000_000: "2 zg"} {
		if got := formatAmount(big.NewInt(azg)); got != want {
			t.Errorf("%d: %s, want %s", azg, got, want)
		}
	}
}

func TestQuotedCommandsReadBack(t *testing.T) {
	got := quoteCommand([]string{"zg", "put", "a b", "it's", "", "$HOME", "plain"})
	if want := `zg put 'a b' 'it'\''s' '' '$HOME' plain`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrorsOfCobraAreUsage(t *testing.T) {
	if got := codeOf(fmt.Errorf("unknown flag: --x")); got.id != "ZG-1001" {
		t.Errorf("%s, want ZG-1001", got.id)
	}
	if got := codeOf(&runError{fmt.Errorf("disk on fire")}); got.id != "ZG-9000" {
		t.Errorf("%s, want ZG-9000", got.id)
	}
	if got := codeOf(&runError{fmt.Errorf("x: %w: %w", client.ErrPayment, client.ErrChainRejected)}); got.id != "ZG-2003" {
		t.Errorf("%s, want ZG-2003", got.id)
	}
}
