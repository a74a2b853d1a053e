//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// inflight is what the program of that name reports of a submission.
type inflight struct {
	TxHash  string `json:"tx_hash"`
	Height  int64  `json:"height"`
	Millis  int64  `json:"millis"`
	Entries int    `json:"entries"`
	Error   string `json:"error"`
}

// TestInFlightTransactionsShareABlock sends six transactions of one account at
// once through a node whose blocks are two seconds apart; then again while the
// node is killed and forgets what waited in its pool.
func TestInFlightTransactionsShareABlock(t *testing.T) {
	const count, validator = 6, "zgd-0"
	program := filepath.Join(t.TempDir(), "inflight")
	build := exec.Command("go", "build", "-o", program, "../../sidecar/internal/chain/chaintest/inflight")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	d := newDevnet(t, 2, "--validators", "1", "--storage", "0", "--miners", "0", "--block-time", "2s")
	d.Start()
	t.Cleanup(func() { d.Stop(syscall.SIGTERM) })

	t.Run("within two blocks", func(t *testing.T) {
		before := d.sequence(3)
		first, last := int64(0), int64(0)
		for _, r := range d.sendInFlight(t, program, count, func() {}) {
			if r.Error != "" || r.Entries != 1 {
				t.Errorf("%+v: want no error and one entry", r)
			}
			if first == 0 || r.Height < first {
				first = r.Height
			}
			last = max(last, r.Height)
		}
		if first == 0 || last > first+1 {
			t.Errorf("in blocks %d to %d, want two at most", first, last)
		}
		if got := d.sequence(3); got != before+count {
			t.Errorf("sequence %d after %d, want %d more", got, before, count)
		}
	})
	t.Run("once each when the node is killed", func(t *testing.T) {
		before, ran := d.sequence(3), 0
		for _, r := range d.sendInFlight(t, program, count, func() {
			time.Sleep(700 * time.Millisecond) // some wait in the pool, perhaps all
			if d.Ready().PIDs[validator] <= 0 {
				t.Fatalf("no process %q among %v", validator, d.Ready().PIDs) // 0 would be ourselves
			}
			d.kill(validator)
		}) {
			// what was not sent yet may fail for want of a node
			if r.Entries > 1 || r.Error == "" && r.Entries != 1 || r.TxHash == "" && r.Entries != 0 {
				t.Errorf("%+v: want it once, or not at all with an error", r)
			}
			ran += r.Entries
		}
		if got := d.sequence(3); got != before+uint64(ran) || ran == 0 {
			t.Errorf("sequence %d after %d, with %d entries", got, before, ran)
		}
	})
}

// sendInFlight runs the program, and something else meanwhile.
func (d *devnet) sendInFlight(t *testing.T, program string, count int, meanwhile func()) []inflight {
	t.Helper()
	ready := d.Ready()
	run := exec.Command(program, "-grpc", ready.GRPC, "-comet-rpc", ready.CometRPC,
		"-key-file", ready.Accounts[3].PrivateKeyFile, "-count", strconv.Itoa(count))
	var text bytes.Buffer
	run.Stdout, run.Stderr = &text, os.Stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	meanwhile()
	if err := run.Wait(); err != nil {
		t.Fatalf("inflight: %v", err)
	}
	var reports []inflight
	if err := json.Unmarshal(text.Bytes(), &reports); err != nil {
		t.Fatalf("inflight: %v\n%s", err, &text)
	}
	for i, r := range reports {
		t.Logf("%d: height %d after %d ms, %d entries, error %q", i, r.Height, r.Millis, r.Entries, r.Error)
	}
	return reports
}

// sequence is the chain's count of an account's transactions.
func (d *devnet) sequence(account int) uint64 {
	d.T.Helper()
	var answer struct {
		Info struct {
			Sequence uint64 `json:"sequence,string"`
		} `json:"info"`
	}
	ready := d.Ready()
	if err := harness.GetJSON(ready.REST+"/cosmos/auth/v1beta1/account_info/"+ready.Accounts[account].Address, &answer); err != nil {
		d.T.Fatal(err)
	}
	return answer.Info.Sequence
}
