package gpu_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/gpu"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/erasure/erasuretest"
)

func interpret(t *testing.T) *interpreter {
	t.Helper()
	kernels, err := parsePTX("kernels.ptx")
	if err != nil {
		t.Fatal(err)
	}
	return &interpreter{kernels: kernels}
}

// shared is one codec for all tests: its self-test takes a second.
var shared = sync.OnceValues(func() (erasure.Codec, *interpreter) {
	kernels, err := parsePTX("kernels.ptx")
	if err != nil {
		panic(err)
	}
	m := &interpreter{kernels: kernels}
	codec, err := gpu.On(m)
	if err != nil {
		panic(err)
	}
	return codec, m
})

// The PTX that is committed, executed instruction by instruction, gives the
// library's bytes. What this leaves open is the driver and the speed.
//
// mission D08 (the bytes of the kernels, not their speed)
func TestTheKernelsPassTheSuite(t *testing.T) {
	codec, m := shared()
	for name, k := range m.kernels {
		for at := range k.reached {
			if !k.reached[at].Load() {
				t.Errorf("%s: the self-test does not reach instruction %d", name, at)
			}
		}
	}
	erasuretest.Run(t, codec, erasure.Test, erasure.Dev, erasure.Parity, erasure.Production)
}

func TestTheKernelsAreThoseOfTheSource(t *testing.T) {
	source, err := os.ReadFile("kernels.cu")
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := os.ReadFile("kernels.ptx")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("// kernels.cu %x,", sha256.Sum256(source)); !bytes.HasPrefix(compiled, []byte(want)) {
		t.Errorf("kernels.ptx begins %.80q, want %q: run scripts/gpu-kernels.sh", compiled, want)
	}
}

func TestOneWrongInstructionIsRefused(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, name := range []string{"ifft", "fft"} {
		for range 2 {
			m := interpret(t)
			code := m.kernels[name].code
			at := rng.IntN(len(code))
			for code[at].op != opMadd {
				at = (at + 1) % len(code)
			}
			code[at].op = opNot32 // of its first operand
			if _, err := gpu.On(m); !errors.Is(err, gpu.ErrSelfTest) {
				t.Errorf("%s with another instruction %d: got %v, want %v", name, at, err, gpu.ErrSelfTest)
			}
		}
	}
}

// On a machine with a card this is the suite on it.
//
// mission D08 (the door: without a card the program says so)
func TestWithoutACardItSaysSo(t *testing.T) {
	codec, err := gpu.New()
	if err == nil {
		erasuretest.Run(t, codec, erasure.Test, erasure.Dev, erasure.Parity, erasure.Production)
		return
	}
	if !errors.Is(err, gpu.ErrNoCUDA) {
		t.Errorf("got %v, want %v", err, gpu.ErrNoCUDA)
	}
}

func TestRowsThatCannotBeEncoded(t *testing.T) {
	codec, _ := shared()
	cut := func(p erasure.Profile, rowSize int) [][]byte {
		rows := make([][]byte, p.N)
		for i := range rows {
			rows[i] = make([]byte, rowSize)
		}
		return rows
	}
	ragged := cut(erasure.Test, 128)
	ragged[7] = ragged[7][:64]
	for _, c := range []struct {
		name string
		p    erasure.Profile
		rows [][]byte
		good bool
	}{
		{"as they should be", erasure.Test, cut(erasure.Test, 128), true},
		{"one too few", erasure.Test, cut(erasure.Test, 128)[1:], false},
		{"one shorter", erasure.Test, ragged, false},
		{"half a chunk more", erasure.Test, cut(erasure.Test, 128+32), false},
		{"empty", erasure.Test, cut(erasure.Test, 0), false},
		{"the longest", erasure.Test, cut(erasure.Test, erasure.MaxRowSize), true},
		{"longer than the longest", erasure.Test, cut(erasure.Test, erasure.MaxRowSize+64), false},
		{"no rows of no profile", erasure.Profile{}, nil, false},
		{"k not a power of two", erasure.Profile{K: 5, N: 20}, cut(erasure.Profile{N: 20}, 64), false},
		{"parity not a multiple of k", erasure.Profile{K: 4, N: 15}, cut(erasure.Profile{N: 15}, 64), false},
		{"fewer rows than a thread takes", erasure.Profile{K: 2, N: 8}, cut(erasure.Profile{N: 8}, 64), false},
	} {
		if err := codec.Encode(c.p, c.rows); (err == nil) != c.good {
			t.Errorf("%s: got %v, want success: %v", c.name, err, c.good)
		}
	}
}

func TestManyCallersOfDifferentWidths(t *testing.T) {
	codec, _ := shared()
	var wait sync.WaitGroup
	for caller := range 12 {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(caller), 2))
			for range 3 {
				rows, want := random(rng, erasure.Test, 64+64*rng.IntN(80))
				if err := codec.Encode(erasure.Test, rows); err != nil {
					t.Error(err)
				}
				for i := range want {
					if !bytes.Equal(rows[i], want[i]) {
						t.Errorf("caller %d: row %d differs", caller, i)
					}
				}
			}
		})
	}
	wait.Wait()
}

// random are rows to encode, and the same encoded by the CPU.
func random(rng *rand.Rand, p erasure.Profile, rowSize int) (rows, encoded [][]byte) {
	for i := range p.N {
		row := make([]byte, rowSize)
		for at := 0; i < p.K && at < rowSize; at++ {
			row[at] = byte(rng.Uint32())
		}
		rows, encoded = append(rows, row), append(encoded, bytes.Clone(row))
	}
	if err := erasure.CPU.Encode(p, encoded); err != nil {
		panic(err) // the shape is one of ours
	}
	return rows, encoded
}

func TestACardThatFailsAndComesBack(t *testing.T) {
	codec, m := shared()
	rows, want := random(rand.New(rand.NewPCG(3, 3)), erasure.Test, 64)
	broken := errors.New("fell off the bus")
	m.failure = broken
	freed := m.freed
	if err := codec.Encode(erasure.Test, rows); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if m.freed != freed+1 {
		t.Errorf("got %d queues freed after a failure, want 1: what was on its way must not be used again", m.freed-freed)
	}
	m.failure = nil
	if err := codec.Encode(erasure.Test, rows); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !bytes.Equal(rows[i], want[i]) {
			t.Errorf("row %d differs after a failure", i)
		}
	}
	if _, err := gpu.On(&interpreter{kernels: m.kernels, failure: broken}); !errors.Is(err, gpu.ErrSelfTest) || !errors.Is(err, broken) {
		t.Errorf("a card that is broken from the start: got %v, want %v", err, broken)
	}
}

// The tagged files are seen by no other test.
func TestTheTaggedBuildCompiles(t *testing.T) {
	vet := exec.Command("go", "vet", "-tags", "cuda", ".")
	vet.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
