package client_test

import (
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func BenchmarkSustained(b *testing.B) {
	net := clienttest.New(b, clienttest.Params{Signers: 4, Seed: 7, Chain: datest.DAParams{Profile: erasure.Production}})
	net.UseReal(nil)
	c := net.Client(func(o *client.Options) { o.MemoryMiB = 1024 })
	const size = 512 << 20
	b.SetBytes(size)
	n := byte(0)
	for b.Loop() {
		b.StopTimer()
		n++
		file := clienttest.File(b, size, n)
		b.StartTimer()
		r, err := c.Put(b.Context(), file, client.PutOptions{Direct: true})
		if err != nil {
			b.Logf("%+v", r.Faults)
			b.Fatal(err)
		}
		b.Logf("%v", r.Seconds)
	}
}
