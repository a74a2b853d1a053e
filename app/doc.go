// Package app is the chain: every module, wired by hand.
//
// [New] in app.go reads as a table of contents; each file answers one question:
// which chain is this (config.go), how are bytes read (encoding.go), where does
// state live (stores.go), who may hold coins (accounts.go), who moves state
// (keepers_*.go), in which order (order.go), who may enter a block (ante.go,
// mempool.go, proposal.go), how a block runs (executor.go), what a new chain
// starts with (genesis.go).
//
// Importing this package makes the process a zgd process: address prefix, base
// denom and power reduction are process-wide in the SDK and are set in init.
package app
