package evmload

import (
	"context"
	"fmt"
	"math/big"
)

// run is a run under way.
type run struct {
	Options
	node     *node
	payer    *account
	accounts []*account
}

// Run prepares a workload, sends it and reports.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	n, err := dial(ctx, o.RPC)
	if err != nil {
		return Report{}, err
	}
	defer n.rpc.Close()
	r := &run{Options: o, node: n, payer: newAccount(o.Key)}
	if r.accounts, err = deriveAll(o); err != nil {
		return Report{}, err
	}
	if _, err := n.look(ctx, []*account{r.payer}); err != nil {
		return Report{}, err
	}
	if !o.transactions() {
		return r.query(ctx)
	}
	make, err := r.prepare(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("prepare %s: %w", o.Workload, err)
	}
	txs, err := r.signAll(make)
	if err != nil {
		return Report{}, err
	}
	return r.transact(ctx, txs)
}

// prepare funds the accounts, deploys what the workload needs and returns what
// transaction i of account a does.
func (r *run) prepare(ctx context.Context) (func(a, i int) (call, error), error) {
	gas := map[string]uint64{Transfers: transferGas, ERC20: erc20Gas, Swap: swapGas}[r.Workload]
	perAccount := uint64(r.total()/r.Accounts) + 1
	if err := r.fund(ctx, gas*perAccount+2*approveGas); err != nil {
		return nil, err
	}
	peer := func(a int) *account { return r.accounts[(a+1)%len(r.accounts)] }
	switch r.Workload {
	case ERC20:
		token, compiled, err := r.deployToken(ctx)
		return func(a, _ int) (call, error) {
			data, err := compiled.ABI.Pack("transfer", peer(a).address, big.NewInt(erc20Amount))
			return call{To: &token, Data: data, Gas: gas}, err
		}, err
	case Swap:
		pool, compiled, err := r.deployPool(ctx)
		return func(a, i int) (call, error) {
			forward := (a+i/len(r.accounts))%2 == 0 // an account goes there and back again
			data, err := compiled.ABI.Pack("swap", forward, big.NewInt(swapAmount), new(big.Int))
			return call{To: &pool, Data: data, Gas: gas}, err
		}, err
	default:
		return func(a, _ int) (call, error) {
			return call{To: &peer(a).address, Value: big.NewInt(1), Gas: gas}, nil
		}, nil
	}
}

// signAll signs every transaction of the run, account after account in turn.
func (r *run) signAll(make func(a, i int) (call, error)) ([]signed, error) {
	txs := []signed{}
	for i := range r.total() {
		a := i % len(r.accounts)
		c, err := make(a, i)
		if err != nil {
			return nil, fmt.Errorf("transaction %d: %w", i, err)
		}
		tx, err := r.accounts[a].next(r.node, c, feeCapMultiple)
		if err != nil {
			return nil, err
		}
		txs = append(txs, tx)
	}
	return txs, nil
}
