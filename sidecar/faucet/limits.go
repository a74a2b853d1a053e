package faucet

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// maxRemembered bounds how many addresses, and how many hosts, are remembered;
// those whose allowance is whole again are forgotten first.
const (
	maxRemembered = 10_000
	purgeEvery    = time.Second
)

// Limited refuses a gift until RetryAfter has passed.
type Limited struct {
	Who        string // whose allowance is used up
	RetryAfter time.Duration
}

func (l *Limited) Error() string {
	return fmt.Sprintf("too many gifts for %s: ask again in %d s", l.Who, wholeSeconds(l.RetryAfter))
}

// wholeSeconds rounds up, so that who waits that long is not refused again.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// limits count gifts per recipient, per asking host and altogether.
type limits struct {
	mu      sync.Mutex
	address bucket[evm.Address]
	host    bucket[netip.Prefix]
	total   *rate.Limiter
}

// bucket holds a limiter for each key; needs limits.mu.
type bucket[K comparable] struct {
	rate   Rate
	of     map[K]*rate.Limiter
	purged time.Time // last search for what can be forgotten
}

func newLimits(c Config) *limits {
	return &limits{
		address: bucket[evm.Address]{rate: c.PerAddress, of: make(map[evm.Address]*rate.Limiter)},
		host:    bucket[netip.Prefix]{rate: c.PerIP, of: make(map[netip.Prefix]*rate.Limiter)},
		total:   c.Total.limiter(),
	}
}

func (r Rate) limiter() *rate.Limiter {
	return rate.NewLimiter(rate.Every(time.Duration(r.Every)), r.Burst)
}

// take counts a gift, or refuses it and counts nothing. undo gives it back: a
// gift that was not sent is none.
func (l *limits) take(now time.Time, to evm.Address, from netip.Addr) (undo func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var taken []*rate.Reservation
	undo = func() {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	for _, one := range []struct {
		who     string
		limiter func() *rate.Limiter
	}{
		{"everybody together", func() *rate.Limiter { return l.total }},
		{"this host", func() *rate.Limiter { return l.host.get(now, daemon.HostOf(from)) }},
		{to.Bech32(), func() *rate.Limiter { return l.address.get(now, to) }},
	} {
		limiter := one.limiter() // asked for in turn: who is refused above is not remembered
		if limiter == nil {
			undo()
			return nil, &Limited{Who: "everybody together", RetryAfter: time.Duration(l.address.rate.Every)}
		}
		r := limiter.ReserveN(now, 1)
		taken = append(taken, r)
		if wait := r.DelayFrom(now); wait > 0 {
			undo()
			return nil, &Limited{Who: one.who, RetryAfter: wait}
		}
	}
	return undo, nil
}

// get returns the key's limiter, nil when too many keys are remembered.
func (b *bucket[K]) get(now time.Time, key K) *rate.Limiter {
	limiter, ok := b.of[key]
	if ok {
		return limiter
	}
	if len(b.of) >= maxRemembered && now.Sub(b.purged) >= purgeEvery {
		b.purged = now
		for old, l := range b.of {
			if l.TokensAt(now) >= float64(b.rate.Burst) {
				delete(b.of, old)
			}
		}
	}
	if len(b.of) >= maxRemembered {
		return nil
	}
	limiter = b.rate.limiter()
	b.of[key] = limiter
	return limiter
}
