//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// validators are the CometBFT doors of a devnet's validators, by their ports.
func (d *devnet) validators(n int) []string {
	d.T.Helper()
	var from int
	if _, err := fmt.Sscanf(d.Ready().CometRPC, "http://127.0.0.1:%d", &from); err != nil {
		d.T.Fatal(err)
	}
	urls := make([]string, n)
	for i := range urls {
		urls[i] = fmt.Sprintf("http://127.0.0.1:%d", from+10*i) // ten ports each (--ports-from)
	}
	return urls
}

// height is the newest block a validator knows.
func height(url string) (int64, error) {
	var answer struct {
		Result struct {
			SyncInfo struct {
				Height string `json:"latest_block_height"`
			} `json:"sync_info"`
		}
	}
	if err := harness.GetJSON(url+"/status", &answer); err != nil {
		return 0, err
	}
	return strconv.ParseInt(answer.Result.SyncInfo.Height, 10, 64)
}

// headerHashes reads the hashes of up to 20 blocks that end at height.
func headerHashes(url string, from, to int64) (map[int64]string, error) {
	var answer struct {
		Result struct {
			Metas []struct {
				BlockID struct{ Hash string } `json:"block_id"`
				Header  struct{ Height string }
			} `json:"block_metas"`
		}
	}
	if err := harness.GetJSON(fmt.Sprintf("%s/blockchain?minHeight=%d&maxHeight=%d", url, from, to), &answer); err != nil {
		return nil, err
	}
	hashes := make(map[int64]string)
	for _, meta := range answer.Result.Metas {
		h, err := strconv.ParseInt(meta.Header.Height, 10, 64)
		if err != nil {
			return nil, err
		}
		hashes[h] = meta.BlockID.Hash
	}
	return hashes, nil
}

// oneBlockPerHeight compares the validators' blocks at every height.
func (d *devnet) oneBlockPerHeight(urls []string, to int64) {
	d.T.Helper()
	const page = 20
	for from := int64(1); from <= to; from += page {
		last := min(from+page-1, to)
		var first map[int64]string
		for i, url := range urls {
			hashes, err := headerHashes(url, from, last)
			if err != nil || int64(len(hashes)) != last-from+1 {
				d.T.Fatalf("validator %d: %d headers from %d to %d, want %d (%v)", i, len(hashes), from, last, last-from+1, err)
			}
			if i == 0 {
				first = hashes
			}
			for h := from; h <= last; h++ {
				if hashes[h] == "" || hashes[h] != first[h] {
					d.T.Fatalf("height %d: validator %d has block %s, validator 0 has %s", h, i, hashes[h], first[h])
				}
			}
		}
	}
	d.T.Logf("one block at each of %d heights on %d validators", to, len(urls))
}

// grows waits for n more blocks on every listed validator.
func (d *devnet) grows(urls []string, n int64, limit time.Duration) {
	d.T.Helper()
	goal := d.newest(urls) + n
	harness.Until(d.T, limit, fmt.Sprintf("height %d on %d validators", goal, len(urls)), func() (bool, string) {
		for _, url := range urls {
			if h, err := height(url); err != nil || h < goal {
				return false, fmt.Sprintf("%s is at %d (%v)", url, h, err)
			}
		}
		return true, ""
	})
}

func (d *devnet) newest(urls []string) int64 {
	var newest int64
	for _, url := range urls {
		if h, err := height(url); err == nil {
			newest = max(newest, h)
		}
	}
	return newest
}

// freeze stops a validator's process where it stands: it is as good as dead to
// the others, and the supervisor does not heal it. thaw lets it go on.
func (d *devnet) freeze(names ...string) (thaw func()) {
	d.T.Helper()
	pids := d.Ready().PIDs
	signal := func(s syscall.Signal) {
		for _, name := range names {
			if err := syscall.Kill(pids[name], s); err != nil {
				d.T.Fatalf("%s to %s: %v", s, name, err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	return func() { signal(syscall.SIGCONT) }
}

// TestC01_ConsensusOutlivesOneOfFourAndHaltsWithoutTwo: the devnet with four
// validators goes on without one, halts without two, resumes, and no height has
// two blocks. A validator is taken away by SIGSTOP, so that nothing heals it,
// and once by SIGKILL. mission C01
func TestC01_ConsensusOutlivesOneOfFourAndHaltsWithoutTwo(t *testing.T) {
	d := newDevnet(t, 4, "--validators", "4", "--storage", "0", "--miners", "0", "--block-time", "500ms")
	d.Start()
	all := d.validators(4)
	d.grows(all, 3, time.Minute)

	d.kill("zgd-3")
	d.grows(all, 3, time.Minute)

	thawThird := d.freeze("zgd-3")
	d.grows(all[:3], 5, time.Minute)

	thawSecond := d.freeze("zgd-2")
	time.Sleep(3 * time.Second) // a block may be under way
	halted := d.newest(all[:2])
	time.Sleep(6 * time.Second)
	if now := d.newest(all[:2]); now != halted {
		t.Errorf("two of four validators went on from height %d to %d", halted, now)
	}

	thawSecond()
	d.grows(all[:3], 3, 2*time.Minute)
	thawThird()
	d.grows(all, 3, 2*time.Minute)
	d.oneBlockPerHeight(all, d.newest(all)-1)
	d.Stop(syscall.SIGTERM)
}

// finality is what `zgd bench finality` prints.
type finality struct {
	Sent      int     `json:"sent"`
	Committed int     `json:"committed"`
	P50MS     float64 `json:"p50_ms"`
	P99MS     float64 `json:"p99_ms"`
}

func (d *devnet) finality() (report finality) {
	d.T.Helper()
	r := d.Ready()
	bench := harness.Command(d.T, 3*time.Minute, "zgd", "bench", "finality", "--rpc", r.EVMRPC,
		"--key-file", r.Accounts[0].PrivateKeyFile, "--rate", "20", "--duration", "20s", "--json")
	if err := json.Unmarshal([]byte(bench.Stdout), &report); err != nil || bench.Code != 0 {
		d.T.Fatalf("zgd bench finality: exit code %d, %v\n%s\n%s", bench.Code, err, bench.Stdout, bench.Stderr)
	}
	d.T.Logf("finality: %s", bench.Stdout)
	if report.Committed != report.Sent || report.Sent < 300 {
		d.T.Fatalf("got %+v, want 300 or more sent and all of them committed", report)
	}
	return report
}

// TestC02_FinalityBelowASecond: four validators on one machine, blocks of half a
// second, an open loop of transfers. From the moment a transaction was due to
// its receipt the median is below 1 s and the 99th percentile below 2 s. A
// machine that others use at the same time gets three chances; what is sent
// must be committed in each.
// mission C02
func TestC02_FinalityBelowASecond(t *testing.T) {
	d := newDevnet(t, 4, "--validators", "4", "--storage", "0", "--miners", "0", "--block-time", "500ms")
	d.Start()
	var reports []finality
	for range 3 {
		report := d.finality()
		if reports = append(reports, report); report.P50MS < 1000 && report.P99MS < 2000 {
			d.Stop(syscall.SIGTERM)
			return
		}
	}
	t.Errorf("got %+v, want p50 below 1000 ms and p99 below 2000 ms in one of them", reports)
}
