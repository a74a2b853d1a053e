package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

const (
	enrollRetry    = 5 * time.Second
	enrollInterval = time.Minute // between looks when no block comes
)

// registrar keeps this account a signer that takes part in every epoch.
type registrar struct {
	config     Config
	reader     chain.DAReader
	sender     chain.DASender
	keys       *Keys
	view       *view
	evmChainID uint64
	log        *slog.Logger
	rekeyed    func(chain.DAKey) // the key that the chain has for the running epoch
	minBalance *big.Int

	mu       sync.Mutex
	standing Standing
	warned   map[string]time.Time
}

// Standing is what the chain says of this signer.
type Standing struct {
	Signer     chain.DASigner
	Registered bool     // as a signer
	Next       uint64   // epoch that it takes part in next; 0: none known
	Balance    *big.Int // azg
	Reason     string   // why it does not take part; empty when it does
}

// run looks at each block until this signer is registered for the next epoch.
func (g *registrar) run(ctx context.Context) {
	for {
		_, moved := g.view.at() // before the look: a block that comes meanwhile counts
		err := g.look(ctx)
		if err != nil && ctx.Err() == nil {
			g.warn("register", "not registered for the next epoch", "err", err)
		}
		timer := time.NewTimer(enrollInterval)
		if err != nil {
			timer.Reset(enrollRetry)
			moved = nil
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// done says that there is nothing to do until the next epoch.
func (g *registrar) done(epoch chain.DAEpoch, height int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.standing.Next > epoch.Number && height < epoch.NextHeight
}

// look does what is due: register, move the socket, take part.
func (g *registrar) look(ctx context.Context) error {
	height, epoch, params, known := g.view.now()
	if !known || g.done(epoch, height) {
		return nil
	}
	signer, err := g.reader.DASigner(ctx, g.sender.Bytes())
	if errors.Is(err, chain.ErrNotFound) {
		g.note(Standing{Reason: "not a signer"})
		if !g.config.Register {
			return nil
		}
		return g.register(ctx)
	}
	if err != nil {
		return err
	}
	g.rekeyed(keyAt(signer, epoch.Number))
	g.checkBalance(ctx)
	if want := g.config.Advertised(); g.config.Socket != "" && signer.Socket != want {
		if _, err := g.sender.UpdateDASocket(ctx, want); err != nil {
			return fmt.Errorf("update socket: %w", err)
		}
		g.log.Info("socket updated", "from", signer.Socket, "to", want)
		signer.Socket = want
	}
	standing := Standing{Signer: signer, Registered: true, Reason: excluded(signer, epoch.Number+1, params)}
	if standing.Reason != "" {
		g.note(standing)
		g.warn("excluded", "this signer gets no seats", "reason", standing.Reason)
		return nil
	}
	if err := g.takePart(ctx, standing, height, epoch); err != nil {
		standing.Reason = err.Error()
		g.note(standing)
		return err
	}
	return nil
}

// excluded says why a signer may not take part in an epoch.
func excluded(s chain.DASigner, epoch uint64, params chain.DALimits) string {
	switch {
	case s.Leaving:
		return "it has unregistered"
	case s.Tombstoned:
		return "it attested falsely and is shut out for good"
	case epoch < s.JailedUntilEpoch:
		return fmt.Sprintf("it signed too little and sits out until epoch %d", s.JailedUntilEpoch)
	case epoch < s.ActivationEpoch:
		return fmt.Sprintf("it takes part from epoch %d", s.ActivationEpoch)
	case s.Deposit != nil && params.SignerDeposit != nil && s.Deposit.Cmp(params.SignerDeposit) < 0:
		return fmt.Sprintf("its deposit is %v azg, want %v: zg-da-node deposit %v", s.Deposit, params.SignerDeposit,
			new(big.Int).Sub(params.SignerDeposit, s.Deposit))
	}
	return ""
}

func (g *registrar) register(ctx context.Context) error {
	secret, public := g.keys.Newest()
	epoch, receipt, err := g.sender.RegisterDASigner(ctx, g.config.Advertised(), public, Possession(secret, g.sender.Bytes(), g.evmChainID))
	if err != nil {
		return fmt.Errorf("register as a signer: %w", err)
	}
	g.log.Info("registered as a signer", "address", g.sender.Address(), "socket", g.config.Advertised(), "from_epoch", epoch, "tx", receipt.TxHash)
	return nil
}

// takePart registers for the next epoch while that is open.
func (g *registrar) takePart(ctx context.Context, standing Standing, height int64, epoch chain.DAEpoch) error {
	next := epoch.Number + 1
	registered, _, err := g.reader.DARegistered(ctx, next, g.sender.Bytes())
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return err
	}
	switch {
	case registered:
	case height+1 >= epoch.FreezeHeight: // the transaction comes in the block after at the earliest
		standing.Reason = fmt.Sprintf("registration for epoch %d closed at height %d", next, epoch.FreezeHeight)
		g.note(standing)
		return nil
	default:
		secret, err := g.keys.Of(keyAt(standing.Signer, next))
		if err != nil {
			return err
		}
		signature := secret.SignPoint(bls.EpochPoint(g.sender.Bytes(), next, g.evmChainID))
		got, _, err := g.sender.RegisterDAEpoch(ctx, bls.EncodeG1(&signature))
		switch {
		case chain.RefusedAs(err, chain.DAAlreadyRegistered):
		case err != nil:
			return fmt.Errorf("register for epoch %d: %w", next, err)
		case got != next: // the epoch turned meanwhile
			next = got
		}
		g.log.Info("registered", "epoch", next)
	}
	standing.Next = next
	g.note(standing)
	g.view.noteRegistered(next)
	return nil
}

// keyAt is the key that quorums of an epoch know a signer by.
func keyAt(s chain.DASigner, epoch uint64) chain.DAKey {
	if len(s.NextKey.G2) > 0 && epoch >= s.NextKeyEpoch {
		return s.NextKey
	}
	return s.Key
}

func (g *registrar) checkBalance(ctx context.Context) {
	balance, err := g.reader.Balance(ctx, g.sender.Address())
	if err != nil {
		return // the next call says what is wrong with the chain's node
	}
	g.mu.Lock()
	g.standing.Balance = balance
	g.mu.Unlock()
	if balance.Cmp(g.minBalance) < 0 {
		g.warn("balance", "little is left to pay for registrations", "balance_azg", balance, "min_balance", g.minBalance)
	}
}

func (g *registrar) note(s Standing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.Balance == nil {
		s.Balance = g.standing.Balance
	}
	if s.Next == 0 {
		s.Next = g.standing.Next
	}
	g.standing = s
}

func (g *registrar) status() Standing {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.standing
}

// warn logs the same trouble once a minute at most.
func (g *registrar) warn(kind, text string, args ...any) {
	g.mu.Lock()
	if g.warned == nil {
		g.warned = map[string]time.Time{}
	}
	last := g.warned[kind]
	due := time.Since(last) >= time.Minute
	if due {
		g.warned[kind] = time.Now()
	}
	g.mu.Unlock()
	if due {
		g.log.Warn(text, args...)
	}
}
