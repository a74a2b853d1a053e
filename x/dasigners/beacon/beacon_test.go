package beacon_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

const chain = 7260001

func key(t testing.TB) bls.SecretKey {
	t.Helper()
	k, err := bls.GenerateKey(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, k bls.SecretKey, height uint64, previous beacon.Value) []byte {
	t.Helper()
	point, err := k.Sign(bls.DomainBeacon, beacon.Message(chain, height, previous))
	if err != nil {
		t.Fatal(err)
	}
	return bls.EncodeG1(&point)
}

// mission D05 (the pure package)
func TestOnlyOneValueOfAProposerIsAccepted(t *testing.T) {
	k := key(t)
	public := k.Public().G2
	previous := beacon.Genesis(chain, [32]byte{})
	signature := sign(t, k, 1, previous)
	if err := beacon.Verify(&public, chain, 1, previous, signature); err != nil {
		t.Fatal(err)
	}
	point, err := bls.DecodeG1(signature)
	if err != nil {
		t.Fatal(err)
	}
	point.Neg(&point) // the other point with this x
	for name, err := range map[string]error{
		"another height":   beacon.Verify(&public, chain, 2, previous, signature),
		"another chain":    beacon.Verify(&public, chain+1, 1, previous, signature),
		"another previous": beacon.Verify(&public, chain, 1, beacon.Mix(previous, nil), signature),
		"the negative":     beacon.Verify(&public, chain, 1, previous, bls.EncodeG1(&point)),
	} {
		if !errors.Is(err, bls.ErrSignature) {
			t.Errorf("%s: %v, want %v", name, err, bls.ErrSignature)
		}
	}
	if err := beacon.Verify(&public, chain, 1, previous, nil); !errors.Is(err, bls.ErrPoint) {
		t.Errorf("no signature: %v", err)
	}
}

func TestMixDependsOnBothAndIsPinned(t *testing.T) {
	r := beacon.Genesis(chain, [32]byte{})
	if beacon.Mix(r, nil) == beacon.Mix(r, []byte{0}) || beacon.Mix(r, nil) == beacon.Mix(beacon.Mix(r, nil), nil) {
		t.Error("two inputs, one value")
	}
	if beacon.Genesis(chain, [32]byte{}) == beacon.Genesis(chain+1, [32]byte{}) {
		t.Error("two chains, one value")
	}
	// made by a script of a few lines with another SHA-256
	mixed := beacon.Mix(r, nil)
	if got := hex.EncodeToString(mixed[:]); got != "76b08c966700bb6a73b06c38a8a1d6bfbc7d14fe883dd880dbf78a611003ad2a" {
		t.Errorf("genesis mixed with no signature is %s", got)
	}
}

func TestTheTransactionIsEmptyOrASignature(t *testing.T) {
	for _, signature := range [][]byte{nil, bytes.Repeat([]byte{7}, 64)} {
		raw := beacon.EncodeTx(signature)
		if got, err := beacon.DecodeTx(raw); err != nil || !bytes.Equal(got, signature) || !beacon.IsTx(raw) {
			t.Errorf("%d bytes: %x, %v", len(signature), got, err)
		}
		if _, err := beacon.DecodeTx(append(raw, 0)); err == nil {
			t.Errorf("%d bytes and one trailing were accepted", len(signature))
		}
		if _, err := beacon.DecodeTx(raw[1:]); err == nil || beacon.IsTx(raw[1:]) {
			t.Error("bytes without the tag were accepted")
		}
	}
}

func FuzzDecodeTx(f *testing.F) {
	f.Add(beacon.EncodeTx(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if signature, err := beacon.DecodeTx(raw); err == nil && !bytes.Equal(beacon.EncodeTx(signature), raw) {
			t.Error("two encodings of a transaction")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	k := key(b)
	public := k.Public().G2
	signature := sign(b, k, 1, beacon.Value{})
	for b.Loop() {
		if err := beacon.Verify(&public, chain, 1, beacon.Value{}, signature); err != nil {
			b.Fatal(err)
		}
	}
}
