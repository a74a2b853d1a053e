// Package sampling decides by random chunks whether a blob can be rebuilt: which
// are drawn, how they are counted, what they show (protocol-da.md §6h). It knows
// no network and no chain, so that zg, a test and a browser (sidecar/da/wasm) run
// the same code.
package sampling
