package node

import (
	"errors"
	"net"
	"sync"
)

// port is a listener whose connections are counted and which outlives the
// servers that take turns at it.
type port struct {
	net.Listener
	slots    chan struct{}
	accepted chan net.Conn
	failed   chan error
	closed   chan struct{}
	once     sync.Once
}

func newPort(listener net.Listener, connections int) *port {
	p := &port{
		Listener: listener, slots: make(chan struct{}, connections), accepted: make(chan net.Conn), failed: make(chan error, 1),
		closed: make(chan struct{}),
	}
	go p.accept()
	return p
}

// accept hands connections out; it takes no more than there are slots.
func (p *port) accept() {
	for {
		select {
		case p.slots <- struct{}{}:
		case <-p.closed:
			return
		}
		conn, err := p.Listener.Accept()
		if err != nil {
			p.failed <- err
			return
		}
		counted := &countedConn{Conn: conn, leave: func() { <-p.slots }}
		select {
		case p.accepted <- counted:
		case <-p.closed:
			_ = counted.Close()
			return
		}
	}
}

// Close ends the port for good.
func (p *port) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Listener.Close()
}

// door is the port for one server: closing it leaves the port open.
func (p *port) door() net.Listener { return &door{port: p, shut: make(chan struct{})} }

type door struct {
	port *port
	shut chan struct{}
	once sync.Once
}

var errDoorShut = errors.New("this server has stopped")

func (d *door) Accept() (net.Conn, error) {
	select {
	case conn := <-d.port.accepted:
		return conn, nil
	case err := <-d.port.failed:
		return nil, err
	case <-d.shut:
		return nil, errDoorShut
	}
}

func (d *door) Close() error   { d.once.Do(func() { close(d.shut) }); return nil }
func (d *door) Addr() net.Addr { return d.port.Addr() }

type countedConn struct {
	net.Conn
	leave func()
	once  sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}
