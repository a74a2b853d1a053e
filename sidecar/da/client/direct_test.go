package client_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
)

func root(t *testing.T, text string) (r [32]byte) {
	t.Helper()
	require.Len(t, text, 66)
	for i := range r {
		_, err := bytesOf(text[2+2*i:4+2*i], r[i:i+1])
		require.NoError(t, err)
	}
	return r
}

// mission D01, D03: a file becomes rows with the members of a quorum, and the file again.
func TestAFileGoesInDirectlyAndComesBack(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 1})
	c := net.Client(patient)
	path := clienttest.File(t, 5000, 7)
	result, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, client.KindBlob, result.Kind)
	require.Len(t, result.Blobs, 1)
	require.Equal(t, 16, result.Blobs[0].TotalSeats)
	require.Empty(t, result.Faults)

	out := filepath.Join(t.TempDir(), "back")
	got, err := c.Get(t.Context(), root(t, result.Root), out, client.GetOptions{})
	require.NoError(t, err)
	require.Zero(t, got.Rebuilt)
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	back, err := os.ReadFile(out)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, back))
}
