package bls_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"

	"github.com/zgd-network/zgd/x/dasigners/bls"
)

func key(t testing.TB, seed byte) bls.SecretKey {
	t.Helper()
	k, err := bls.GenerateKey(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func keys(t testing.TB, n int) (secret []bls.SecretKey, public []bn254.G2Affine) {
	t.Helper()
	for i := range n {
		k := key(t, byte(i))
		secret, public = append(secret, k), append(public, k.Public().G2)
	}
	return secret, public
}

// mission D07 (half: the pure package)
func TestAnAggregateVerifiesAndOneBitAwayDoesNot(t *testing.T) {
	secret, public := keys(t, 5)
	message := []byte("batch")
	var signatures []bn254.G1Affine
	for _, k := range secret {
		s, err := k.Sign(bls.DomainBatch, message)
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, s)
	}
	all, signature := bls.SumG2(public...), bls.SumG1(signatures...)
	if err := bls.Verify(&all, bls.DomainBatch, message, &signature); err != nil {
		t.Fatal(err)
	}
	rest, fewer := bls.SubG2(all, public[0], public[3]), bls.SumG1(signatures[1], signatures[2], signatures[4])
	if err := bls.Verify(&rest, bls.DomainBatch, message, &fewer); err != nil {
		t.Errorf("all but two: %v", err)
	}
	for name, err := range map[string]error{
		"another message": bls.Verify(&all, bls.DomainBatch, []byte("batcj"), &signature),
		"another domain":  bls.Verify(&all, bls.DomainBeacon, message, &signature),
		"one key less":    bls.Verify(&rest, bls.DomainBatch, message, &signature),
		"one share less":  bls.Verify(&all, bls.DomainBatch, message, &fewer),
	} {
		if !errors.Is(err, bls.ErrSignature) {
			t.Errorf("%s: %v, want %v", name, err, bls.ErrSignature)
		}
	}
}

func TestInfinitySignsNothing(t *testing.T) {
	public := key(t, 1).Public().G2
	var none bn254.G1Affine
	var nobody bn254.G2Affine
	if err := bls.Verify(&nobody, bls.DomainBatch, nil, &none); !errors.Is(err, bls.ErrSignature) {
		t.Errorf("no key: %v", err)
	}
	if err := bls.Verify(&public, bls.DomainBatch, nil, &none); !errors.Is(err, bls.ErrSignature) {
		t.Errorf("no signature: %v", err)
	}
	gone := bls.SubG2(public, public)
	if err := bls.Verify(&gone, bls.DomainBatch, nil, &none); !errors.Is(err, bls.ErrSignature) {
		t.Errorf("keys that cancel: %v", err)
	}
}

func TestPointsHaveOneEncodingEach(t *testing.T) {
	public := key(t, 2).Public()
	g1, g2 := bls.EncodeG1(&public.G1), bls.EncodeG2(&public.G2)
	if p, err := bls.DecodeG1(g1); err != nil || p != public.G1 {
		t.Errorf("G1: %v", err)
	}
	if p, err := bls.DecodeG2(g2); err != nil || p != public.G2 {
		t.Errorf("G2: %v", err)
	}
	x1 := public.G2.X.A1.Bytes()
	if !bytes.Equal(g2[:32], x1[:]) {
		t.Error("the imaginary limb is not first")
	}
	flip := func(b []byte, at int) []byte {
		c := bytes.Clone(b)
		c[at] ^= 1
		return c
	}
	beyond := append(new(big.Int).Add(fp.Modulus(), new(big.Int).SetBytes(g1[:32])).FillBytes(make([]byte, 32)), g1[32:]...)
	for name, b := range map[string][]byte{
		"one bit": flip(g1, 63), "short": g1[:63], "long": append(bytes.Clone(g1), 0), "infinity": make([]byte, 64), "x + p": beyond,
	} {
		if _, err := bls.DecodeG1(b); !errors.Is(err, bls.ErrPoint) {
			t.Errorf("G1, %s: %v", name, err)
		}
	}
	outside := offSubgroup()
	for name, b := range map[string][]byte{
		"one bit": flip(g2, 127), "short": g2[:127], "infinity": make([]byte, 128), "outside the subgroup": bls.EncodeG2(&outside),
	} {
		if _, err := bls.DecodeG2(b); !errors.Is(err, bls.ErrPoint) {
			t.Errorf("G2, %s: %v", name, err)
		}
	}
}

// offSubgroup is on the twisted curve, but not of the group's order.
func offSubgroup() (p bn254.G2Affine) {
	_, _, _, g2 := bn254.Generators()
	b := g2.Y // b' = y² − x³
	b.Square(&b)
	cube := g2.X
	cube.Square(&cube).Mul(&cube, &g2.X)
	b.Sub(&b, &cube)
	for i := uint64(1); ; i++ {
		p.X.A0.SetUint64(i)
		p.Y.Square(&p.X).Mul(&p.Y, &p.X).Add(&p.Y, &b)
		if p.Y.Legendre() == 1 {
			p.Y.Sqrt(&p.Y)
			if p.IsOnCurve() && !p.IsInSubGroup() {
				return p
			}
		}
	}
}

// The known answer of 0G's node for its map from digests to the curve, which it
// uses with the digest of keccak256(dataRoot ‖ epoch ‖ quorum ‖ commitment).
func TestTryAndIncrementIsThatOf0G(t *testing.T) {
	point := bls.BlobPointOf0G([32]byte(bytes.Repeat([]byte{0x11}, 32)), 1, 2, 1, 2)
	const wantX = "3104132272622526655068902279970515367044771064982988265068273751564440697689"
	const wantY = "14983672482514514723382346054400511740670770934276906876175822994665721348371"
	if point.X.String() != wantX || point.Y.String() != wantY {
		t.Errorf("(%s, %s), want (%s, %s)", point.X.String(), point.Y.String(), wantX, wantY)
	}
}

func TestRegistrationNamesAddressChainAndEpoch(t *testing.T) {
	k := key(t, 3)
	public := k.Public().G2
	address := [20]byte{1}
	signature := k.SignPoint(bls.RegistrationPoint(address, 7260001))
	if err := bls.VerifyPoint(&public, bls.RegistrationPoint(address, 7260001), &signature); err != nil {
		t.Fatal(err)
	}
	epoch := k.SignPoint(bls.EpochPoint(address, 5, 7260001))
	if err := bls.VerifyPoint(&public, bls.EpochPoint(address, 5, 7260001), &epoch); err != nil {
		t.Fatal(err)
	}
	for name, point := range map[string]bn254.G1Affine{
		"another address": bls.RegistrationPoint([20]byte{2}, 7260001),
		"another chain":   bls.RegistrationPoint(address, 7260002),
		"an epoch":        bls.EpochPoint(address, 5, 7260001),
	} {
		if err := bls.VerifyPoint(&public, point, &signature); !errors.Is(err, bls.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := bls.EpochPoint(address, 6, 7260001)
	if err := bls.VerifyPoint(&public, other, &epoch); !errors.Is(err, bls.ErrSignature) {
		t.Errorf("another epoch: %v", err)
	}
}

func TestHalvesOfDifferentKeysAreRefused(t *testing.T) {
	a, b := key(t, 1).Public(), key(t, 2).Public()
	if err := a.CheckPair(); err != nil {
		t.Error(err)
	}
	if err := (bls.PublicKey{G1: a.G1, G2: b.G2}).CheckPair(); !errors.Is(err, bls.ErrKey) {
		t.Errorf("mixed: %v", err)
	}
	if err := (bls.PublicKey{}).CheckPair(); !errors.Is(err, bls.ErrKey) {
		t.Errorf("infinity: %v", err)
	}
}

func TestSecretKeysAreScalars(t *testing.T) {
	k := key(t, 4)
	if again, err := bls.ParseSecretKey(k.Bytes()); err != nil || !bytes.Equal(again.Bytes(), k.Bytes()) {
		t.Error(err)
	}
	for name, b := range map[string][]byte{"zero": make([]byte, 32), "short": k.Bytes()[:31], "too large": bytes.Repeat([]byte{0xff}, 32)} {
		if _, err := bls.ParseSecretKey(b); !errors.Is(err, bls.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := bls.GenerateKey(bytes.NewReader(make([]byte, 48))); !errors.Is(err, bls.ErrKey) {
		t.Errorf("zeros: %v", err)
	}
	if _, err := bls.GenerateKey(bytes.NewReader(make([]byte, 47))); err == nil {
		t.Error("47 bytes of randomness made a key")
	}
}

func FuzzDecode(f *testing.F) {
	public := key(f, 1).Public()
	f.Add(bls.EncodeG1(&public.G1))
	f.Add(bls.EncodeG2(&public.G2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := bls.DecodeG1(b); err == nil && !bytes.Equal(bls.EncodeG1(&p), b) {
			t.Error("two encodings of a point of G1")
		}
		if p, err := bls.DecodeG2(b); err == nil && !bytes.Equal(bls.EncodeG2(&p), b) {
			t.Error("two encodings of a point of G2")
		}
	})
}

// A batch is confirmed with one aggregate: sum the missing keys, hash, pair.
func BenchmarkConfirm(b *testing.B) {
	for _, members := range []int{100, 300, 1000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			k := key(b, 1)
			public := make([]bn254.G2Affine, members)
			for i := range public {
				public[i] = k.Public().G2
			}
			all := bls.SumG2(public...)
			share, err := k.Sign(bls.DomainBatch, []byte("batch"))
			if err != nil {
				b.Fatal(err)
			}
			present := members - members/3
			shares := make([]bn254.G1Affine, present)
			for i := range shares {
				shares[i] = share
			}
			signature := bls.SumG1(shares...)
			b.ReportAllocs()
			for b.Loop() {
				rest := bls.SubG2(all, public[:members-present]...)
				if err := bls.Verify(&rest, bls.DomainBatch, []byte("batch"), &signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
