package encode

import (
	"github.com/zgd-network/zgd/sidecar/da/slab"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// keptBytes bounds the memory that waits for the next blob. Callers bound what
// they hold at a time, and that is what comes back; what nobody asks for is let go
// of.
const keptBytes = 4 << 30

// slabs has the memory of blobs that are done with.
var slabs = slab.NewPool(keptBytes)

// Recycle gives the memory of a blob to the next one. Neither the blob nor its
// rows may be used any more.
func Recycle(b *erasure.Blob) {
	if b != nil {
		slabs.Give(b.Memory())
	}
}
