package bls_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/bls"
)

func TestTrustedKeysDecodeToTheSamePoint(t *testing.T) {
	secret, err := bls.GenerateKey(rand.NewChaCha8([32]byte{5}))
	if err != nil {
		t.Fatal(err)
	}
	want := secret.Public().G2
	encoded := bls.EncodeG2(&want)
	if got, err := bls.DecodeTrustedG2(encoded); err != nil || !got.Equal(&want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range [][]byte{nil, encoded[1:], append(encoded, 0)} {
		if _, err := bls.DecodeTrustedG2(bad); !errors.Is(err, bls.ErrPoint) {
			t.Errorf("%d bytes: %v, want %v", len(bad), err, bls.ErrPoint)
		}
	}
}
