package rpc

import (
	"context"
	"net/http"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// NewAdmin is the handler of the private port: admin_* for the operator on the
// same machine. It refuses requests that a web page could forge: their Host or
// Origin is not this machine.
//
//	shutdown   stops the node; called at most once per request
func NewAdmin(backend Backend, opts Options, shutdown func()) http.Handler {
	s := NewServer(backend, opts)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", s.serveJSONRPC(s.adminMethods(shutdown)))
	mux.Handle("GET /metrics", opts.Metrics.Handler())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !daemon.LocalHost(r.Host) || r.Header.Get("Origin") != "" {
			http.Error(w, "the admin port is for programs on this machine", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// adminMethods are those of protocol-storage.md 3.3 that mean something for a
// node that does not synchronise with peers. Unit results are 0.
func (s *Server) adminMethods(shutdown func()) map[string]method {
	return map[string]method{
		"admin_shutdown": func(context.Context, args) (any, error) {
			go shutdown() // the answer goes out while the node drains its doors
			return 0, nil
		},
		"admin_getStatus": func(ctx context.Context, _ args) (any, error) {
			return s.backend.NodeStatus(ctx), nil
		},
		"admin_getFileLocation": func(ctx context.Context, a args) (any, error) {
			txSeq, err := a.uint64(0)
			if err != nil {
				return nil, err
			}
			file, err := s.backend.FileBySeq(ctx, txSeq)
			if err != nil || file == nil || !file.Finalized {
				return nil, err
			}
			return []map[string]any{{"ip": "127.0.0.1", "shardConfig": s.backend.Shard()}}, nil
		},
		"admin_getNetworkInfo": func(context.Context, args) (any, error) {
			return map[string]any{"peerId": "", "listenAddresses": []string{}, "totalPeers": 0, "bannedPeers": 0, "disconnectedPeers": 0,
				"connectedPeers": 0, "connectedOutgoingPeers": 0, "connectedIncomingPeers": 0}, nil
		},
		"admin_getPeers": func(context.Context, args) (any, error) { return map[string]any{}, nil },
	}
}
