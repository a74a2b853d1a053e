package faucet_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/faucet"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// purse is a wallet without a chain.
type purse struct {
	mu       sync.Mutex
	sent     []evm.Address
	sendErr  error
	awaitErr error
}

func (p *purse) Address() evm.Address { return evm.Address{0xfa} }

func (p *purse) Balance(context.Context) (*big.Int, error) {
	return big.NewInt(1_500_000_000_000_000_000), nil
}

func (p *purse) Send(_ context.Context, to evm.Address, _ *big.Int) (chain.Hash, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sendErr != nil {
		return chain.Hash{}, p.sendErr
	}
	p.sent = append(p.sent, to)
	return chain.Hash{byte(len(p.sent))}, nil
}

func (p *purse) Await(context.Context, chain.Hash) (uint64, error) { return 7, p.awaitErr }

// clock stands until it is told to go on.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func config() faucet.Config {
	c := faucet.DefaultConfig()
	every := func(d time.Duration, burst int) faucet.Rate {
		return faucet.Rate{Every: daemon.Duration(d), Burst: burst}
	}
	c.PerAddress, c.PerIP, c.Total = every(30*time.Second, 2), every(2*time.Second, 4), every(time.Second, 6)
	return c
}

func newFaucet(t *testing.T, c faucet.Config) (*faucet.Faucet, *purse, *clock) {
	t.Helper()
	p, now := &purse{}, &clock{time.Unix(1_800_000_000, 0)}
	f, err := faucet.New(c, p, now.read)
	if err != nil {
		t.Fatal(err)
	}
	return f, p, now
}

func address(i byte) string { return fmt.Sprintf("0x%040x", 0x1000+int(i)) }

func host(i byte) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, i}) }

// limited wants a refusal that names who and how long to wait.
func limited(t *testing.T, err error, who string, wait time.Duration) {
	t.Helper()
	var l *faucet.Limited
	if !errors.As(err, &l) || !strings.Contains(l.Who, who) || l.RetryAfter != wait {
		t.Errorf("got %v, want a limit of %s for %s", err, who, wait)
	}
}

