package client

import (
	"context"
	"errors"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// errLeft: the member has unregistered and says no socket any more.
var errLeft = errors.New("has left: the chain has no socket of it")

// peers are the connections to members, one each, made when first used. The
// certificate of each is checked against the member's key (wire.Dial).
type peers struct {
	evmChainID uint64
	auth       wire.Authorizer // nil: reads only

	mu    sync.Mutex // guards conns
	conns map[peerKey]*grpc.ClientConn
}

type peerKey struct {
	address chain.Address
	socket  string
	key     string
}

func newPeers(evmChainID uint64, auth wire.Authorizer) *peers {
	return &peers{evmChainID: evmChainID, auth: auth, conns: make(map[peerKey]*grpc.ClientConn)}
}

// signer returns the door of a member.
func (p *peers) signer(m chain.DAMember) (pb.SignerClient, error) {
	if m.Socket == "" {
		return nil, errLeft
	}
	key := peerKey{m.Address, m.Socket, string(m.Key.G2)}
	p.mu.Lock()
	defer p.mu.Unlock()
	conn := p.conns[key]
	if conn == nil {
		var err error
		member := wire.Member{EVMChainID: p.evmChainID, Address: m.Address, KeyG2: m.Key.G2}
		if conn, err = wire.Dial(m.Socket, member, p.auth); err != nil {
			return nil, err
		}
		p.conns[key] = conn
	}
	return pb.NewSignerClient(conn), nil
}

// close ends all connections.
func (p *peers) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, conn := range p.conns {
		_ = conn.Close()
		delete(p.conns, key)
	}
}

// classify says what an error of a call makes of a member, and whether the same
// call can succeed in a moment.
func classify(err error) (kind FaultKind, again bool) {
	if errors.Is(err, errLeft) {
		return FaultSilent, false
	}
	text := status.Convert(err).Message()
	if errors.Is(err, wire.ErrIdentity) || strings.Contains(text, wire.ErrIdentity.Error()) {
		return FaultIdentity, false
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return FaultSilent, true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Canceled, codes.Aborted, codes.Internal:
		return FaultSilent, true
	case codes.NotFound:
		return FaultNotFound, false
	default:
		return FaultRefused, false
	}
}

// reason is an error's text for people, bounded: a peer chose it.
func reason(err error) string {
	text := err.Error()
	if s, ok := status.FromError(err); ok {
		text = s.Message()
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return text
}
