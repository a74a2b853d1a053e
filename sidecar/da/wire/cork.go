package wire

import (
	"context"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"
)

// transferBytes is how much gRPC hands to a connection at a time.
const transferBytes = 256 << 10

// corkedTLS is TLS that gives the kernel all records of one Write together.
// crypto/tls makes a system call for each record of 16 KiB, and each wakes the
// other side: a tenth of what it costs to move rows.
type corkedTLS struct {
	credentials.TransportCredentials
}

// Clone implements credentials.TransportCredentials.
func (c corkedTLS) Clone() credentials.TransportCredentials {
	return corkedTLS{c.TransportCredentials.Clone()}
}

// ClientHandshake implements credentials.TransportCredentials.
func (c corkedTLS) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	bottle := &bottle{Conn: raw}
	secure, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, bottle)
	if err != nil {
		return nil, nil, err
	}
	return corked{secure, bottle}, info, nil
}

// ServerHandshake implements credentials.TransportCredentials.
func (c corkedTLS) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	bottle := &bottle{Conn: raw}
	secure, info, err := c.TransportCredentials.ServerHandshake(bottle)
	if err != nil {
		return nil, nil, err
	}
	return corked{secure, bottle}, info, nil
}

// corked is the upper end: what is written here goes out when it is all there.
type corked struct {
	net.Conn // TLS
	bottle   *bottle
}

// Write implements net.Conn.
func (c corked) Write(p []byte) (int, error) {
	c.bottle.cork()
	n, err := c.Conn.Write(p)
	if flushErr := c.bottle.pop(); err == nil && flushErr != nil {
		return 0, flushErr
	}
	return n, err
}

// bottle is the lower end: it keeps what TLS writes while it is corked.
type bottle struct {
	net.Conn

	mu      sync.Mutex // guards the rest; TLS answers of itself, too
	closed  bool       // by a cork
	waiting []byte
}

func (b *bottle) cork() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// Write implements net.Conn. The error of a write that waits comes with pop.
func (b *bottle) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		return b.Conn.Write(p)
	}
	b.waiting = append(b.waiting, p...)
	return len(p), nil
}

func (b *bottle) pop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = false
	_, err := b.Conn.Write(b.waiting)
	b.waiting = b.waiting[:0]
	return err
}
