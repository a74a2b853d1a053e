//go:build e2e

package clients

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// halves starts two storage nodes of half a shard each beside a devnet; each is
// told of both, and the first is the indexer that clients are given.
func halves(t *testing.T, d *harness.Devnet, flags ...string) (urls [2]string) {
	t.Helper()
	ready, port := d.Ready(), harness.FreePorts(t, 4)
	for i := range urls {
		urls[i] = fmt.Sprintf("http://127.0.0.1:%d", port+i)
	}
	for i := range urls {
		var out bytes.Buffer
		cmd := exec.Command(harness.Binary(t, "zg-storage"), append([]string{"start", "--home", t.TempDir(),
			"--shard", fmt.Sprintf("%d/2", i), "--peers", strings.Join(urls[:], ","),
			"--chain-grpc", ready.GRPC, "--comet-rpc", ready.CometRPC,
			"--listen", fmt.Sprintf("127.0.0.1:%d", port+i), "--admin-listen", fmt.Sprintf("127.0.0.1:%d", port+2+i)}, flags...)...)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil || t.Failed() {
				t.Logf("half %d: %v\n%s", i, err, harness.Last(out.String(), 4000))
			}
		})
	}
	for _, url := range urls {
		harness.Until(t, 30*time.Second, "both halves tell of each other", func() (bool, string) {
			result, err := post(url, "indexer_getSelectedNodes", `[1,"min",true,[]]`)
			return err == nil, fmt.Sprint(string(result), err)
		})
	}
	return urls
}

// mission S19 (two shards behind one URL)
//
// One URL is enough for a network in which no node has everything.
func TestTwoHalvesServeEveryClientThroughOneURL(t *testing.T) {
	d := harness.New(t, 1, "--storage", "0", "--miners", "0", "--block-time", "200ms")
	d.Start()
	urls := halves(t, d)
	// Both SDKs forget tasks when nodes have different numbers of them (README),
	// unless one request is enough for all segments of a node.
	const wholeShare = 128
	for i, sdk := range []string{newSDK, oldSDK} {
		t.Run(sdk, func(t *testing.T) {
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: urls[0], Way: "indexer", Sizes: append(append([]int{}, small...), large[0]), Shift: 1 + i, TaskSize: wholeShare})
		})
		t.Run(sdk+", as many segments in each half", func(t *testing.T) {
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: urls[1], Way: "indexer", Sizes: []int{1000, 262145, 16 << 20}, Shift: 11 + i})
		})
		t.Run(sdk+", the same file twice", func(t *testing.T) {
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: urls[0], Way: "indexer", Sizes: []int{900, 262144, 262145}, Shift: 21 + i, Times: 2, TaskSize: wholeShare})
		})
	}
	t.Run("zg", func(t *testing.T) { putAndGet(t, d, urls) })
}

// mission S19 (two shards as one node)
//
// With --whole clients see one node that keeps everything, and need no option.
func TestTwoHalvesAsOneNodeServeClientsAsTheyCome(t *testing.T) {
	d := harness.New(t, 1, "--storage", "0", "--miners", "0", "--block-time", "200ms")
	d.Start()
	urls := halves(t, d, "--whole")
	for i, sdk := range []string{newSDK, oldSDK} {
		t.Run(sdk, func(t *testing.T) {
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: urls[0], Way: "indexer", Sizes: append(append([]int{}, small...), large...), Shift: 31 + i})
			run(t, d, "roundtrip.mjs", order{SDK: sdk, URL: urls[1] + "/whole", Way: "direct", Sizes: []int{1, 1<<20 + 1}, Shift: 41 + i})
			run(t, d, "fast.mjs", order{SDK: sdk, URL: urls[0] + "/whole", Sizes: []int{1, 100_000, 262144}, Shift: 51 + i})
		})
	}
}

// putAndGet is our own client: from both halves it gets all, from one it says
// what is missing.
func putAndGet(t *testing.T, d *harness.Devnet, urls [2]string) {
	nodes := []string{"--storage", urls[0], "--storage", urls[1]}
	file, back := harness.RandomFile(t, 10<<20+13, 3), filepath.Join(t.TempDir(), "back")
	root := strings.TrimSpace(d.ZG(append([]string{"put", "-y", file}, nodes...)...).Stdout)
	d.ZG(append([]string{"get", root, "-o", back}, nodes...)...)
	harness.SameFiles(t, file, back)
	if err := os.Remove(back); err != nil {
		t.Fatal(err)
	}
	r := harness.Command(t, time.Minute, "zg", "get", root, "-o", back, "--storage", urls[0], "--network", d.ReadyFile)
	if r.Code != 6 || !strings.Contains(r.Stderr, "ZG-4002") {
		t.Errorf("from one half: exit code %d, want 6 (incomplete)\n%s", r.Code, r.Stderr)
	}
}
