// Package integration runs the real app in one process: blocks are made by hand
// on a store in memory, transactions are signed as a wallet signs them, and
// nothing is replaced but consensus. It shows what the rooms of the chain do
// together: files entered, mined and paid (storage_test.go), parameters by vote
// (governance_test.go), money that never leaks (conservation_test.go), state
// that survives export (export_test.go), executors that agree (executor_test.go),
// and what our modules cost a plain transfer (overhead_bench_test.go).
package integration
