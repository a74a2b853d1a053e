//go:build !(js && wasm)

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "this program runs in JavaScript only: GOOS=js GOARCH=wasm go build -o sampler.wasm ./sidecar/da/wasm")
	os.Exit(2)
}