func TestAnAddressIsLimited(t *testing.T) {
	f, p, now := newFaucet(t, config())
	ctx := context.Background()
	for i := range 2 {
		if gift, err := f.Give(ctx, address(1), host(1)); err != nil || gift.Height != 7 || gift.Amount.String() != "10000000000000000000" {
			t.Fatalf("gift %d: %+v, %v", i, gift, err)
		}
	}
	to, _ := evm.ParseAddress(address(1))
	_, err := f.Give(ctx, to.Bech32(), host(1)) // the same account by its other name
	limited(t, err, to.Bech32(), 30*time.Second)
	if _, err := f.Give(ctx, address(2), host(1)); err != nil {
		t.Errorf("another address: %v", err)
	}
	now.now = now.now.Add(29999 * time.Millisecond)
	_, err = f.Give(ctx, address(1), host(1))
	limited(t, err, "zg1", time.Millisecond)
	now.now = now.now.Add(time.Millisecond)
	if _, err := f.Give(ctx, address(1), host(1)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	if len(p.sent) != 4 {
		t.Errorf("%d transfers, want 4", len(p.sent))
	}
}

func TestAHostIsLimited(t *testing.T) {
	f, _, _ := newFaucet(t, config())
	ctx := context.Background()
	for i := range byte(4) {
		if _, err := f.Give(ctx, address(i), host(1)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.Give(ctx, address(9), host(1))
	limited(t, err, "this host", 2*time.Second)
	_, err = f.Give(ctx, address(9), netip.MustParseAddr("::ffff:127.0.0.1")) // the same host in IPv6's clothes
	limited(t, err, "this host", 2*time.Second)
	if _, err := f.Give(ctx, address(9), host(2)); err != nil {
		t.Errorf("another host: %v", err)
	}
}

func TestEverybodyTogetherIsLimited(t *testing.T) {
	f, _, _ := newFaucet(t, config())
	ctx := context.Background()
	for i := range byte(6) {
		if _, err := f.Give(ctx, address(i), host(i)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.Give(ctx, address(9), host(9))
	limited(t, err, "everybody", time.Second)
}

// A refusal by one limit must not eat another's allowance, and a gift that was
// not sent is none.
func TestWhatWasNotGivenIsNotCounted(t *testing.T) {
	f, p, now := newFaucet(t, config())
	ctx := context.Background()
	p.sendErr = chain.ErrUnavailable
	for range 20 {
		if _, err := f.Give(ctx, address(1), host(1)); !errors.Is(err, chain.ErrUnavailable) {
			t.Fatalf("got %v, want ErrUnavailable", err)
		}
	}
	p.sendErr = nil
	for range 2 {
		if _, err := f.Give(ctx, address(1), host(1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		_, err := f.Give(ctx, address(1), host(1))
		limited(t, err, "zg1", 30*time.Second)
	}
	for i := range byte(2) { // the rest of the host's four
		if _, err := f.Give(ctx, address(2+i), host(1)); err != nil {
			t.Fatalf("refused gifts were counted for the host: %v", err)
		}
	}
	now.now = now.now.Add(time.Hour)
	for range 2 { // never more than the burst
		if _, err := f.Give(ctx, address(1), host(1)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.Give(ctx, address(1), host(1))
	limited(t, err, "zg1", 30*time.Second)
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	f, p, _ := newFaucet(t, config())
	own := evm.Address{0xfa}
	for _, bad := range []string{"", "0x12", "vitalik.eth", own.Hex(), own.Bech32(), "0x0000000000000000000000000000000000000000"} {
		if _, err := f.Give(context.Background(), bad, host(1)); !errors.Is(err, evm.ErrAddress) {
			t.Errorf("%q: got %v, want ErrAddress", bad, err)
		}
	}
	p.sendErr = evm.ErrNoFunds
	_, err := f.Give(context.Background(), address(1), host(1))
	if !errors.Is(err, faucet.ErrEmpty) || !strings.Contains(err.Error(), own.Bech32()) || !strings.Contains(err.Error(), "--reset") {
		t.Errorf("an empty faucet: got %v, want ErrEmpty with both remedies", err)
	}
	p.sendErr, p.awaitErr = nil, chain.ErrUnavailable
	if gift, err := f.Give(context.Background(), address(1), host(1)); err != nil || gift.Height != 0 || gift.TxHash == (chain.Hash{}) {
		t.Errorf("a block not seen: got %+v, %v; want a hash without a height", gift, err)
	}
}

// A flood of new addresses must not grow the memory, nor lock out for good.
func TestAFloodOfAddressesIsBoundedAndForgotten(t *testing.T) {
	c := config()
	c.PerIP.Burst, c.Total.Burst = 1<<20, 1<<20
	f, _, now := newFaucet(t, c)
	ctx := context.Background()
	var refused int
	for i := range 12_000 {
		if _, err := f.Give(ctx, fmt.Sprintf("0x%040x", 1<<20+i), host(1)); err != nil {
			refused++
		}
	}
	if refused != 2000 {
		t.Errorf("%d of 12000 refused, want those above 10000", refused)
	}
	now.now = now.now.Add(time.Minute)
	if _, err := f.Give(ctx, address(1), host(1)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestConfigRefuses(t *testing.T) {
	cases := []struct {
		name string
		edit func(*faucet.Config)
		ok   bool
	}{
		{"the defaults", func(*faucet.Config) {}, true},
		{"the smallest gift", func(c *faucet.Config) { c.Amount = "0.000000000000000001" }, true},
		{"a gift below a base unit", func(c *faucet.Config) { c.Amount = "0.0000000000000000001" }, false},
		{"nothing", func(c *faucet.Config) { c.Amount = "0" }, false},
		{"less than nothing", func(c *faucet.Config) { c.Amount = "-1" }, false},
		{"a gift with its unit", func(c *faucet.Config) { c.Amount = "10zg" }, false},
		{"a number of the powers of ten", func(c *faucet.Config) { c.Amount = "1e3" }, false},
		{"a gift with two points", func(c *faucet.Config) { c.Amount = "1.0.0" }, false},
		{"all of the net", func(c *faucet.Config) { c.Listen = "0.0.0.0:8088" }, false},
		{"no burst", func(c *faucet.Config) { c.PerIP.Burst = 0 }, false},
		{"no time", func(c *faucet.Config) { c.Total.Every = 0 }, false},
		{"no chain", func(c *faucet.Config) { c.EVMChainID = 0 }, false},
		{"no node", func(c *faucet.Config) { c.EVMRPC = "127.0.0.1:8545" }, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := faucet.DefaultConfig()
			c.edit(&config)
			if _, err := config.Check(); (err == nil) != c.ok {
				t.Errorf("got %v, want ok %v", err, c.ok)
			}
		})
	}
}
