// Package rpc holds the node's JSON-RPC against what wallets and indexers
// expect: the result shapes of ethereum/execution-apis, geth's words and codes
// for errors, and anvil side by side on the same transactions. Its tests carry
// the build tag e2e, need `make build` first, and node and npm.
package rpc
