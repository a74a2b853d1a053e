//go:build js && wasm

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/sampling"
)

// main leaves one function behind, globalThis.zgSample(options), a promise of the
// verdict:
//
//	root        string, 64 hex characters
//	preimage    () => Promise<Uint8Array>
//	chunk       (row, chunk) => Promise<Uint8Array>
//	confidence  number, 0.999999
//	maxSamples  number, 256
//	timeout     milliseconds for each answer, 10000
//	progress    (verdict) => void, after every sample
func main() {
	js.Global().Set("zgSample", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return promise(func() (js.Value, error) {
			if len(args) != 1 || args[0].Type() != js.TypeObject {
				return js.Undefined(), fmt.Errorf("%w: want one object with root, preimage and chunk", sampling.ErrUsage)
			}
			return sample(args[0])
		})
	}))
	select {} // calls come until the page goes
}

// sample runs one sampling.
func sample(options js.Value) (js.Value, error) {
	source := &callbacks{preimage: options.Get("preimage"), chunk: options.Get("chunk")}
	if source.preimage.Type() != js.TypeFunction || source.chunk.Type() != js.TypeFunction {
		return js.Undefined(), fmt.Errorf("%w: preimage and chunk have to be functions", sampling.ErrUsage)
	}
	var text string
	if value := options.Get("root"); value.Type() == js.TypeString {
		text = value.String()
	}
	root, err := sampling.ParseRoot(text)
	if err != nil {
		return js.Undefined(), err
	}
	var o sampling.Options
	var samples, millis float64
	for name, into := range map[string]*float64{"confidence": &o.Confidence, "maxSamples": &samples, "timeout": &millis} {
		switch value := options.Get(name); value.Type() {
		case js.TypeNumber:
			if *into = value.Float(); !(*into > 0 && *into < 1<<31) {
				return js.Undefined(), fmt.Errorf("%w: %s is %v", sampling.ErrUsage, name, *into)
			}
		case js.TypeUndefined:
		default:
			return js.Undefined(), fmt.Errorf("%w: %s has to be a number", sampling.ErrUsage, name)
		}
	}
	o.MaxSamples, o.TryTimeout = int(samples), time.Duration(millis*float64(time.Millisecond))
	if progress := options.Get("progress"); progress.Type() == js.TypeFunction {
		o.Progress = func(r sampling.Result) { _, _ = call(progress, verdict(r)) }
	}
	result, err := sampling.Light(context.Background(), root, source, o)
	return verdict(result), err
}

// verdict is a result as an object.
func verdict(r sampling.Result) js.Value {
	reasons := make([]any, len(r.Reasons))
	for i, reason := range r.Reasons {
		reasons[i] = reason
	}
	return js.ValueOf(map[string]any{
		"root": "0x" + hex.EncodeToString(r.Root[:]), "shown": r.Shown, "confidence": r.Confidence, "asked": r.Asked,
		"samples": r.Samples, "failed": r.Failed, "bytes": r.Bytes, "reasons": reasons,
		"rows": r.Commitment.Profile.N, "dataRows": r.Commitment.Profile.K,
		"size": r.Commitment.DataLen, "evmChainId": r.Commitment.EVMChainID,
	})
}

// callbacks is a source in JavaScript.
type callbacks struct{ preimage, chunk js.Value }

func (c *callbacks) Preimage(ctx context.Context) ([]byte, error) { return fetch(ctx, c.preimage) }

func (c *callbacks) Chunk(ctx context.Context, row, chunk int) ([]byte, error) {
	return fetch(ctx, c.chunk, row, chunk)
}

var errAnswer = errors.New("no answer")

// fetch calls a function that promises a Uint8Array.
func fetch(ctx context.Context, function js.Value, args ...any) ([]byte, error) {
	answer, err := call(function, args...)
	if err == nil {
		answer, err = await(ctx, answer)
	}
	if err != nil {
		return nil, err
	}
	if !answer.InstanceOf(js.Global().Get("Uint8Array")) {
		return nil, fmt.Errorf("%w: not a Uint8Array", errAnswer)
	}
	size := answer.Length()
	if size > sampling.MaxAnswer {
		return nil, fmt.Errorf("%w: %d bytes, want at most %d", errAnswer, size, sampling.MaxAnswer)
	}
	b := make([]byte, size)
	return b[:js.CopyBytesToGo(b, answer)], nil
}
