package chain

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// Status asks CometBFT where the node is, and once the EVM for its chain id.
func (r *Remote) Status(ctx context.Context) (Status, error) {
	var answer struct {
		NodeInfo struct {
			Network string `json:"network"`
		} `json:"node_info"`
		SyncInfo struct {
			Hash       string    `json:"latest_block_hash"`
			Height     int64     `json:"latest_block_height,string"`
			Time       time.Time `json:"latest_block_time"`
			CatchingUp bool      `json:"catching_up"`
		} `json:"sync_info"`
	}
	if err := r.comet(ctx, "status", struct{}{}, &answer); err != nil {
		return Status{}, err
	}
	out := Status{
		ChainID: answer.NodeInfo.Network, Height: answer.SyncInfo.Height,
		BlockTime: answer.SyncInfo.Time, CatchingUp: answer.SyncInfo.CatchingUp,
	}
	if answer.SyncInfo.Hash != "" { // empty before the first block
		hash, err := hex.DecodeString(answer.SyncInfo.Hash)
		if err != nil {
			return Status{}, fmt.Errorf("%w: block hash: %w", ErrMalformed, err)
		}
		if out.BlockHash, err = hashOf("block hash", hash); err != nil {
			return Status{}, err
		}
	}
	var err error
	out.EVMChainID, err = r.evmChain(ctx)
	return out, err
}

// evmChain returns the EVM's chain id, 0 for a chain without EVM. Not to know it
// is an error: who notes an id must never note a wrong one.
func (r *Remote) evmChain(ctx context.Context) (uint64, error) {
	if id := r.evmChainID.Load(); id != 0 {
		return id, nil
	}
	answer, err := r.invokeRaw(ctx, "/cosmos.evm.vm.v1.Query/Config", nil)
	if status.Code(err) == codes.Unimplemented {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	config, err := wireMessage(answer, 1)
	if err != nil {
		return 0, fmt.Errorf("%w: EVM config: %w", ErrMalformed, err)
	}
	var id uint64
	err = wireFields(config, func(field protowire.Number, number uint64, _ []byte) {
		if field == 24 { // ChainConfig.chain_id
			id = number
		}
	})
	r.evmChainID.Store(id)
	return id, err
}

// comet calls a JSON-RPC method of CometBFT.
func (r *Remote) comet(ctx context.Context, method string, params, result any) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return fmt.Errorf("encode %s: %w", method, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.options.CometRPC, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("CometBFT address %q: %w", r.options.CometRPC, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := r.http.Do(request)
	if err != nil {
		return fmt.Errorf("CometBFT %s: %w: %w", method, ErrUnavailable, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxCometBytes))
	if err != nil {
		return fmt.Errorf("CometBFT %s: %w: %w", method, ErrUnavailable, err)
	}
	var envelope struct {
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Message string `json:"message"`
			Data    string `json:"data"`
		} `json:"error"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		return fmt.Errorf("CometBFT %s: %w: %w", method, ErrMalformed, err)
	}
	if envelope.Error != nil {
		return fmt.Errorf("CometBFT %s: %s: %s", method, envelope.Error.Message, envelope.Error.Data)
	}
	if err := json.Unmarshal(envelope.Result, result); err != nil {
		return fmt.Errorf("CometBFT %s: %w: %w", method, ErrMalformed, err)
	}
	return nil
}
