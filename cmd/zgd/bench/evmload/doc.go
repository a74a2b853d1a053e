// Package evmload puts load on any Ethereum JSON-RPC endpoint and says what came
// of it: transfers, ERC-20 transfers, swaps on a constant-product pool, eth_call
// and eth_getLogs.
//
// Two ways of sending. At a rate the load is open loop: each item has a moment at
// which it is due, and its latency counts from there, so a node that stalls shows
// long latencies instead of fewer samples (no coordinated omission). At "max" a
// fixed number of transactions is kept in flight, which finds the throughput.
//
// Transactions are signed before the clock starts: on a machine that runs both
// sides the generator should take as little of it as it can.
package evmload
