package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/peers"
)

// The indexer: this node and the peers its operator named, so that one URL is
// enough for a client (protocol-storage.md 3.5). Named peers are "trusted";
// nothing is discovered.

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
	return nodeapi.ShardedNode{URL: url + s.opts.Path, Config: s.backend.Shard(), Latency: 0, Since: s.started.Unix()}
}

// withSelf puts this node before its peers; a list of all nodes of a network
// can be given to each of them.
func (s *Server) withSelf(ctx context.Context, others []nodeapi.ShardedNode) []nodeapi.ShardedNode {
	self := s.self(ctx)
	rows := []nodeapi.ShardedNode{self}
	for _, other := range others {
		if other.URL != self.URL {
			rows = append(rows, other)
		}
	}
	return rows
}

func trusted(rows []nodeapi.ShardedNode) nodeapi.ShardedNodes {
	return nodeapi.ShardedNodes{Trusted: rows, Discovered: []nodeapi.ShardedNode{}}
}

func (s *Server) getShardedNodes(ctx context.Context, _ args) (any, error) {
	return trusted(s.withSelf(ctx, s.opts.Peers.Nodes(ctx))), nil
}

// getSelectedNodes: expectedReplica, method, fullTrusted, dropped URLs. All
// nodes known here are trusted, so fullTrusted changes nothing.
func (s *Server) getSelectedNodes(ctx context.Context, a args) (any, error) {
	replicas, err := a.uint64Or(0, 1)
	if err != nil {
		return nil, err
	}
	method, err := a.word(1)
	if err != nil {
		return nil, err
	}
	if _, err := a.boolean(2); err != nil {
		return nil, err
	}
	dropped, err := a.strings(3)
	if err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(s.withSelf(ctx, s.opts.Peers.Nodes(ctx)), func(n nodeapi.ShardedNode) bool {
		return slices.Contains(dropped, n.URL)
	})
	chosen, err := peers.Select(rows, replicas, method)
	switch {
	case errors.Is(err, peers.ErrMethod):
		return nil, badParam(1, "a method", err)
	case err != nil:
		return nil, Internal("cannot select a subset of the nodes that meets the replication requirement: " + err.Error())
	}
	return trusted(chosen), nil
}

// getFileLocations names the nodes that have all of the file that belongs to
// their shard; an empty list when there is none.
func (s *Server) getFileLocations(ctx context.Context, a args) (any, error) {
	root, err := a.hash(0)
	if err != nil {
		return nil, err
	}
	file, err := s.backend.FileByRoot(ctx, root, true)
	if err != nil {
		return nil, err
	}
	rows := s.withSelf(ctx, s.opts.Peers.Holding(ctx, root))
	if file == nil || !file.Finalized {
		rows = rows[1:]
	}
	return rows, nil
}

// getNodeLocations: the node does not look up where addresses are.
func (s *Server) getNodeLocations(context.Context, args) (any, error) {
	return map[string]any{}, nil
}

func (a args) uint64Or(position int, absent uint64) (uint64, error) {
	if isNull(a.at(position)) {
		return absent, nil
	}
	return a.uint64(position)
}

// maxWordBytes bounds the words and URLs of a call.
const maxWordBytes = 256

// word reads a short string, or a number as its digits; absent is "".
func (a args) word(position int) (string, error) {
	value := a.at(position)
	if isNull(value) {
		return "", nil
	}
	if n, err := decodeUint64(value); err == nil {
		return strconv.FormatUint(n, 10), nil
	}
	var text string
	if len(value) > maxWordBytes {
		return "", badParam(position, "a short string", errors.New("too long"))
	}
	if err := json.Unmarshal(value, &text); err != nil {
		return "", badParam(position, "a string", err)
	}
	return text, nil
}

// strings reads a list of short strings; absent is none.
func (a args) strings(position int) (out []string, err error) {
	if isNull(a.at(position)) {
		return nil, nil
	}
	err = walkArray(a.at(position), func(value []byte, n int) error {
		if n >= 1000 || len(value) > maxWordBytes {
			return errors.New("too many or too long")
		}
		var text string
		err := json.Unmarshal(value, &text)
		out = append(out, text)
		return err
	})
	if err != nil {
		return nil, badParam(position, "an array of URLs", err)
	}
	return out, nil
}
