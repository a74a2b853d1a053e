package keccak_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"golang.org/x/crypto/sha3"
	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/x/flow/keccak"
)

// reference is x/crypto used in the plainest way.
func reference(data []byte) (out keccak.Hash) {
	h := sha3.NewLegacyKeccak256()
	h.Write(data)
	copy(out[:], h.Sum(nil))
	return out
}

// bothWays runs a test with the four-lane path (where there is one) and without.
func bothWays(t *testing.T, run func(t *testing.T)) {
	t.Run("as the processor offers", run)
	t.Run("scalar forced", func(t *testing.T) {
		keccak.ForceScalar(true)
		defer keccak.ForceScalar(false)
		if keccak.HasX4() {
			t.Fatal("HasX4 is true while scalar is forced")
		}
		run(t)
	})
}

// Known answers: the empty string and "abc" of the original Keccak-256.
func TestSum256KnownAnswers(t *testing.T) {
	for input, want := range map[string]string{
		"":    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
		"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
	} {
		if got := keccak.Sum256([]byte(input)); hex.EncodeToString(got[:]) != want {
			t.Errorf("keccak256(%q): got %x, want %s", input, got, want)
		}
	}
}

func TestConcatAndPairHashTheJoinedBytes(t *testing.T) {
	a, b := keccak.Sum256([]byte("a")), keccak.Sum256([]byte("b"))
	want := reference(append(a[:], b[:]...))
	if got := keccak.Pair(a, b); got != want {
		t.Errorf("Pair: got %x, want %x", got, want)
	}
	if got := keccak.Sum256Concat(a[:], nil, b[:16], b[16:]); got != want {
		t.Errorf("Sum256Concat: got %x, want %x", got, want)
	}
	if keccak.Pair(b, a) == want {
		t.Error("Pair does not depend on the order")
	}
}

// Every length around word and rate boundaries, so that padding lands in each place once.
func TestFourLanesEqualReferenceAtEveryLength(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		for n := range 3*136 + 2 {
			var in [4][]byte
			for lane := range in {
				in[lane] = bytes.Repeat([]byte{byte(n + 85*lane + 1)}, n)
			}
			var out [4]keccak.Hash
			keccak.Sum256x4(&in, &out)
			for lane := range in {
				if out[lane] != reference(in[lane]) {
					t.Fatalf("lane %d of %d bytes differs from the reference", lane, n)
				}
			}
		}
	})
}

func TestFourLanesOfUnequalLengthsAreStillRight(t *testing.T) {
	in := [4][]byte{nil, []byte("a"), bytes.Repeat([]byte{7}, 136), bytes.Repeat([]byte{9}, 300)}
	var out [4]keccak.Hash
	keccak.Sum256x4(&in, &out)
	for lane := range in {
		if out[lane] != reference(in[lane]) {
			t.Errorf("lane %d differs from the reference", lane)
		}
	}
}

func TestRandomLanesEqualReference(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(0, 600).Draw(t, "bytes")
			var in [4][]byte
			for lane := range in {
				in[lane] = rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "lane")
			}
			var out [4]keccak.Hash
			keccak.Sum256x4(&in, &out)
			for lane := range in {
				if out[lane] != reference(in[lane]) {
					t.Fatalf("lane %d differs from the reference", lane)
				}
			}
		})
	})
}

func TestSum32x4ChainsEqualReferenceInPlace(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		var chain, want [4]keccak.Hash
		for lane := range chain {
			chain[lane][0], want[lane][0] = byte(lane), byte(lane)
		}
		for range 64 {
			keccak.Sum32x4(&chain, &chain)
			for lane := range want {
				want[lane] = reference(want[lane][:])
			}
		}
		if chain != want {
			t.Errorf("got %x, want %x", chain, want)
		}
	})
}

