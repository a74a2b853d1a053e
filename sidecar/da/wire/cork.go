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
	waiting *[]byte    // of waits; nil while nothing waits
}

// waits holds buffers of what waits: most connections write nothing large.
var waits = sync.Pool{New: func() any { b := make([]byte, 0, transferBytes+transferBytes/16); return &b }}

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
	if b.waiting == nil {
		b.waiting = waits.Get().(*[]byte)
	}
	*b.waiting = append(*b.waiting, p...)
	return len(p), nil
}

func (b *bottle) pop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = false
	if b.waiting == nil {
		return nil
	}
	_, err := b.Conn.Write(*b.waiting)
	*b.waiting = (*b.waiting)[:0]
	waits.Put(b.waiting)
	b.waiting = nil
	return err
}
