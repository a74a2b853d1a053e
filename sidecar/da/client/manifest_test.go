package client_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
)

func aManifest() *client.Manifest {
	return &client.Manifest{
		SizeBytes: 30, SHA256: [32]byte{9}, Parts: []client.Part{{Root: [32]byte{1}, SizeBytes: 10}, {Root: [32]byte{2}, SizeBytes: 20}},
	}
}

func TestManifestsReadBackAndNothingElseDoes(t *testing.T) {
	good, err := aManifest().Encode()
	require.NoError(t, err)
	require.Len(t, good, 16+8+32+4+2*40)
	require.True(t, client.IsManifest(good))
	back, err := client.DecodeManifest(good)
	require.NoError(t, err)
	require.Equal(t, aManifest(), back)

	change := func(at int, to byte) []byte {
		bad := bytes.Clone(good)
		bad[at] = to
		return bad
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "magic only": good[:16], "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0),
		"another magic": change(15, '2'), "another size": change(23, 31), "one part less": change(16+8+32+3, 1),
		"many parts": change(16+8+32, 0xff), "an empty part": change(len(good)-1, 0), "a huge part": change(len(good)-8, 0xff),
	} {
		_, err := client.DecodeManifest(bad)
		require.ErrorIs(t, err, client.ErrManifest, name)
	}
	for name, spoil := range map[string]func(*client.Manifest){
		"no parts":  func(m *client.Manifest) { m.Parts = nil },
		"many":      func(m *client.Manifest) { m.Parts = make([]client.Part, client.MaxParts+1) },
		"overflow":  func(m *client.Manifest) { m.Parts[0].SizeBytes = math.MaxUint64 },
		"wrong sum": func(m *client.Manifest) { m.SizeBytes++ },
	} {
		m := aManifest()
		spoil(m)
		_, err := m.Encode()
		require.ErrorIs(t, err, client.ErrManifest, name)
	}
}

func FuzzManifest(f *testing.F) {
	good, _ := aManifest().Encode()
	f.Add(good)
	f.Add(good[:60])
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := client.DecodeManifest(data)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x decodes, encodes to %x (%v)", data, again, err)
		}
	})
}
