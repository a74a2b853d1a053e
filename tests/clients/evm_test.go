//go:build e2e

package clients

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/zgd-network/zgd/tests/harness"
)

// The two ABIs of the flow contract (protocol-storage.md 1.2).
const (
	dataABI = `{"name":"length","type":"uint256"},{"name":"tags","type":"bytes"},{"name":"nodes","type":"tuple[]","components":[{"name":"root","type":"bytes32"},{"name":"height","type":"uint256"}]}`
	oldABI  = `[{"type":"function","name":"submit","inputs":[{"name":"s","type":"tuple","components":[` + dataABI + `]}]},
		{"type":"function","name":"batchSubmit","inputs":[{"name":"s","type":"tuple[]","components":[` + dataABI + `]}]}]`
	newTuple = `"components":[{"name":"data","type":"tuple","components":[` + dataABI + `]},{"name":"submitter","type":"address"}]`
	newABI   = `[{"type":"function","name":"submit","inputs":[{"name":"s","type":"tuple",` + newTuple + `}]},
		{"type":"function","name":"batchSubmit","inputs":[{"name":"s","type":"tuple[]",` + newTuple + `}]}]`
	// submitTopic is of the event that both ABIs emit.
	submitTopic = "0x167ce04d2aa1981994d3a31695da0d785373335b1078cec239a1a3a2c7675555"
)

type (
	abiNode struct {
		Root   [32]byte
		Height *big.Int
	}
	abiData struct {
		Length *big.Int // bytes
		Tags   []byte
		Nodes  []abiNode
	}
	abiSubmission struct {
		Data      abiData
		Submitter common.Address
	}
)

// calldata packs submissions for the function of a selector.
func calldata(t *testing.T, selector string, files []abiData, submitter common.Address) []byte {
	t.Helper()
	entries := make([]abiSubmission, len(files))
	for i, data := range files {
		entries[i] = abiSubmission{Data: data, Submitter: submitter}
	}
	for text, arguments := range map[string][2]any{oldABI: {files[0], files}, newABI: {entries[0], entries}} {
		parsed, err := abi.JSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"submit", "batchSubmit"} {
			if fmt.Sprintf("0x%x", parsed.Methods[name].ID) != selector {
				continue
			}
			packed, err := parsed.Pack(name, arguments[i])
			if err != nil {
				t.Fatal(err)
			}
			return packed
		}
	}
	t.Fatalf("no function has selector %s", selector)
	return nil
}

// sectors of all nodes: what is charged.
func sectors(files []abiData) *big.Int {
	sum := new(big.Int)
	for _, data := range files {
		for _, node := range data.Nodes {
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(1), uint(node.Height.Uint64())))
		}
	}
	return sum
}

// keyOf reads the private key of a devnet's account.
func keyOf(t *testing.T, ready harness.Ready, name string) *ecdsa.PrivateKey {
	t.Helper()
	for _, account := range ready.Accounts {
		if account.Name != name {
			continue
		}
		text, err := os.ReadFile(account.PrivateKeyFile)
		if err != nil {
			t.Fatal(err)
		}
		key, err := crypto.HexToECDSA(strings.TrimPrefix(strings.TrimSpace(string(text)), "0x"))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	t.Fatalf("the network has no account %s", name)
	return nil
}

var httpClient = &http.Client{Timeout: 40 * time.Second}

// post sends one JSON-RPC call with raw parameters and returns the raw result.
func post(url, method, params string) (json.RawMessage, error) {
	if params == "" {
		params = "[]"
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":%q,"params":%s}`, method, params)
	response, err := httpClient.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		ID     int             `json:"id"`
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s: HTTP %d: %w", method, response.StatusCode, err)
	}
	if answer.Error != nil || response.StatusCode != http.StatusOK || answer.ID != 7 {
		return nil, fmt.Errorf("%s %.200s: HTTP %d, id %d, error %s", method, params, response.StatusCode, answer.ID, answer.Error)
	}
	return answer.Result, nil
}

// ask is post that must succeed, decoded.
func ask[T any](t *testing.T, url, method, params string) (out T) {
	t.Helper()
	result, err := post(url, method, params)
	if err == nil {
		err = json.Unmarshal(result, &out)
	}
	if err != nil {
		t.Fatalf("%s: %v in %.200s", method, err, result)
	}
	return out
}
