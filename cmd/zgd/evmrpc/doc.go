// Package evmrpc is our layer over cosmos/evm's JSON-RPC: the methods that
// upstream answers in a way that breaks a wallet, an indexer or a library are
// answered here, everything else passes through.
//
// It needs no fork. Upstream builds its list of services from the namespaces
// that app.toml names; we put one namespace of ours in their place, which
// builds upstream's services and lays ours over them: geth's RPC server keeps
// the last method registered under a name. The WebSocket server is ours
// altogether, on geth's handler.
package evmrpc
