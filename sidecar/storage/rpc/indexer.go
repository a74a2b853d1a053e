package rpc

import (
	"context"
	"net/http"
	"slices"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// The indexer of a network of one: this node. It knows no peers to name; a
// client that asks for more gets a refusal that says so.

type hostKey struct{}

// withHost remembers by which name the caller reached the node.
func withHost(r *http.Request) context.Context {
	return context.WithValue(r.Context(), hostKey{}, r.Host)
}

// self describes this node under an address that the caller can reach.
func (s *Server) self(ctx context.Context) nodeapi.ShardedNode {
	url := s.opts.PublicURL
	if host, _ := ctx.Value(hostKey{}).(string); url == "" && host != "" {
		url = "http://" + host
	}
	return nodeapi.ShardedNode{URL: url, Config: s.backend.Shard(), Latency: 0, Since: s.started.Unix()}
}

func (s *Server) getShardedNodes(ctx context.Context, _ args) (any, error) {
	return nodeapi.ShardedNodes{Trusted: []nodeapi.ShardedNode{s.self(ctx)}, Discovered: []nodeapi.ShardedNode{}}, nil
}

// getSelectedNodes: expectedReplica, method, fullTrusted, dropped URLs.
func (s *Server) getSelectedNodes(ctx context.Context, a args) (any, error) {
	replicas := uint64(1)
	if !isNull(a.at(0)) {
		n, err := a.uint64(0)
		if err != nil {
			return nil, err
		}
		replicas = n
	}
	var dropped []string
	if !isNull(a.at(3)) {
		err := walkArray(a.at(3), func(value []byte, _ int) error {
			if len(value) > 2 && value[0] == '"' {
				dropped = append(dropped, string(value[1:len(value)-1]))
			}
			return nil
		})
		if err != nil {
			return nil, badParam(3, "an array of URLs", err)
		}
	}
	self := s.self(ctx)
	if replicas > 1 || self.Config.NumShard > 1 || slices.Contains(dropped, self.URL) {
		return nil, Internal("cannot select nodes: this node knows itself only, one replica of its own shard")
	}
	return nodeapi.ShardedNodes{Trusted: []nodeapi.ShardedNode{self}, Discovered: []nodeapi.ShardedNode{}}, nil
}

// getFileLocations names this node if it holds the whole file (of its shard).
func (s *Server) getFileLocations(ctx context.Context, a args) (any, error) {
	root, err := a.hash(0)
	if err != nil {
		return nil, err
	}
	file, err := s.backend.FileByRoot(ctx, root, true)
	if err != nil {
		return nil, err
	}
	if file == nil || !file.Finalized {
		return []nodeapi.ShardedNode{}, nil
	}
	return []nodeapi.ShardedNode{s.self(ctx)}, nil
}

// getNodeLocations: the node does not look up where addresses are.
func (s *Server) getNodeLocations(context.Context, args) (any, error) {
	return map[string]any{}, nil
}
