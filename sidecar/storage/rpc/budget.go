package rpc

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// errBudget: the memory asked for did not become free in time.
var errBudget = errors.New("memory budget stayed full")

// budget bounds the bytes that requests in flight hold. Who finds it full waits
// in line instead of being refused: clients retry three times at most
// (protocol-storage.md 3.2), a queue of 20 s carries them over a burst.
type budget struct {
	limitBytes int64
	wait       time.Duration
	sem        *semaphore.Weighted
}

func newBudget(limitBytes int64, wait time.Duration) *budget {
	return &budget{limitBytes: limitBytes, wait: wait, sem: semaphore.NewWeighted(limitBytes)}
}

// take reserves bytes, all of the budget if they are more than that (one such
// request at a time), and returns what gives them back.
func (b *budget) take(ctx context.Context, bytes int64) (release func(), err error) {
	bytes = min(max(bytes, 1), b.limitBytes)
	ctx, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	if err := b.sem.Acquire(ctx, bytes); err != nil {
		return nil, errBudget
	}
	return func() { b.sem.Release(bytes) }, nil
}

// lease is the memory that the answers of one HTTP request hold until they are
// written. It is taken at the first call that returns file data, for all calls
// of the body at once: a batch that took piece by piece could wait for itself.
type lease struct {
	budget  *budget
	bytes   int64
	release func() // nil: nothing taken
}

type leaseKey struct{}

func withLease(ctx context.Context, l *lease) context.Context {
	return context.WithValue(ctx, leaseKey{}, l)
}

// reserveAnswer takes the request's lease unless it has it.
func reserveAnswer(ctx context.Context) error {
	l, ok := ctx.Value(leaseKey{}).(*lease)
	if !ok || l.release != nil {
		return nil
	}
	release, err := l.budget.take(ctx, l.bytes)
	if err != nil {
		return ErrBusy
	}
	l.release = release
	return nil
}

func (l *lease) free() {
	if l.release != nil {
		l.release()
	}
}
