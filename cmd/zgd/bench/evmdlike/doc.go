// Package main is evmdlike: what `make bench-evm` compares zgd with. It is the
// same app without x/flow and x/pora, started the way cosmos/evm's own evmd is,
// with evmd's settings: the SDK's app.toml and config.toml, no garbage collection
// target, no SDK configuration scope. Consensus timeout, block bounds, fee market
// and accounts are zgd's, so that both do the same work.
//
// It has the build tag bench: nothing ships it, and no setting of zgd leads here.
package main
