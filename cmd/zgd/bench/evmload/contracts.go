package evmload

import (
	"context"
	_ "embed" // the compiled contracts
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Output of contracts/compile.mjs.
var (
	//go:embed contracts/Token.json
	tokenJSON []byte
	//go:embed contracts/Pool.json
	poolJSON []byte
)

// Gas that a run allows; what it uses is less.
const (
	tokenGas     = 1_500_000
	holderGas    = 30_000 // each holder of a new token
	poolGas      = 2_000_000
	approveGas   = 80_000
	addGas       = 400_000
	erc20Gas     = 60_000
	swapGas      = 200_000
	swapAmount   = 1_000_000 // token units
	erc20Amount  = 1
	holdingsBits = 100 // a holder begins with 2^100 units
)

// artifact is a compiled contract.
type artifact struct {
	ABI abi.ABI       `json:"abi"`
	Bin hexutil.Bytes `json:"bin"`
}

func parseArtifact(text []byte) (artifact, error) {
	var a artifact
	if err := json.Unmarshal(text, &a); err != nil {
		return artifact{}, fmt.Errorf("compiled contract: %w: run contracts/compile.mjs", err)
	}
	return a, nil
}

// deploy puts a contract on the chain.
func (r *run) deploy(ctx context.Context, text []byte, gas uint64, args ...any) (common.Address, artifact, error) {
	a, err := parseArtifact(text)
	if err != nil {
		return common.Address{}, a, err
	}
	input, err := a.ABI.Pack("", args...)
	if err != nil {
		return common.Address{}, a, fmt.Errorf("constructor: %w", err)
	}
	tx, err := r.payer.next(r.node, call{Data: append(a.Bin[:len(a.Bin):len(a.Bin)], input...), Gas: gas}, setupFeeMultiple)
	if err != nil {
		return common.Address{}, a, err
	}
	got, err := r.node.settle(ctx, []signed{tx}, r.Drain)
	if err != nil {
		return common.Address{}, a, fmt.Errorf("deploy: %w", err)
	}
	if got.ContractAddress == nil {
		return common.Address{}, a, errors.New("deploy: the receipt names no contract")
	}
	return *got.ContractAddress, a, nil
}

// deployToken gives every account and the payer 2^100 units of a new token.
func (r *run) deployToken(ctx context.Context) (common.Address, artifact, error) {
	holders := []common.Address{r.payer.address}
	for _, a := range r.accounts {
		holders = append(holders, a.address)
	}
	return r.deploy(ctx, tokenJSON, tokenGas+uint64(len(holders))*holderGas, holders, holdings())
}

func holdings() *big.Int { return new(big.Int).Lsh(big.NewInt(1), holdingsBits) }

// deployPool makes two tokens and a pool that holds half of the payer's.
func (r *run) deployPool(ctx context.Context) (common.Address, artifact, error) {
	var tokens [2]common.Address
	var token artifact
	var err error
	for i := range tokens {
		if tokens[i], token, err = r.deployToken(ctx); err != nil {
			return common.Address{}, token, err
		}
	}
	pool, poolABI, err := r.deploy(ctx, poolJSON, poolGas, tokens[0], tokens[1])
	if err != nil {
		return pool, poolABI, err
	}
	unlimited := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	approve, err := token.ABI.Pack("approve", pool, unlimited)
	if err != nil {
		return pool, poolABI, err
	}
	var txs []signed
	for _, a := range append([]*account{r.payer}, r.accounts...) {
		for i := range tokens {
			tx, err := a.next(r.node, call{To: &tokens[i], Data: approve, Gas: approveGas}, setupFeeMultiple)
			if err != nil {
				return pool, poolABI, err
			}
			txs = append(txs, tx)
		}
	}
	half := new(big.Int).Rsh(holdings(), 1)
	add, err := poolABI.ABI.Pack("add", half, half)
	if err != nil {
		return pool, poolABI, err
	}
	tx, err := r.payer.next(r.node, call{To: &pool, Data: add, Gas: addGas}, setupFeeMultiple)
	if err != nil {
		return pool, poolABI, err
	}
	if _, err := r.node.settle(ctx, append(txs, tx), r.Drain); err != nil {
		return pool, poolABI, fmt.Errorf("fill the pool: %w", err)
	}
	return pool, poolABI, nil
}
