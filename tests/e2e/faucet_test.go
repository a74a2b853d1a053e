//go:build e2e

package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// developerReady is what a contract developer reads of the ready file.
type developerReady struct {
	EVMRPC      string            `json:"evm_rpc"`
	EVMWS       string            `json:"evm_ws"`
	Storage     []string          `json:"storage"`
	Precompiles map[string]string `json:"precompiles"`
	Faucet      string            `json:"faucet"`
	ABIs        string            `json:"abis"`
}

func (d *devnet) developerReady() developerReady {
	d.T.Helper()
	text, err := os.ReadFile(d.ReadyFile)
	if err != nil {
		d.T.Fatal(err)
	}
	var r developerReady
	if err := json.Unmarshal(text, &r); err != nil {
		d.T.Fatal(err)
	}
	return r
}

// TestDevnetForContractDevelopers is the developer's first minute: addresses and
// ABIs from the ready file, money from the faucet, a web page that may talk to
// all of it, and a stranger's page that may not.
// mission E02 (a web page of this machine: money, addresses, CORS)
func TestDevnetForContractDevelopers(t *testing.T) {
	d := newDevnet(t, 3, "--block-time", "300ms", "--miners", "0")
	d.Start()
	r := d.developerReady()
	for _, name := range []string{"flow", "market", "pora", "reward", "verify"} {
		d.contractIsThere(r, name)
	}
	page := strings.TrimSuffix(r.Faucet, "/faucet")
	if status, body, _ := ask(t, "GET", page+"/", ""); status != 200 || !strings.Contains(body, r.Precompiles["flow"]) || !strings.Contains(body, r.EVMRPC) {
		t.Errorf("the page: status %d, %d bytes, without the flow's address or the RPC's", status, len(body))
	}
	d.faucetGives(r)
	d.originsAreLocal(r)
	d.readmeIsTrue(r)

	d.Stop(syscall.SIGINT)
	if err := os.Remove(filepath.Join(d.Home, "keys", "faucet0.key")); err != nil { // as in a home of an older zgd
		t.Fatal(err)
	}
	d.Start()
	d.faucetGives(r)
	asked := harness.Command(t, time.Minute, "zgd", "devnet", "faucet", d.Ready().Accounts[3].Address, "--network", d.ReadyFile)
	if hash := strings.TrimSpace(asked.Stdout); asked.Code != 0 || len(hash) != 66 {
		t.Errorf("zgd devnet faucet: exit code %d, %q, %s", asked.Code, hash, asked.Stderr)
	}
	d.Stop(syscall.SIGTERM)
	d.Args = append(d.Args, "--faucet=false")
	d.Start()
	if r := d.developerReady(); r.Faucet != "" || r.ABIs != "" || d.Ready().PIDs["faucet-0"] != 0 || len(r.Precompiles) == 0 {
		t.Errorf("with --faucet=false the ready file tells of %+v", r)
	}
	d.Stop(syscall.SIGTERM)
}

// contractIsThere wants code at the contract's address and an ABI with functions.
func (d *devnet) contractIsThere(r developerReady, name string) {
	d.T.Helper()
	var code string
	ethCall(d.T, r.EVMRPC, &code, "eth_getCode", r.Precompiles[name], "latest")
	if len(code) < 4 {
		d.T.Errorf("%s at %q has code %q: Solidity would refuse to call it", name, r.Precompiles[name], code)
	}
	status, body, _ := ask(d.T, "GET", r.ABIs+"/"+name+".json", "")
	if status != 200 || !strings.Contains(body, `"function"`) {
		d.T.Errorf("ABI of %s: status %d: %.200s", name, status, body)
	}
}

// faucetGives wants money for a new address, twice, and then a refusal that says
// how long to wait.
func (d *devnet) faucetGives(r developerReady) {
	d.T.Helper()
	raw := make([]byte, 20)
	_, _ = rand.Read(raw)
	address := fmt.Sprintf("0x%x", raw)
	question := fmt.Sprintf(`{"address":%q}`, address)
	var gift struct {
		TxHash  string `json:"tx_hash"`
		Address string `json:"address"`
	}
	for range 2 {
		status, body, _ := ask(d.T, "POST", r.Faucet, question)
		if err := json.Unmarshal([]byte(body), &gift); err != nil || status != 200 {
			d.T.Fatalf("faucet: status %d: %s", status, body)
		}
		question = fmt.Sprintf(`{"address":%q}`, gift.Address) // zg1…, the same account
		var receipt struct{ Status, To string }
		ethCall(d.T, r.EVMRPC, &receipt, "eth_getTransactionReceipt", gift.TxHash)
		if receipt.Status != "0x1" || !strings.EqualFold(receipt.To, address) {
			d.T.Errorf("receipt of %s: %+v", gift.TxHash, receipt)
		}
	}
	var balance string
	ethCall(d.T, r.EVMRPC, &balance, "eth_getBalance", address, "latest")
	if balance != "0x1158e460913d00000" { // 20 zg
		d.T.Errorf("balance %s after two gifts of 10 zg", balance)
	}
	status, body, header := ask(d.T, "POST", r.Faucet, question)
	if wait, err := strconv.Atoi(header.Get("Retry-After")); err != nil || wait < 1 || wait > 30 || status != 429 || !strings.Contains(body, `"rate_limited"`) {
		d.T.Errorf("third gift: status %d, Retry-After %q: %s", status, header.Get("Retry-After"), body)
	}
}

