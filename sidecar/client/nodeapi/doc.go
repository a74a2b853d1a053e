// Package nodeapi is the language of a storage node's public port: the types
// that cross it and a client that speaks it. The node imports the types, `zg`,
// the miner and other sidecars import both.
//
//	JSON-RPC   POST /                              zgs_* (protocol-storage.md 3)
//	fast doors PUT|GET /v1/segments/{txSeq}/{index}   raw segment + proof header
//	           GET /v1/loads/{load}?flow_root=0x..    raw load + siblings to a flow root
//	           GET /v1/files/{root}                   whole file, Range requests
//	           GET /v1/status                         health and progress
//
// Nothing a node says is believed here beyond its shape: every response has a
// size limit and a deadline, and data is returned together with its proof for
// the caller to verify against a root of its own.
package nodeapi
