//go:build e2e && soak

package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// knob reads a size of a long run from the environment.
func knob(t *testing.T, name string, usual int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 1 {
		t.Fatalf("%s=%q: want a number above 0", name, text)
	}
	return value
}

// blockTime is the pause after each block; the validators' work comes on top.
func blockTime() string {
	if text := os.Getenv("ZG_SOAK_BLOCK_TIME"); text != "" {
		return text
	}
	return "100ms"
}

// TestSoakHeights: 10 000 heights (ZG_SOAK_HEIGHTS) of four validators, one of
// which is killed every now and then; no height has two blocks. mission C01
func TestSoakHeights(t *testing.T) {
	heights := knob(t, "ZG_SOAK_HEIGHTS", 10_000)
	rng := rand.New(rand.NewPCG(e2eSeed(t), 1))
	d := newDevnet(t, 4, "--validators", "4", "--storage", "0", "--miners", "0", "--block-time", blockTime())
	d.Start()
	all := d.validators(4)
	began := time.Now()
	for d.newest(all) < heights {
		d.grows(all, min(1000, heights), 10*time.Minute) // rarer than what the supervisor takes for a process that keeps dying
		d.kill([]string{"zgd-0", "zgd-1", "zgd-2", "zgd-3"}[rng.IntN(4)])
		t.Logf("height %d after %s", d.newest(all), time.Since(began).Round(time.Second))
	}
	d.grows(all, 3, 5*time.Minute)
	d.oneBlockPerHeight(all, d.newest(all)-1)
	d.Stop(syscall.SIGTERM)
}

// TestSoakLargeFile: 10 GiB (ZG_SOAK_BYTES) in and out, with one upload cut off
// half way, in constant memory of the client. mission S20
func TestSoakLargeFile(t *testing.T) {
	sizeBytes := knob(t, "ZG_SOAK_BYTES", 10<<30)
	const maxClientKiB = 512 << 10
	d := newDevnet(t, 3)
	d.Start()
	path := harness.RandomFile(t, sizeBytes, 5)

	began := time.Now()
	cut := harness.Command(t, 20*time.Second, "zg", "put", path, "--network", d.ReadyFile) // killed by the limit
	t.Logf("put was cut off after %s with exit code %d", time.Since(began).Round(time.Second), cut.Code)
	put := d.ZG("put", path)
	root := d.rootOf(put)
	t.Logf("put: %.0f s, %.0f MB/s, client memory %d MiB", put.Took.Seconds(), float64(sizeBytes)/1e6/put.Took.Seconds(), put.MaxRSSKiB>>10)

	d.mined(root, 30*time.Minute)
	out := filepath.Join(t.TempDir(), "out")
	get := d.ZG("get", root, "-o", out)
	t.Logf("get: %.0f s, %.0f MB/s, client memory %d MiB", get.Took.Seconds(), float64(sizeBytes)/1e6/get.Took.Seconds(), get.MaxRSSKiB>>10)
	harness.SameFiles(t, path, out)
	for what, r := range map[string]harness.Result{"put": put, "get": get} {
		if r.MaxRSSKiB > maxClientKiB {
			t.Errorf("%s took %d MiB of memory, want at most %d", what, r.MaxRSSKiB>>10, maxClientKiB>>10)
		}
	}
	d.Stop(syscall.SIGTERM)
}
