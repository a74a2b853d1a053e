// Package bench measures a running chain from outside, over JSON-RPC.
//
// The load is open loop: transactions leave on a fixed schedule whether or not
// the chain keeps up, and a latency counts from the moment a transaction was due,
// not from the moment the generator got around to it. A stalled chain therefore
// shows as long latencies instead of as fewer samples.
package bench
