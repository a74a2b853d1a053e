// Package miner is zg-miner: it holds sealed copies of the loads of one claimed
// range and searches them for proofs of random access.
//
//	chain ──blocks, work, contexts, entries──► watch ──events──► core ──► search on/off
//	storage node ──plain load + path──► sealer ──sealed load──► store (own disk)
//	                                      nonce ──► worker ──► read-ahead ──► check ──► prove ──► chain
//
// The core decides and does no I/O; node.go owns the goroutines. Sealing goes on
// in the background at all times, searching only while an epoch is open.
//
// Source: whitepaper 5.2; protocol-storage.md 8.7; architecture.md "Decided".
package miner
