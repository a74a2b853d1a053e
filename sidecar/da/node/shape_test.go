package node_test

import (
	"testing"

	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// The shape of the network is taken, kept and served, as are small ones.
func TestShapes(t *testing.T) {
	for _, p := range []erasure.Profile{erasure.Production, erasure.Dev} {
		w := newWorld(t, []uint32{1, 2}, func(params *datest.DAParams) { params.Profile = p })
		n := w.start(1)
		b := w.order(payload(70_000, 1))
		w.put(n, b)
		w.served(n, b)
	}
}
