package sampling

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Source fetches what samples are made of. It is trusted with nothing. Calls come
// from several goroutines.
type Source interface {
	// Preimage fetches what the root hashes.
	Preimage(ctx context.Context) ([]byte, error)
	// Chunk fetches a chunk with its proof, laid out as by AppendAnswer.
	Chunk(ctx context.Context, row, chunk int) ([]byte, error)
}

// Options steer one sampling. Zero values are good.
type Options struct {
	Confidence float64       // 0.999999
	MaxSamples int           // 256; "not shown" beyond
	TryTimeout time.Duration // 10 s; a sample that takes longer has failed
	Random     io.Reader     // crypto/rand; tests bring their own
	// Progress is told where the sampling stands after every sample.
	Progress func(Result)
}

func (o Options) withDefaults() Options {
	if o.Confidence == 0 {
		o.Confidence = 0.999999
	}
	if o.MaxSamples <= 0 {
		o.MaxSamples = 256
	}
	if o.TryTimeout <= 0 {
		o.TryTimeout = 10 * time.Second
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Progress == nil {
		o.Progress = func(Result) {}
	}
	return o
}

// Result is what a sampling showed.
type Result struct {
	Root       erasure.Hash
	Shown      bool
	Confidence float64 // that was reached
	Asked      float64
	Samples    int
	Failed     int
	Bytes      uint64             // that came
	Commitment erasure.Commitment // zero when nobody told
	Reasons    []string           // of failures: the first few different ones
}

// maxReasons bounds Reasons, maxReason the bytes of one: a peer may have chosen it.
const (
	maxReasons = 4
	maxReason  = 200
)

// ParseRoot reads a root, 64 hex characters with or without 0x.
func ParseRoot(text string) (root erasure.Hash, err error) {
	b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(b) != len(root) {
		return root, fmt.Errorf("%w: root %.80q, want 64 hex characters", ErrUsage, text)
	}
	return erasure.Hash(b), nil
}

// Light samples a blob by its root alone. It does not know whether the blob was
// confirmed, nor by whom: the root has to come from somebody who does. That a blob
// is not shown is a result, no error.
func Light(ctx context.Context, root erasure.Hash, source Source, opts Options) (Result, error) {
	opts = opts.withDefaults()
	if _, err := NewJudge(1, 1, opts.Confidence); err != nil {
		return Result{}, err
	}
	l := &light{source: source, opts: opts, result: Result{Root: root, Asked: opts.Confidence}}
	commit, err := l.preimage(ctx)
	if err != nil {
		l.because(err)
		return l.result, ctx.Err()
	}
	l.result.Commitment = commit
	judge, err := NewJudge(commit.Profile.K, commit.Profile.N, opts.Confidence)
	if err != nil {
		return l.result, err
	}
	plan := Plan{Judge: judge, Random: opts.Random, Chunks: commit.Chunks(), Most: opts.MaxSamples}
	err = plan.Run(ctx, l.ask, func(s *Sample) {
		if l.because(s.Err); s.Err != nil {
			l.result.Failed++
		}
		l.result.Samples++
		l.result.Bytes += s.Bytes
		l.result.Shown, l.result.Confidence = judge.Shown(), judge.Confidence()
		opts.Progress(l.result)
	})
	return l.result, err
}

// light is a sampling under way.
type light struct {
	source Source
	opts   Options
	result Result
}

func (l *light) preimage(ctx context.Context) (erasure.Commitment, error) {
	ctx, cancel := context.WithTimeout(ctx, l.opts.TryTimeout)
	defer cancel()
	b, err := l.source.Preimage(ctx)
	if err != nil {
		return erasure.Commitment{}, err
	}
	l.result.Bytes += uint64(len(b))
	return ReadPreimage(l.result.Root, b)
}

// ask fetches the chunks of a round, all at once.
func (l *light) ask(ctx context.Context, round []Sample) {
	ctx, cancel := context.WithTimeout(ctx, l.opts.TryTimeout)
	defer cancel()
	var wait sync.WaitGroup
	for i := range round {
		one := &round[i]
		wait.Go(func() {
			b, err := l.source.Chunk(ctx, one.Row, one.Chunk)
			if err == nil {
				_, _, err = ReadAnswer(l.result.Root, one.Row, one.Chunk, b)
			}
			one.Bytes, one.Err = uint64(len(b)), err
		})
	}
	wait.Wait()
}

// because notes why a sample failed.
func (l *light) because(err error) {
	if err == nil {
		return
	}
	reason := err.Error()
	if errors.Is(err, erasure.ErrBadRow) {
		reason = "a chunk does not lead to the root" // not one reason for each row
	}
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	for _, known := range l.result.Reasons {
		if known == reason {
			return
		}
	}
	if len(l.result.Reasons) < maxReasons {
		l.result.Reasons = append(l.result.Reasons, reason)
	}
}
