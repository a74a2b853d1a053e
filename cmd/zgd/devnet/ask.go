package devnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/network"
)

// askTimeout is more than a faucet waits for a block.
const askTimeout = 30 * time.Second

// AskFaucet asks a running network's faucet for money and returns the hash of
// the transaction.
func AskFaucet(ctx context.Context, ready network.Ready, address string) (txHash string, err error) {
	if ready.Faucet == "" {
		return "", errors.New("this network has no faucet: was it started with --faucet=false?")
	}
	question, err := json.Marshal(map[string]string{"address": address})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ready.Faucet, bytes.NewReader(question))
	if err != nil {
		return "", fmt.Errorf("faucet: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("faucet: %w: does the network run?", err)
	}
	defer resp.Body.Close()
	var answer struct {
		TxHash string `json:"tx_hash"`
		Error  struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&answer); err != nil {
		return "", fmt.Errorf("faucet: status %d: %w", resp.StatusCode, err)
	}
	if answer.TxHash == "" {
		return "", fmt.Errorf("faucet: %s", answer.Error.Message)
	}
	return answer.TxHash, nil
}
