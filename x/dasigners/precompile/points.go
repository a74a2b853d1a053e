package precompile

import (
	"math/big"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Points as go-ethereum's abi builds them. [0] of a coordinate of G2 is the real
// limb, which the wire form of bls has second.
type (
	G1Point = struct {
		X *big.Int `json:"X"`
		Y *big.Int `json:"Y"`
	}
	G2Point = struct {
		X [2]*big.Int `json:"X"`
		Y [2]*big.Int `json:"Y"`
	}
)

// g1Wire is 64 bytes; whether it is a point is for bls to say.
func g1Wire(p G1Point) []byte { return limbs(p.X, p.Y) }

func g2Wire(p G2Point) []byte { return limbs(p.X[1], p.X[0], p.Y[1], p.Y[0]) }

func keyOf(g1 G1Point, g2 G2Point) types.Key { return types.Key{G1: g1Wire(g1), G2: g2Wire(g2)} }

// limbs are words of 32 bytes; an argument of the ABI has no more.
func limbs(words ...*big.Int) []byte {
	out := make([]byte, 32*len(words))
	for i, w := range words {
		w.FillBytes(out[32*i : 32*i+32])
	}
	return out
}

// g1Point reads 64 bytes of the wire form.
func g1Point(wire []byte) G1Point { return G1Point{X: word(wire, 0), Y: word(wire, 1)} }

func g2Point(wire []byte) G2Point {
	return G2Point{X: [2]*big.Int{word(wire, 1), word(wire, 0)}, Y: [2]*big.Int{word(wire, 3), word(wire, 2)}}
}

// word is one of the 32-byte words; zero where the bytes end before it.
func word(b []byte, i int) *big.Int {
	if len(b) < 32*i+32 {
		return new(big.Int)
	}
	return new(big.Int).SetBytes(b[32*i : 32*i+32])
}
