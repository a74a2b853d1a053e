package evmload

import (
	"context"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
)

// logsBlocks is how many blocks a query for logs covers, at most.
const logsBlocks = 16

// request is one question.
type request struct {
	method string
	args   []any
}

// query prepares a token, asks and reports.
func (r *run) query(ctx context.Context) (Report, error) {
	questions, err := r.questions(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("prepare %s: %w", r.Workload, err)
	}
	meter, err := startMeter(r.PID)
	if err != nil {
		return Report{}, err
	}
	var samples []sample
	if r.max() {
		samples = r.askMax(ctx, questions)
	} else {
		samples = r.askAtRate(ctx, questions)
	}
	report := Report{Workload: r.Workload, RatePerS: r.RatePerS}
	err = meter.stop(&report)
	report.add(samples, 0)
	return report, err
}

// questions are what item i asks. Logs are those of one transfer of each account.
func (r *run) questions(ctx context.Context) (func(i int) request, error) {
	if r.Workload == Logs {
		if err := r.fund(ctx, erc20Gas); err != nil {
			return nil, err
		}
	}
	token, compiled, err := r.deployToken(ctx)
	if err != nil {
		return nil, err
	}
	if r.Workload == Calls {
		return func(i int) request {
			data, _ := compiled.ABI.Pack("balanceOf", r.accounts[i%len(r.accounts)].address) // an address always packs
			return request{"eth_call", []any{map[string]any{"to": token, "data": hexutil.Bytes(data)}, "latest"}}
		}, nil
	}
	var txs []signed
	for i, a := range r.accounts {
		data, err := compiled.ABI.Pack("transfer", r.accounts[(i+1)%len(r.accounts)].address, big.NewInt(erc20Amount))
		if err != nil {
			return nil, err
		}
		tx, err := a.next(r.node, call{To: &token, Data: data, Gas: erc20Gas}, feeCapMultiple)
		if err != nil {
			return nil, err
		}
		txs = append(txs, tx)
	}
	last, err := r.node.settle(ctx, txs, r.Drain)
	if err != nil {
		return nil, err
	}
	to := uint64(last.BlockNumber)
	filter := map[string]any{
		"address": token, "fromBlock": hexutil.Uint64(max(to, logsBlocks) - logsBlocks), "toBlock": hexutil.Uint64(to),
		"topics": []any{compiled.ABI.Events["Transfer"].ID},
	}
	return func(int) request { return request{"eth_getLogs", []any{filter}} }, nil
}

// ask puts questions and returns the answer to each.
func (r *run) ask(ctx context.Context, questions []request) []error {
	answers := make([]error, len(questions))
	batch := make([]rpc.BatchElem, len(questions))
	for i, q := range questions {
		batch[i] = rpc.BatchElem{Method: q.method, Args: q.args, Result: new(any)}
	}
	if len(batch) == 1 {
		answers[0] = r.node.rpc.CallContext(ctx, batch[0].Result, batch[0].Method, batch[0].Args...)
		return answers
	}
	err := r.node.rpc.BatchCallContext(ctx, batch)
	for i := range batch {
		if answers[i] = batch[i].Error; err != nil {
			answers[i] = err
		}
	}
	return answers
}

func (r *run) askAtRate(ctx context.Context, question func(int) request) []sample {
	samples := make([]sample, r.total())
	s := Schedule{Start: time.Now().Add(startDelay), RatePerS: r.RatePerS, Batch: r.Batch}
	s.Run(ctx, len(samples), func(span Span) { // each batch has samples of its own
		part := make([]request, 0, r.Batch)
		for i := span.From; i < span.To; i++ {
			samples[i].due = s.Due(i)
			part = append(part, question(i))
		}
		answers := r.ask(ctx, part)
		for k, err := range answers {
			samples[span.From+k].done, samples[span.From+k].err = time.Now(), err
		}
	})
	return samples
}

// askMax asks from every worker, one question after the other.
func (r *run) askMax(ctx context.Context, question func(int) request) []sample {
	end := time.Now().Add(r.Duration)
	perWorker := make([][]sample, r.Workers)
	var asking sync.WaitGroup
	for worker := range r.Workers {
		asking.Add(1)
		go func() {
			defer asking.Done()
			for i := worker; time.Now().Before(end) && ctx.Err() == nil; i += r.Workers {
				part := make([]request, r.Batch)
				for k := range part {
					part[k] = question(i*r.Batch + k)
				}
				due := time.Now()
				for _, err := range r.ask(ctx, part) {
					perWorker[worker] = append(perWorker[worker], sample{due: due, done: time.Now(), err: err})
				}
			}
		}()
	}
	asking.Wait()
	var samples []sample
	for _, s := range perWorker {
		samples = append(samples, s...)
	}
	return samples
}
