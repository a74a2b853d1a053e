// Package faucet gives a little money to whoever asks, on networks whose money
// is worth nothing, and serves the page where a contract developer finds the
// network's addresses, ABIs and URLs.
//
//	config.go   settings, and what is refused
//	amount.go   zg as text
//	limits.go   how often somebody may ask
//	faucet.go   one gift: who, how much, why not
//	origin.go   which web pages may talk to us
//	handler.go  the HTTP face
//	page.go     the page, embedded whole
package faucet
