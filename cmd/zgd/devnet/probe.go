package devnet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// probe asks one endpoint whether it answers as it should.
type probe struct {
	name string
	ask  func(ctx context.Context) error
}

const probeEvery = 100 * time.Millisecond

var probeClient = &http.Client{Timeout: 2 * time.Second}

// await asks until the answer is right, the context ends, or dead closes; the
// error is the last answer's.
func (p probe) await(ctx context.Context) error {
	for {
		err := p.ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", p.name, err)
		case <-time.After(probeEvery):
		}
	}
}

// validatorProbes cover every door of a validator, a new block included.
func validatorProbes(p Process) []probe {
	return []probe{
		{p.Name + " CometBFT", newBlock("http://" + loopback(p.Ports.CometRPC))},
		{p.Name + " EVM JSON-RPC", func(ctx context.Context) error { return probeEVM(ctx, "http://"+loopback(p.Ports.EVM)) }},
		{p.Name + " EVM WebSocket", func(ctx context.Context) error { return probeListens(ctx, p.Ports.EVMWS) }},
		{p.Name + " gRPC", func(ctx context.Context) error { return probeListens(ctx, p.Ports.GRPC) }},
		{p.Name + " REST", func(ctx context.Context) error {
			return probeOK(ctx, "http://"+loopback(p.Ports.REST)+"/cosmos/base/tendermint/v1beta1/node_info")
		}},
	}
}

// healthProbe asks a daemon whether it is well.
func healthProbe(p Process, port int) probe {
	return probe{p.Name, func(ctx context.Context) error { return probeOK(ctx, "http://"+loopback(port)+"/healthz") }}
}

func storageProbe(p Process) probe { return healthProbe(p, p.Ports.Public) }

func minerProbe(p Process) probe {
	return probe{p.Name, func(ctx context.Context) error {
		return probeOK(ctx, "http://"+loopback(p.Ports.Status)+"/v1/status")
	}}
}

func faucetProbe(p Process) probe { return healthProbe(p, p.Ports.Web) }

func get(ctx context.Context, url string) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	return do(req)
}

func do(req *http.Request) ([]byte, int, error) {
	resp, err := probeClient.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return body, resp.StatusCode, err
}

func probeOK(ctx context.Context, url string) error {
	body, status, err := get(ctx, url)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: status %d: %.200s", url, status, body)
	}
	return nil
}

// newBlock wants the first block to be committed or, on a chain that has some, a
// new one: until then a restarted node's pool knows no block and refuses
// transactions.
func newBlock(url string) func(ctx context.Context) error {
	first := int64(-1)
	return func(ctx context.Context) error {
		height, err := heightOf(ctx, url)
		if err != nil {
			return err
		}
		if first < 0 {
			first = height
		}
		if height < 1 || height == first && height > 1 {
			return fmt.Errorf("no new block after height %d yet", first)
		}
		return nil
	}
}

func heightOf(ctx context.Context, url string) (int64, error) {
	body, status, err := get(ctx, url+"/status")
	if err != nil {
		return 0, err
	}
	var answer struct {
		Result struct {
			SyncInfo struct {
				Height string `json:"latest_block_height"`
			} `json:"sync_info"`
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("%s/status: status %d: %.200s", url, status, body)
	}
	return strconv.ParseInt(answer.Result.SyncInfo.Height, 10, 64)
}

// probeEVM wants the devnet's chain id.
func probeEVM(ctx context.Context, url string) error {
	question := []byte(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(question))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	body, _, err := do(req)
	if err != nil {
		return err
	}
	var answer struct{ Result string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("eth_chainId: %w: %.200s", err, body)
	}
	if want := fmt.Sprintf("0x%x", EVMChainID); !strings.EqualFold(answer.Result, want) {
		return fmt.Errorf("eth_chainId is %q, want %q", answer.Result, want)
	}
	return nil
}

func probeListens(ctx context.Context, port int) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", loopback(port))
	if err != nil {
		return err
	}
	return conn.Close()
}
