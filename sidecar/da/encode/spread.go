package encode

import (
	"context"
	"sync"
	"sync/atomic"
)

// spread calls do over [0, n) in blocks, on up to workers goroutines, and returns
// when none runs any more: the first error of do, or that of the context.
func spread(ctx context.Context, workers, n, block int, do func(from, to int) error) error {
	blocks := (n + block - 1) / block
	var next atomic.Int64
	var failed atomic.Bool
	var first error
	var once sync.Once
	work := func() {
		for !failed.Load() {
			i := int(next.Add(1)) - 1
			if i >= blocks {
				return
			}
			err := ctx.Err()
			if err == nil {
				err = do(i*block, min((i+1)*block, n))
			}
			if err != nil {
				once.Do(func() { first = err })
				failed.Store(true)
			}
		}
	}
	var wait sync.WaitGroup
	for range min(workers, blocks) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
	return first
}
