// Command wasm is the light sampler (sidecar/da/sampling) for JavaScript: built
// with GOOS=js GOARCH=wasm and loaded by sampler.mjs, in a browser or in Node.
package main
