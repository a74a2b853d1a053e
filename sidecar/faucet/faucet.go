package faucet

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
)

// awaitCommit is how long an answer waits for the gift's block.
const awaitCommit = 15 * time.Second

// ErrEmpty says that the faucet has nothing to give.
var ErrEmpty = errors.New("the faucet has no money")

// Wallet is the faucet's money; *evm.Wallet is one.
type Wallet interface {
	Address() evm.Address
	Balance(ctx context.Context) (*big.Int, error)
	Send(ctx context.Context, to evm.Address, amount *big.Int) (chain.Hash, error)
	Await(ctx context.Context, hash chain.Hash) (height uint64, err error)
}

// Gift is money that was sent.
type Gift struct {
	To     evm.Address
	Amount *big.Int // azg
	TxHash chain.Hash
	Height uint64 // 0: sent, its block not seen yet
}

// Faucet gives the same amount to everybody, not too often.
type Faucet struct {
	wallet Wallet
	amount *big.Int
	limits *limits
	now    func() time.Time
}

// New returns a faucet that pays out of the wallet and reads the time from now.
func New(c Config, wallet Wallet, now func() time.Time) (*Faucet, error) {
	amount, err := c.Check()
	if err != nil {
		return nil, err
	}
	return &Faucet{wallet: wallet, amount: amount, limits: newLimits(c), now: now}, nil
}

// Give sends a gift to an address, zg1… or 0x…, on behalf of a host, and waits
// a moment for its block. Errors are evm.ErrAddress, *Limited, ErrEmpty,
// chain.ErrRejected (the recipient is a contract that takes no money) and
// chain.ErrUnavailable.
func (f *Faucet) Give(ctx context.Context, address string, from netip.Addr) (Gift, error) {
	to, err := evm.ParseAddress(address)
	if err != nil {
		return Gift{}, err
	}
	if to == f.wallet.Address() || to == (evm.Address{}) {
		return Gift{}, fmt.Errorf("%w: %s is the faucet's own or nobody's: give one of yours", evm.ErrAddress, address)
	}
	undo, err := f.limits.take(f.now(), to, from)
	if err != nil {
		return Gift{}, err
	}
	hash, err := f.wallet.Send(ctx, to, f.amount)
	if err != nil {
		undo()
		if errors.Is(err, evm.ErrNoFunds) {
			err = fmt.Errorf("%w: send some to %s (an account of a devnet has 1 000 000 zg); a devnet that was made before it had a faucet can also be made anew: zgd devnet --reset: %w",
				ErrEmpty, f.wallet.Address().Bech32(), err)
		}
		return Gift{}, err
	}
	gift := Gift{To: to, Amount: f.amount, TxHash: hash}
	wait, cancel := context.WithTimeout(ctx, awaitCommit)
	defer cancel()
	height, err := f.wallet.Await(wait, hash)
	switch {
	case errors.Is(err, chain.ErrUnavailable):
		return gift, nil // sent all the same; the answer says that it is pending
	case err != nil:
		return Gift{}, err
	}
	gift.Height = height
	return gift, nil
}
