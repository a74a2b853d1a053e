package erasure_test

import (
	"encoding/hex"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// What signers sign is pinned: the leaves were made by a script with another
// SHA-256.
func TestWhatSignersSignIsPinned(t *testing.T) {
	root := erasure.Hash{1, 2, 3}
	batch, confirmed := erasure.BatchLeaf(root, 7), erasure.ConfirmedLeaf(7, root, 5, 3)
	for name, c := range map[string]struct{ got, want string }{
		"leaf of a batch": {hex.EncodeToString(batch[:]), "15bf4de459e5762ec473d7556db7f19fed76e09665d1b354de208591c852bc36"},
		"leaf of a block": {hex.EncodeToString(confirmed[:]), "e732089da338b909fdb0112a2fed5e041d09826e4a86d08dd59ad1f4d974739b"},
		"message": {hex.EncodeToString(erasure.BatchMessage(7260289, 5, 3, 16, root)),
			"7a67642f64612f7369676e2f7631" + "00000000006ec881" + "0000000000000005" + "00000003" + "00000010" + hex.EncodeToString(root[:])},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", name, c.got, c.want)
		}
	}
}