// originsAreLocal asks as web pages do: one of this machine, one of a stranger.
func (d *devnet) originsAreLocal(r developerReady) {
	d.T.Helper()
	const page, stranger = "http://localhost:5173", "https://stranger.example"
	preflight := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}
	for _, url := range []string{r.Faucet, r.EVMRPC, r.Storage[0]} {
		status, _, header := ask(d.T, "OPTIONS", url, "", append(preflight, "Origin", page)...)
		if origin := header.Get("Access-Control-Allow-Origin"); status/100 != 2 || origin != page && origin != "*" ||
			!strings.Contains(strings.ToLower(header.Get("Access-Control-Allow-Headers")), "content-type") {
			d.T.Errorf("preflight of a local page at %s: status %d, %v", url, status, header)
		}
	}
	for _, origin := range []string{stranger, "null"} {
		status, _, header := ask(d.T, "POST", r.Faucet, `{"address":"0x1111111111111111111111111111111111111111"}`, "Origin", origin)
		if status != 403 || header.Get("Access-Control-Allow-Origin") != "" {
			d.T.Errorf("faucet for a page of %s: status %d, %v; want 403", origin, status, header)
		}
	}
	if status, _, _ := ask(d.T, "GET", r.ABIs, "", "Host", "stranger.example"); status != 421 {
		d.T.Errorf("faucet by a stranger's host name: status %d, want 421", status)
	}
	handshake := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	ws := strings.Replace(r.EVMWS, "ws://", "http://", 1)
	for origin, want := range map[string]int{page: 101, "http://127.0.0.1:8080": 101, stranger: 403} {
		if status, _, _ := ask(d.T, "GET", ws, "", append(handshake, "Origin", origin)...); status != want {
			d.T.Errorf("WebSocket for a page of %s: status %d, want %d", origin, status, want)
		}
	}
}

// readmeIsTrue types what the root README tells a contract developer to type,
// with this network's ports and a new address.
func (d *devnet) readmeIsTrue(r developerReady) {
	d.T.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		d.T.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## For contract developers\n")
	block := func(language string) string {
		_, rest, _ := strings.Cut(section, "```"+language+"\n")
		text, _, _ := strings.Cut(rest, "```")
		return text
	}
	modules := harness.NPM(d.T)
	folder := d.T.TempDir()
	if err := os.Symlink(modules, filepath.Join(folder, "node_modules")); err != nil {
		d.T.Fatal(err)
	}
	shell := strings.NewReplacer("0xYOURS", fmt.Sprintf("0x%040x", time.Now().UnixNano()), "http://127.0.0.1:8088/faucet", r.Faucet,
		"http://127.0.0.1:8545", r.EVMRPC).Replace(block("sh"))
	cast, _ := filepath.Glob(filepath.Join(modules, "@foundry-rs", "cast-linux-*", "bin"))
	for name, one := range map[string]struct{ program, text, want string }{
		"first.mjs": {"node", block("js"), " files in the log; 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 has "},
		"first.sh":  {"sh", "set -e\n" + shell, "\n10.000000000000000000\n"},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(one.text), 0o600); err != nil {
			d.T.Fatal(err)
		}
		cmd := exec.Command(one.program, path)
		cmd.Env = append(os.Environ(), "ZG_NETWORK="+d.ReadyFile, "PATH="+strings.Join(cast, ":")+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), one.want) {
			d.T.Errorf("README's %s: %v; got %s, want %q", name, err, out, one.want)
		}
	}
}

// ask sends one HTTP request with headers in pairs.
func ask(t *testing.T, method, url, body string, headers ...string) (status int, text string, header http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, "", resp.Header
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer), resp.Header
}

// ethCall asks the EVM JSON-RPC.
func ethCall(t *testing.T, url string, result any, method string, params ...any) {
	t.Helper()
	question, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := ask(t, "POST", url, string(question), "Content-Type", "application/json")
	answer := struct{ Result any }{result}
	if err := json.NewDecoder(bytes.NewReader([]byte(body))).Decode(&answer); err != nil {
		t.Fatalf("%s: %v: %s", method, err, body)
	}
}
