package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// maxRemembered bounds how many peers, and how many submitters, are remembered;
// those whose share is whole again are forgotten first.
const (
	maxRemembered = 10_000
	purgeEvery    = time.Second
)

// Busy is ErrBusy with a time after which trying again can help.
type Busy struct {
	What       string
	RetryAfter time.Duration
}

func (b *Busy) Error() string { return fmt.Sprintf("%s: try again in %v", b.What, b.RetryAfter) }

// Unwrap makes errors.Is(err, ErrBusy) hold.
func (b *Busy) Unwrap() error { return ErrBusy }

// shares are limiters, one for each key. The zero limit is not used.
type shares[K comparable] struct {
	limit rate.Limit
	burst int

	mu     sync.Mutex
	of     map[K]*rate.Limiter
	purged time.Time
}

func newShares[K comparable](perSecond float64, burst int) *shares[K] {
	return &shares[K]{limit: rate.Limit(perSecond), burst: burst, of: map[K]*rate.Limiter{}}
}

// get returns the key's limiter; one that all share when too many keys are
// remembered.
func (s *shares[K]) get(now time.Time, key K) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	limiter, ok := s.of[key]
	if ok {
		return limiter
	}
	if len(s.of) >= maxRemembered && now.Sub(s.purged) >= purgeEvery {
		s.purged = now
		for old, l := range s.of {
			if l.TokensAt(now) >= float64(s.burst) {
				delete(s.of, old)
			}
		}
	}
	if len(s.of) >= maxRemembered {
		var common K
		key = common
		if limiter, ok := s.of[key]; ok {
			return limiter
		}
	}
	limiter = rate.NewLimiter(s.limit, s.burst)
	s.of[key] = limiter
	return limiter
}

// places are for a number of calls at a time; one peer gets half of them at most.
type places struct {
	mu    sync.Mutex
	all   int
	taken int
	of    map[string]int
}

func newPlaces(all int) *places { return &places{all: all, of: map[string]int{}} }

// take gives a peer a place, if there is one; done gives it back.
func (p *places) take(peer string) (done func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == p.all || 2*p.of[peer] >= max(p.all, 2) {
		return nil, false
	}
	p.taken++
	p.of[peer]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken--
		if p.of[peer]--; p.of[peer] == 0 {
			delete(p.of, peer)
		}
	}, true
}

// limits are what callers share.
type limits struct {
	config Limits
	now    func() time.Time

	lookups *places             // submissions whose header is read and blob asked for: by anybody
	waiters *places             // those whose blob the chain's node has not seen
	slots   *semaphore.Weighted // submissions of who ordered the blob
	memory  *semaphore.Weighted // MiB of rows being checked
	quota   *shares[chain.Address]
	strike  *shares[chain.Address]

	reads     *places
	readCalls *shares[string]
	readBytes *shares[string]

	mu     sync.Mutex
	active map[chain.Address]int // submissions
}

// Places for what costs little, of each for a submission.
const (
	lookupsPerSubmission = 4
	waitersPerSubmission = 2
	headerTimeout        = 5 * time.Second
)

func newLimits(c Limits, now func() time.Time) *limits {
	return &limits{
		config: c, now: now,
		lookups: newPlaces(lookupsPerSubmission * c.Submissions), waiters: newPlaces(waitersPerSubmission * c.Submissions),
		slots: semaphore.NewWeighted(int64(c.Submissions)), memory: semaphore.NewWeighted(int64(c.MemoryMiB)),
		quota:  newShares[chain.Address](float64(c.SubmitterMiB)/60, c.SubmitterMiB),
		strike: newShares[chain.Address](float64(c.BadPerMinute)/60, c.BadPerMinute),
		reads:  newPlaces(c.Reads), active: map[chain.Address]int{},
		readCalls: newShares[string](float64(c.ReadsPerSecond), 2*c.ReadsPerSecond),
		readBytes: newShares[string](float64(c.ReadMiB)*(1<<20), max(c.ReadMiB, 16)<<20),
	}
}

// lookup lets a peer's submission look for its blob, or says Busy.
func (l *limits) lookup(peer string) (done func(), err error) {
	done, ok := l.lookups.take(peer)
	if !ok {
		return nil, &Busy{"too many submissions begin", 500 * time.Millisecond}
	}
	return done, nil
}

// submission lets one submission of a submitter begin, or says Busy. done gives
// its place back.
func (l *limits) submission(ctx context.Context, of chain.Address) (done func(), err error) {
	if l.strike.get(l.now(), of).TokensAt(l.now()) < 1 {
		return nil, &Busy{fmt.Sprintf("%s sent %d bad submissions within a minute", of, l.config.BadPerMinute), time.Minute / time.Duration(l.config.BadPerMinute)}
	}
	l.mu.Lock()
	if l.active[of] >= l.config.PerSubmitter {
		l.mu.Unlock()
		return nil, &Busy{fmt.Sprintf("%s has %d submissions under way", of, l.config.PerSubmitter), time.Second}
	}
	l.active[of]++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.active[of]--; l.active[of] == 0 {
			delete(l.active, of)
		}
	}
	if err := l.acquire(ctx, l.slots, 1); err != nil {
		leave()
		return nil, &Busy{fmt.Sprintf("%d submissions are under way", l.config.Submissions), time.Second}
	}
	return func() { leave(); l.slots.Release(1) }, nil
}

func (l *limits) acquire(ctx context.Context, from *semaphore.Weighted, n int64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(l.config.AdmitWait))
	defer cancel()
	return from.Acquire(ctx, n)
}

// room takes memory for a submission's rows and counts them against its
// submitter's share.
func (l *limits) room(ctx context.Context, of chain.Address, bytes int) (done func(), err error) {
	mib := int64(bytes>>20 + 1)
	if mib > int64(l.config.MemoryMiB) {
		return nil, fmt.Errorf("%w: %d MiB of rows, limits.memory_mib of this node is %d", ErrBusy, mib, l.config.MemoryMiB)
	}
	now := l.now()
	share := l.quota.get(now, of).ReserveN(now, int(min(mib, int64(l.config.SubmitterMiB))))
	if wait := share.DelayFrom(now); wait > 0 {
		share.CancelAt(now)
		return nil, &Busy{fmt.Sprintf("%s sent %d MiB of rows within a minute", of, l.config.SubmitterMiB), wait}
	}
	if l.acquire(ctx, l.memory, mib) != nil {
		return nil, &Busy{"the memory for rows is in use", time.Second}
	}
	return func() { l.memory.Release(mib) }, nil
}

// bad counts a bad submission.
func (l *limits) bad(of chain.Address) { l.strike.get(l.now(), of).AllowN(l.now(), 1) }

// call counts a call of a peer, or says Busy.
func (l *limits) call(peer string) error {
	now := l.now()
	if !l.readCalls.get(now, peer).AllowN(now, 1) {
		return &Busy{fmt.Sprintf("more than %d calls a second", l.config.ReadsPerSecond), time.Second}
	}
	return nil
}

// read lets a read of a peer begin, or says Busy.
func (l *limits) read(peer string) (done func(), err error) {
	if err := l.call(peer); err != nil {
		return nil, err
	}
	done, ok := l.reads.take(peer)
	if !ok {
		return nil, &Busy{"too many reads are being served", 100 * time.Millisecond}
	}
	return done, nil
}

// pace waits until a peer may have so many bytes more.
func (l *limits) pace(ctx context.Context, peer string, bytes int) error {
	limiter := l.readBytes.get(l.now(), peer)
	return limiter.WaitN(ctx, min(bytes, limiter.Burst()))
}
