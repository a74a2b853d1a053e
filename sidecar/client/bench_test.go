package client_test

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

// Both ends run in this process and share its cores: the node verifies every
// segment it takes, the client every segment it gets.
const benchBytes = 64 << 20

func BenchmarkPut(b *testing.B) {
	network := testNetwork(b, chaintest.Params{}, 1)
	network.Nodes[0].Forget = true
	c := testClient(b, network, nil)
	path := filepath.Join(b.TempDir(), "in")
	data := randomFile(b, path, benchBytes, 1)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	network.Nodes[0].Source = file
	b.SetBytes(benchBytes)
	for i := 0; b.Loop(); i++ {
		binary.BigEndian.PutUint64(data, uint64(i))
		if _, err := file.WriteAt(data[:8], 0); err != nil { // another file each time
			b.Fatal(err)
		}
		if _, err := c.Put(context.Background(), []string{path}, client.PutOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	network := testNetwork(b, chaintest.Params{}, 1)
	c := testClient(b, network, nil)
	root, _ := putFile(b, c, benchBytes)
	out := filepath.Join(b.TempDir(), "out")
	b.SetBytes(benchBytes)
	for b.Loop() {
		if _, err := c.Get(context.Background(), root, client.GetOptions{Out: out, Force: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHashFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "in")
	randomFile(b, path, benchBytes, 1)
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	b.SetBytes(benchBytes)
	for b.Loop() {
		if _, err := client.HashFile(context.Background(), file, benchBytes, nothing{}); err != nil {
			b.Fatal(err)
		}
	}
}

type nothing struct{}

func (nothing) Stage(string, uint64) {}
func (nothing) Add(uint64)           {}
func (nothing) Note(string)          {}
