package wire

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/credentials"

	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// counted counts what it is asked to write.
type counted struct {
	net.Conn
	writes atomic.Int64
	fail   error
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	if c.fail != nil {
		return 0, c.fail
	}
	return c.Conn.Write(p)
}

// corkedPair is a connection of corked TLS and what lies under its client's end.
func corkedPair(t *testing.T) (client, server net.Conn, under *counted) {
	t.Helper()
	secret, err := bls.GenerateKey(rand.NewChaCha8([32]byte{9}))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := NewCertificate(7, [20]byte{1}, secret)
	if err != nil {
		t.Fatal(err)
	}
	left, right := net.Pipe()
	under = &counted{Conn: left}
	t.Cleanup(func() { left.Close(); right.Close() })
	done := make(chan error, 1)
	go func() {
		var err error
		server, _, err = corkedTLS{credentials.NewTLS(&tls.Config{NextProtos: []string{"h2"}, Certificates: []tls.Certificate{certificate}})}.ServerHandshake(right)
		done <- err
	}()
	ends := corkedTLS{credentials.NewTLS(&tls.Config{NextProtos: []string{"h2"}, InsecureSkipVerify: true})}
	if client, _, err = ends.Clone().ClientHandshake(t.Context(), "", under); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return client, server, under
}

// A write of many records is one to the kernel, and arrives whole.
func TestRecordsGoOutTogether(t *testing.T) {
	client, server, under := corkedPair(t)
	want := make([]byte, 5<<14+3)
	_, _ = rand.NewChaCha8([32]byte{3}).Read(want)
	for range 3 {
		before := under.writes.Load()
		sent := make(chan error, 1)
		go func() { _, err := client.Write(want); sent <- err }()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(server, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v, or other bytes", err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if n := under.writes.Load() - before; n != 1 {
			t.Fatalf("%d writes for one, want 1", n)
		}
	}
}

// What the kernel refuses is the error of that write; a handshake that fails leads
// to no connection.
func TestACorkHidesNoError(t *testing.T) {
	client, _, under := corkedPair(t)
	under.fail = errors.New("gone")
	if _, err := client.Write([]byte("x")); !errors.Is(err, under.fail) {
		t.Fatalf("got %v, want %v", err, under.fail)
	}
	left, right := net.Pipe()
	right.Close()
	conn, _, err := corkedTLS{credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})}.ClientHandshake(t.Context(), "", left)
	if err == nil || conn != nil {
		t.Fatalf("got %v, %v; want an error", conn, err)
	}
}
