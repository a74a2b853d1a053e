//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/tests/harness"
)

// TestBlobsAreConfirmedInTwoBlocks measures B10: blobs of one shape on four
// validators with blocks of two seconds, one after another. ZG_DA_BLOBS says how
// many; the figure of the bar is of 20, and then of what is sustained.
//
// mission D19
func TestBlobsAreConfirmedInTwoBlocks(t *testing.T) {
	count := 5
	if text := os.Getenv("ZG_DA_BLOBS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil || count < 1 {
			t.Fatalf("ZG_DA_BLOBS=%q, want a number from 1", text)
		}
	}
	const blockTime = 2 * time.Second
	d := newDevnet(t, 4+1+1+4+1, "--validators", "4", "--da-signers", "4", "--block-time", blockTime.String())
	d.Start()
	var took []float64
	for i := range count {
		file := harness.RandomFile(t, 32*mib-16, uint64(100+i))
		put := d.daPut(file, "--direct")
		took = append(took, put.Seconds)
		from, to := put.Blobs[0].SubmitHeight, put.Blobs[0].ConfirmHeight
		t.Logf("blob %d: %.2f s, submitted in block %d, confirmed in block %d", i, put.Seconds, from, to)
		if to > from+2 {
			t.Errorf("blob %d was confirmed %d blocks after its order, want at most 2", i, to-from)
		}
	}
	slices.Sort(took)
	t.Logf("%d blobs of 32 MiB: p50 %.2f s, longest %.2f s; two blocks are %.0f s", count, took[count/2], took[count-1], 2*blockTime.Seconds())
	if count >= 20 {
		d.sustains(t, 2048*mib)
	}
}

// sustains puts one large file with one disperser and four members, on cores that
// everybody shares, and holds the bytes that are confirmed from the first
// confirmation to the last one to half of what the bars of coding (B4) and of
// checking (B6) compose to. What coding, checking and moving rows could do here is
// printed beside.
func (d *devnet) sustains(t *testing.T, sizeBytes int64) {
	file := harness.RandomFile(t, sizeBytes, 99)
	limits := []clienttest.Limits{clienttest.Limit(t, 4)}
	before, began := cpuByProgram(t), time.Now()
	r := d.ZG("da", "put", "--yes", "--output", "json", "--direct", "--memory-mib", "2048", file)
	passed, after := time.Since(began), cpuByProgram(t)
	limits = append(limits, clienttest.Limit(t, 4))
	var put daPut
	if err := json.Unmarshal([]byte(r.Stdout), &put); err != nil {
		t.Fatal(err)
	}
	sizes, left := map[int64]int64{}, sizeBytes
	for _, blob := range put.Blobs[:len(put.Blobs)-1] { // without the manifest
		n := min(left, 32*mib-16)
		sizes[blob.ConfirmHeight], left = sizes[blob.ConfirmHeight]+n, left-n
	}
	first, last := put.Blobs[0].ConfirmHeight, put.Blobs[0].ConfirmHeight
	for height := range sizes {
		first, last = min(first, height), max(last, height)
	}
	seconds := d.blockTime(t, last).Sub(d.blockTime(t, first)).Seconds()
	rate := float64(sizeBytes-sizes[first]) / seconds
	t.Logf("%d MiB in %d blobs: %.2f s (%.0f MB/s), %d MiB of memory; confirmed by height %v",
		sizeBytes/mib, len(put.Blobs), put.Seconds, float64(sizeBytes)/1e6/put.Seconds, r.MaxRSSKiB>>10, sizes)
	t.Logf("CPU: zg %.1f s", r.CPU.Seconds())
	for program, spent := range after {
		t.Logf("CPU: %s %.1f s", program, (spent - before[program]).Seconds())
	}
	t.Logf("in %.1f s; load %s", passed.Seconds(), load())
	work, moved := (limits[0].Work+limits[1].Work)/2, (limits[0].Moved+limits[1].Moved)/2
	t.Logf("sustained %.0f MB/s from height %d to %d, %.1f s: %.2f of coding and checking alone (%.0f MB/s), %.2f of it with the rows moved (%.0f MB/s)",
		rate/1e6, first, last, seconds, rate/work, work/1e6, rate/moved, moved/1e6)
	const coded, checked, members = 166, 380, 4 // MB/s of a core: of payload, and of rows, four times it
	if want := 0.5 * float64(runtime.NumCPU()) / (1.0/coded + members/float64(checked)); rate/1e6 < want {
		t.Errorf("sustained %.0f MB/s, want %.0f", rate/1e6, want)
	}
}

// blockTime is the time in the header of a block.
func (d *devnet) blockTime(t *testing.T, height int64) time.Time {
	t.Helper()
	var block struct {
		Result struct {
			Block struct {
				Header struct{ Time time.Time }
			}
		}
	}
	if err := harness.GetJSON(fmt.Sprintf("%s/block?height=%d", d.Ready().CometRPC, height), &block); err != nil {
		t.Fatal(err)
	}
	return block.Result.Block.Header.Time
}

// cpuByProgram is what the running programs of this project have used so far.
func cpuByProgram(t *testing.T) map[string]time.Duration {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	spent := map[string]time.Duration{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		from, to := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
		name, fields := string(text[from+1:to]), strings.Fields(string(text[to+1:]))
		if !strings.HasPrefix(name, "zg") {
			continue
		}
		for _, field := range fields[11:13] { // utime, stime
			ticks, _ := strconv.Atoi(field)
			spent[name] += time.Duration(ticks) * tick
		}
	}
	return spent
}

// load is the machine's load averages.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg") // a detail of the log
	return strings.TrimSpace(string(text))
}
