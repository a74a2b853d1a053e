//go:build e2e

package clients

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// The two SDKs in the field speak two ABIs (protocol-storage.md 0.1).
const (
	newSDK = "@0gfoundation/0g-ts-sdk" // 1.2.8
	oldSDK = "@0glabs/0g-ts-sdk"       // 0.3.3
)

// order is the one argument of the scripts.
type order struct {
	SDK      string `json:"sdk"`
	Account  string `json:"account"`
	URL      string `json:"url"`
	Way      string `json:"way,omitempty"` // indexer or direct
	Sizes    []int  `json:"sizes"`
	Shift    int    `json:"shift"`              // of the data rule; another shift, another file
	TaskSize int    `json:"taskSize,omitempty"` // segments per request; 0: the SDK's own
	Times    int    `json:"times,omitempty"`    // the same file so often
	Fragment int    `json:"fragmentSize,omitempty"`
}

// run gives the order to a script and logs what it says.
func run(t *testing.T, d *harness.Devnet, script string, o order) []string {
	t.Helper()
	o.Account = map[string]string{newSDK: "dev0", oldSDK: "dev1"}[o.SDK]
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	here := *d
	here.T = t
	lines := strings.Split(strings.TrimSpace(here.Node(5*time.Minute, script, string(text))), "\n")
	for _, line := range lines {
		t.Logf("%s %s: %s", o.SDK, o.Way, line)
	}
	return lines
}

// small and large are where something changes: a sector, a load, several loads,
// a padding of 1/16, a request of many segments.
var (
	small = []int{1, 255, 256, 257, 262144, 262145, 1<<20 + 1}
	large = []int{10<<20 + 13, 64 << 20}
)

// mission E06 (submit and price, through unmodified clients)
func TestUnmodifiedSDKsStoreAndFetch(t *testing.T) {
	d := harness.New(t, 2, "--storage", "1", "--miners", "0", "--block-time", "200ms")
	d.Start()
	node := d.Ready().Storage[0]
	shift := 0
	for _, sdk := range []string{newSDK, oldSDK} {
		for _, way := range []string{"indexer", "direct"} {
			shift++
			t.Run(fmt.Sprintf("%s through %s", sdk, way), func(t *testing.T) {
				run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: node, Way: way, Sizes: append(append([]int{}, small...), large[0]), Shift: shift})
			})
		}
		t.Run(sdk+", 64 MiB", func(t *testing.T) {
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: node, Way: "indexer", Sizes: large[1:], Shift: shift + 100})
		})
		t.Run(sdk+", the same file twice", func(t *testing.T) {
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: node, Way: "indexer", Sizes: []int{1000, 600_000}, Shift: shift + 110, Times: 2})
		})
		t.Run(sdk+", data ahead of the transaction", func(t *testing.T) {
			run(t, d, "fast.mjs", order{SDK: sdk, URL: node, Sizes: []int{1, 256, 100_000, 262144}, Shift: shift + 120})
		})
	}
	t.Run(newSDK+", fragments", func(t *testing.T) {
		run(t, d, "fragments.mjs", order{SDK: newSDK, URL: node, Sizes: []int{1_000_000}, Fragment: 262144, Shift: 200})
	})
}
