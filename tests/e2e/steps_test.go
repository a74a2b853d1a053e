//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

const mib = 1 << 20

// stat is what `zg stat --output json` promises.
type stat struct {
	Root             string            `json:"root"`
	TxSeq            uint64            `json:"tx_seq"`
	StartSector      uint64            `json:"start_sector"`
	Sectors          uint64            `json:"sectors"`
	Height           int64             `json:"height"`
	EndTime          json.RawMessage   `json:"end_time"`
	EndowmentPaid    json.Number       `json:"endowment_paid"`
	EndowmentAccrued json.Number       `json:"endowment_accrued"`
	EndowmentLeft    json.Number       `json:"endowment_left"`
	Proofs           []json.RawMessage `json:"proofs"`
	// Manifest sums up the parts of a file that is larger than one entry.
	Manifest struct {
		EndowmentPaid json.Number `json:"endowment_paid"`
	} `json:"manifest"`
}

var rootLine = regexp.MustCompile(`^0x[0-9a-f]{64}$`)

// put uploads a file and returns the root that stdout ends with.
func (d *devnet) put(path string) string {
	d.T.Helper()
	r := d.ZG("put", path)
	d.T.Logf("put took %.1f s, %d MiB of memory", r.Took.Seconds(), r.MaxRSSKiB>>10)
	return d.rootOf(r)
}

func (d *devnet) rootOf(r harness.Result) string {
	d.T.Helper()
	root := strings.TrimSpace(r.Stdout)
	if !rootLine.MatchString(root) {
		d.T.Fatalf("stdout of put is %q, want the root alone\nstderr: %s", r.Stdout, harness.Last(r.Stderr, 1000))
	}
	return root
}

// stat asks for an entry. Amounts may come as JSON strings or numbers.
func (d *devnet) stat(root string) stat {
	d.T.Helper()
	r := d.ZG("stat", root, "--output", "json")
	var s stat
	if err := json.Unmarshal([]byte(r.Stdout), &s); err != nil {
		d.T.Fatalf("stat --output json: %v\n%s", err, r.Stdout)
	}
	if s.Root != root {
		d.T.Errorf("stat names root %s, want %s", s.Root, root)
	}
	return s
}

func amount(n json.Number) *big.Int {
	value, ok := new(big.Int).SetString(string(n), 10)
	if !ok {
		return new(big.Int)
	}
	return value
}

// mined waits until the entry was proven and paid for.
func (d *devnet) mined(root string, limit time.Duration) {
	d.T.Helper()
	var s stat
	took := harness.Until(d.T, limit, "a proof that pays for "+root, func() (bool, string) {
		s = d.stat(root)
		parts := amount(s.Manifest.EndowmentPaid).Sign() > 0
		return parts || len(s.Proofs) > 0 && amount(s.EndowmentPaid).Sign() > 0, fmt.Sprintf("%+v", s)
	})
	d.T.Logf("mined and paid after %.1f s: %d proofs, paid %s azg, accrued %s, left %s",
		took.Seconds(), len(s.Proofs), s.EndowmentPaid, s.EndowmentAccrued, s.EndowmentLeft)
	if s.TxSeq == 0 || s.Sectors == 0 || len(s.EndTime) == 0 || amount(s.EndowmentLeft).Sign() <= 0 {
		d.T.Errorf("stat lacks a position, an end or money: %+v", s)
	}
}

// provenAgain waits for a proof beyond those that before lists, paid.
func (d *devnet) provenAgain(before stat, limit time.Duration) {
	d.T.Helper()
	took := harness.Until(d.T, limit, "another proof over "+before.Root, func() (bool, string) {
		now := d.stat(before.Root)
		return len(now.Proofs) > 0 && fmt.Sprint(now.Proofs) != fmt.Sprint(before.Proofs) &&
			amount(now.EndowmentPaid).Cmp(amount(before.EndowmentPaid)) > 0, fmt.Sprintf("%+v", now)
	})
	d.T.Logf("proven and paid again after %.1f s", took.Seconds())
}

// get downloads and compares.
func (d *devnet) get(root, original string) {
	d.T.Helper()
	out := filepath.Join(d.T.TempDir(), "out")
	r := d.ZG("get", root, "-o", out)
	info, err := os.Stat(original)
	if err != nil {
		d.T.Fatal(err)
	}
	d.T.Logf("get took %.1f s, %.0f MB/s, %d MiB of memory", r.Took.Seconds(), float64(info.Size())/1e6/r.Took.Seconds(), r.MaxRSSKiB>>10)
	harness.SameFiles(d.T, original, out)
	if err := os.Remove(out); err != nil {
		d.T.Fatal(err)
	}
}

// threeSteps is the main job: a file goes in, is mined on chain, comes back.
func (d *devnet) threeSteps(sizeBytes int64, seed uint64, limit time.Duration) (root, path string) {
	d.T.Helper()
	path = harness.RandomFile(d.T, sizeBytes, seed)
	root = d.put(path)
	d.mined(root, limit)
	d.get(root, path)
	return root, path
}

// nodeKnowsChainRoot wants the storage node to prove a load of the file against
// the root that the chain has now: it can only when its tree is the chain's.
func (d *devnet) nodeKnowsChainRoot(startSector uint64) {
	d.T.Helper()
	r := d.Ready()
	var flow struct {
		Root []byte `json:"root"`
	}
	if err := harness.GetJSON(r.REST+"/zg/flow/v1/flows/0", &flow); err != nil || len(flow.Root) != 32 {
		d.T.Fatalf("flow of the chain: root %x, %v", flow.Root, err)
	}
	const sectorsPerLoad = 1024
	load := (startSector + sectorsPerLoad - 1) / sectorsPerLoad // the first that is the file's alone
	harness.Until(d.T, 30*time.Second, "the storage node proves load against the chain's root", func() (bool, string) {
		resp, err := http.Get(fmt.Sprintf("%s/v1/loads/%d?flow_root=0x%x", r.Storage[0], load, flow.Root))
		if err != nil {
			return false, err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			return false, fmt.Sprintf("status %d: %.300s (%v)", resp.StatusCode, body, err)
		}
		return len(body) == 256<<10, fmt.Sprintf("%d bytes", len(body))
	})
}
