//go:build js && wasm

package main

import (
	"context"
	"fmt"
	"syscall/js"
)

// promise runs work beside JavaScript's one thread and promises its outcome.
func promise(work func() (js.Value, error)) js.Value {
	var executor js.Func
	executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			defer executor.Release()
			value, err := caught(work)
			if err != nil {
				reject.Invoke(js.Global().Get("Error").New(err.Error()))
				return
			}
			resolve.Invoke(value)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(executor)
}

// caught makes what JavaScript throws in the middle of work an error: a panic would
// end the program for every caller.
func caught(work func() (js.Value, error)) (value js.Value, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			value, err = js.Undefined(), fmt.Errorf("%w: %v", errAnswer, thrown)
		}
	}()
	return work()
}

// call calls a function.
func call(function js.Value, args ...any) (js.Value, error) {
	return caught(func() (js.Value, error) { return function.Invoke(args...), nil })
}

// outcome is what became of a promise.
type outcome struct {
	value js.Value
	err   error
}

// await waits for a promise, or takes a plain value as it is.
func await(ctx context.Context, value js.Value) (js.Value, error) {
	settled := make(chan outcome, 2) // one is all there will be
	done := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- outcome{value: args[0]}
		return nil
	})
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- outcome{err: fmt.Errorf("%w: %s", errAnswer, textOf(args[0]))}
		return nil
	})
	release := func() { done.Release(); failed.Release() }
	if _, err := caught(func() (js.Value, error) {
		return js.Global().Get("Promise").Call("resolve", value).Call("then", done, failed), nil
	}); err != nil {
		release()
		return js.Undefined(), err
	}
	select {
	case one := <-settled:
		release()
		return one.value, one.err
	case <-ctx.Done():
		go func() { <-settled; release() }() // they may be called yet
		return js.Undefined(), ctx.Err()
	}
}

// textOf is what went wrong, as text.
func textOf(thrown js.Value) string {
	text, err := caught(func() (js.Value, error) {
		if thrown.Type() == js.TypeObject && thrown.Get("message").Type() == js.TypeString {
			return thrown.Get("message"), nil
		}
		return js.Global().Call("String", thrown), nil
	})
	if err != nil {
		return "it cannot be told"
	}
	return text.String()
}
