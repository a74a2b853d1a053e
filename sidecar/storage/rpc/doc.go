// Package rpc is the storage node's doors: JSON-RPC 2.0 (zgs_*, indexer_*, and
// admin_* on a port of its own) and the plain HTTP doors for whole files, raw
// segments and loads.
//
// It decodes, bounds memory, asks a Backend and encodes; it keeps no state of
// files. Names, orders and strings are those of protocol-storage.md 3, because
// clients in the field compare them.
package rpc
