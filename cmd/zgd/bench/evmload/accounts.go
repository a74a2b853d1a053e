package evmload

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"
)

const transferGas = 21_000

// account is one sender.
type account struct {
	key     *ecdsa.PrivateKey
	address common.Address
	nonce   uint64 // next to use
}

// Derive returns account i of a seed: its key is Keccak-256(seed || "/" || i).
func Derive(seed string, i int) (*ecdsa.PrivateKey, common.Address, error) {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(seed + "/" + strconv.Itoa(i))))
	if err != nil {
		return nil, common.Address{}, fmt.Errorf("derive account %d: %w", i, err)
	}
	return key, crypto.PubkeyToAddress(key.PublicKey), nil
}

func deriveAll(o Options) ([]*account, error) {
	accounts := make([]*account, o.Accounts)
	for i := range accounts {
		key, address, err := Derive(o.Seed, i)
		if err != nil {
			return nil, err
		}
		accounts[i] = &account{key: key, address: address}
	}
	return accounts, nil
}

func newAccount(key *ecdsa.PrivateKey) *account {
	return &account{key: key, address: crypto.PubkeyToAddress(key.PublicKey)}
}

// look reads the nonces of accounts and returns their balances.
func (n *node) look(ctx context.Context, accounts []*account) ([]*big.Int, error) {
	balances := make([]*big.Int, len(accounts))
	for _, span := range Spans(len(accounts), setupBatch) {
		var batch []rpc.BatchElem
		for _, a := range accounts[span.From:span.To] {
			batch = append(batch,
				rpc.BatchElem{Method: "eth_getTransactionCount", Args: []any{a.address, "latest"}, Result: new(hexutil.Uint64)},
				rpc.BatchElem{Method: "eth_getBalance", Args: []any{a.address, "latest"}, Result: new(hexutil.Big)})
		}
		if err := n.rpc.BatchCallContext(ctx, batch); err != nil {
			return nil, fmt.Errorf("read accounts: %w", err)
		}
		for i, elem := range batch {
			if elem.Error != nil {
				return nil, fmt.Errorf("read accounts: %w", elem.Error)
			}
			at := span.From + i/2
			if i%2 == 0 {
				accounts[at].nonce = uint64(*elem.Result.(*hexutil.Uint64))
			} else {
				balances[at] = (*big.Int)(elem.Result.(*hexutil.Big))
			}
		}
	}
	return balances, nil
}

// fund tops accounts up, so that each can pay for gas units of work.
func (r *run) fund(ctx context.Context, gasEach uint64) error {
	balances, err := r.node.look(ctx, r.accounts)
	if err != nil {
		return err
	}
	need := new(big.Int).SetUint64(gasEach)
	need.Mul(need, r.node.price).Mul(need, big.NewInt(feeCapMultiple)).Add(need, big.NewInt(1_000_000))
	var txs []signed
	for i, a := range r.accounts {
		if balances[i].Cmp(need) >= 0 {
			continue
		}
		tx, err := r.payer.next(r.node, call{To: &a.address, Value: need, Gas: transferGas}, setupFeeMultiple)
		if err != nil {
			return err
		}
		txs = append(txs, tx)
	}
	if _, err := r.node.settle(ctx, txs, r.Drain); err != nil {
		return fmt.Errorf("fund accounts from %s: %w", r.payer.address, err)
	}
	return nil
}

// next signs the account's next transaction.
func (a *account) next(n *node, c call, feeMultiple int64) (signed, error) {
	tx, err := n.sign(a.key, a.nonce, c, feeMultiple)
	if err == nil {
		a.nonce++
	}
	return tx, err
}