func TestBulkEqualsOneByOne(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		data := make([]byte, 11*256+17)
		for i := range data {
			data[i] = byte(i * 7)
		}
		for n := range 12 {
			out := make([]keccak.Hash, n)
			if got, want := keccak.SumBlocks(data, 256, out), min(n, 11); got != want {
				t.Fatalf("SumBlocks into %d: got %d, want %d", n, got, want)
			}
			level := append([]keccak.Hash(nil), out...)
			for i := range min(n, 11) {
				if out[i] != reference(data[256*i:256*(i+1)]) {
					t.Fatalf("block %d of %d differs from the reference", i, n)
				}
			}
			if got := keccak.PairEach(level, level); got != n/2 {
				t.Fatalf("PairEach of %d: got %d pairs", n, got)
			}
			for i := range n / 2 {
				if level[i] != keccak.Pair(out[2*i], out[2*i+1]) {
					t.Fatalf("pair %d of %d hashes, in place, differs", i, n)
				}
			}
		}
		if keccak.SumBlocks(data, 0, make([]keccak.Hash, 1)) != 0 {
			t.Error("blocks of 0 bytes were hashed")
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		buffer := make([]byte, 1024)
		in := [4][]byte{buffer[:256], buffer[256:512], buffer[512:768], buffer[768:]}
		var out [4]keccak.Hash
		level := make([]keccak.Hash, 16)
		for name, run := range map[string]func(){
			"Sum256":       func() { out[0] = keccak.Sum256(buffer) },
			"Sum256Concat": func() { out[0] = keccak.Sum256Concat(buffer, buffer) },
			"Pair":         func() { out[0] = keccak.Pair(out[0], out[1]) },
			"Sum256x4":     func() { keccak.Sum256x4(&in, &out) },
			"Sum32x4":      func() { keccak.Sum32x4(&out, &out) },
			"SumBlocks":    func() { keccak.SumBlocks(buffer, 256, level) },
			"PairEach":     func() { keccak.PairEach(level, level) },
		} {
			if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
				t.Errorf("%s: %v allocations, want 0", name, allocs)
			}
		}
	})
}

func FuzzSum256x4(f *testing.F) {
	f.Add([]byte("four lanes"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := len(data) / 4
		in := [4][]byte{data[:n], data[n : 2*n], data[2*n : 3*n], data[3*n:]}
		var out [4]keccak.Hash
		keccak.Sum256x4(&in, &out)
		for lane := range in {
			if out[lane] != reference(in[lane]) {
				t.Fatalf("lane %d of %d bytes differs", lane, len(in[lane]))
			}
		}
	})
}

func BenchmarkSum256x4(b *testing.B) {
	buffer := make([]byte, 1024)
	in := [4][]byte{buffer[:256], buffer[256:512], buffer[512:768], buffer[768:]}
	for _, scalar := range []bool{false, true} {
		b.Run(fmt.Sprintf("lane=256B/scalar=%t", scalar), func(b *testing.B) {
			keccak.ForceScalar(scalar)
			defer keccak.ForceScalar(false)
			b.SetBytes(1024)
			var out [4]keccak.Hash
			for b.Loop() {
				keccak.Sum256x4(&in, &out)
			}
		})
	}
}

func BenchmarkSum32x4(b *testing.B) {
	for _, scalar := range []bool{false, true} {
		b.Run(fmt.Sprintf("scalar=%t", scalar), func(b *testing.B) {
			keccak.ForceScalar(scalar)
			defer keccak.ForceScalar(false)
			b.SetBytes(4 * 32)
			var chain [4]keccak.Hash
			for b.Loop() {
				keccak.Sum32x4(&chain, &chain)
			}
		})
	}
}

// The AVX2 code faults on a state that is not 32-byte aligned: hash at every depth
// of young goroutines, whose stacks are small and move while they grow.
func TestLanesStayAlignedOnGrowingStacks(t *testing.T) {
	in := [4]keccak.Hash{{1}, {2}, {3}, {4}}
	var descend func(depth int) [4]keccak.Hash
	descend = func(depth int) (out [4]keccak.Hash) {
		keccak.Sum32x4(&in, &out)
		if depth > 0 && descend(depth-1) != out {
			t.Errorf("depth %d: another result", depth)
		}
		return out
	}
	for range 20 {
		done := make(chan [4]keccak.Hash)
		go func() { done <- descend(300) }()
		if out := <-done; out[3] != reference(in[3][:]) {
			t.Error("lane 3 differs from the reference")
		}
	}
}
