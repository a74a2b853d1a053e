package client_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

func TestTheBeaconDrawsWhatIsLookedAt(t *testing.T) {
	ids := client.Drawn(chain.Hash{1}, 100, 200, 10)
	require.Len(t, ids, 10)
	require.Equal(t, ids, client.Drawn(chain.Hash{1}, 100, 200, 10), "anybody draws the same")
	require.NotEqual(t, ids, client.Drawn(chain.Hash{2}, 100, 200, 10), "another beacon draws others")
	slices.Sort(ids)
	require.Len(t, slices.Compact(ids), 10)
	require.True(t, ids[0] >= 100 && ids[9] < 200)

	all := client.Drawn(chain.Hash{3}, 7, 10, 5)
	slices.Sort(all)
	require.Equal(t, []uint64{7, 8, 9}, all, "all there are")
	require.Empty(t, client.Drawn(chain.Hash{3}, 7, 7, 5))

	hits := make([]int, 20) // over many beacons every blob is as likely
	for i := range 4000 {
		for _, id := range client.Drawn(chain.Hash{byte(i), byte(i >> 8)}, 0, 20, 1) {
			hits[id]++
		}
	}
	for id, n := range hits {
		require.InDelta(t, 200, n, 80, "blob %d", id)
	}
}

// mission D15
func TestAnAuditFetchesWhatTheBeaconDraws(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 5, Seed: 15})
	c := net.Client(nil)
	dir := t.TempDir()
	for i := range 4 { // tasks: models and inputs, by their roots
		path := filepath.Join(dir, "task")
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte{byte(i + 1)}, 3000), 0o600))
		_, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
		require.NoError(t, err)
	}
	audited, err := c.Audit(t.Context(), client.AuditOptions{Count: 3})
	require.NoError(t, err)
	require.Equal(t, 3, audited.Passed)
	require.Len(t, audited.Blobs, 3)
	for _, blob := range audited.Blobs {
		require.EqualValues(t, 3000, blob.SizeBytes)
	}

	for _, s := range net.Signers { // whoever deletes what it promised is found out
		s.Behave(clienttest.Behaviour{Lost: true})
	}
	lost, err := net.Client(nil).Audit(t.Context(), client.AuditOptions{Count: 3})
	require.ErrorIs(t, err, client.ErrAudit)
	require.Equal(t, 3, lost.Failed)
}
