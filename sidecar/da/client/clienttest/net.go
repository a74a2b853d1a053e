// Package clienttest is a data-availability network in one process, for tests:
// the real keeper in memory and signers that check, keep and serve rows over
// real connections, and can be told to misbehave.
package clienttest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// Params shape a network. Zero values mean the test profile and equal votes.
type Params struct {
	Signers int
	Seed    uint64 // of keys; print it
	Votes   func(signer int) uint32
	Chain   datest.DAParams
}

// Net is a network that runs until the test ends.
type Net struct {
	Chain   *datest.DA
	Signers []*Signer
	User    *datest.DAAccount
	tb      testing.TB
	mu      sync.Mutex // guards proofs
	real    map[chain.Address]*real
	proofs  map[uint64]proof // by blob; see Learn
}

// evmChainID is that of datest.DA.
const evmChainID = 7260001

// New starts a network.
func New(tb testing.TB, p Params) *Net {
	tb.Helper()
	n := &Net{tb: tb, proofs: make(map[uint64]proof), real: make(map[chain.Address]*real)}
	random := rand.NewChaCha8([32]byte{byte(p.Seed), byte(p.Seed >> 8), byte(p.Seed >> 16), 1})
	for i := range p.Signers {
		secret, err := bls.GenerateKey(random)
		must(tb, err)
		votes := uint32(10)
		if p.Votes != nil {
			votes = p.Votes(i)
		}
		s := n.start(secret, account(tb, random))
		n.Signers = append(n.Signers, s)
		p.Chain.Signers = append(p.Chain.Signers, datest.DASignerSeed{Account: s.account, Secret: secret, Socket: s.Socket, Votes: votes})
	}
	n.Chain = datest.NewDA(tb, p.Chain)
	n.User = n.Chain.Sender(account(tb, random))
	return n
}

func account(tb testing.TB, random *rand.ChaCha8) chain.Key {
	tb.Helper()
	secret := make([]byte, 32)
	_, _ = random.Read(secret) // never fails
	secret[0] = 1              // below the group's order
	key, err := chain.NewKey(secret)
	must(tb, err)
	return key
}

// Account is a key, the same for the same number.
func Account(tb testing.TB, number byte) chain.Key {
	tb.Helper()
	return account(tb, rand.NewChaCha8([32]byte{number, 1}))
}

// start opens a signer's door.
func (n *Net) start(secret bls.SecretKey, account chain.Key) *Signer {
	address, err := chain.ParseAddress(account.Address())
	must(n.tb, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(n.tb, err)
	certificate, err := wire.NewCertificate(evmChainID, address, secret)
	must(n.tb, err)
	s := &Signer{net: n, secret: secret, account: account, Address: address, Socket: listener.Addr().String(), held: make(map[chain.Hash]*held), accepted: make(map[uint64]bool)}
	server, gate := wire.NewServer(certificate, evmChainID, address, grpc.ChainStreamInterceptor(s.stall), grpc.ChainUnaryInterceptor(s.stallUnary))
	s.gate = gate
	pb.RegisterSignerServer(server, s)
	go func() { _ = server.Serve(listener) }()
	s.stop = server.Stop
	n.tb.Cleanup(server.Stop)
	return s
}

// Client returns a client of the network that signs as the user.
func (n *Net) Client(tune func(*client.Options)) *client.Client {
	opts := client.Options{Workers: 2, Disperser: client.DisperserOptions{SignTimeout: 20 * time.Second, Grace: 50 * time.Millisecond, RetryWait: 20 * time.Millisecond}}
	if tune != nil {
		tune(&opts)
	}
	c := client.New(n.Chain, n.User, opts)
	n.tb.Cleanup(func() { _ = c.Close() })
	return c
}

// Of returns the signer that a quorum's member is.
func (n *Net) Of(address chain.Address) *Signer {
	for _, s := range n.Signers {
		if s.Address == address {
			return s
		}
	}
	n.tb.Fatalf("%s is no signer of this network", address)
	return nil
}

// File writes a file of random bytes and returns its path.
func File(tb testing.TB, size int, seed byte) string {
	tb.Helper()
	data := Noise(size, seed)
	path := filepath.Join(tb.TempDir(), fmt.Sprintf("file-%d", seed))
	must(tb, os.WriteFile(path, data, 0o600))
	return path
}

// Noise is random bytes.
func Noise(size int, seed byte) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(data)
	return data
}

// Largest picks members, those with the fewest seats first, whose seats together
// stay at most so many: the largest set of members that may fail.
func Largest(q chain.DAQuorum, seats int) (members []int, sum int) {
	order := make([]int, len(q.Members))
	for i := range order {
		order[i] = i
	}
	for i := range order { // few members: no need for more than this
		for j := i + 1; j < len(order); j++ {
			if q.Members[order[j]].Seats < q.Members[order[i]].Seats {
				order[i], order[j] = order[j], order[i]
			}
		}
	}
	for _, m := range order {
		if s := int(q.Members[m].Seats); sum+s <= seats {
			members, sum = append(members, m), sum+s
		}
	}
	return members, sum
}

// Spare is how many seats may stay away: n − ⌈2n/3⌉.
func Spare(q chain.DAQuorum) int { return len(q.Seats) - (2*len(q.Seats)+2)/3 }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Write writes a file and returns its path.
func Write(tb testing.TB, data []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "file")
	must(tb, os.WriteFile(path, data, 0o600))
	return path
}
