package erasure_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Two rows at once have the nodes that each has alone.
func TestTwoHashesAreThoseOfOne(t *testing.T) {
	if !erasure.HasTwoHash {
		t.Log("this processor hashes one message after another: nothing to compare")
		return
	}
	for _, size := range []int{64, 128, 1984, 2048, 2112, 4096, 4160, 6144, 32 << 10, erasure.MaxRowSize - 64, erasure.MaxRowSize} {
		a, b := noise(size, 1), noise(size, 2)
		gotA, gotB := erasure.HashRows2(a, b)
		if gotA != erasure.HashRow(a) || gotB != erasure.HashRow(b) {
			t.Errorf("rows of %d bytes: got %x %x, want %x %x", size, gotA, gotB, erasure.HashRow(a), erasure.HashRow(b))
		}
		b[size-1] ^= 1
		if sameA, otherB := erasure.HashRows2(a, b); sameA != gotA || otherB == gotB {
			t.Errorf("rows of %d bytes: one bit of the second row must change its node and no other", size)
		}
	}
}

func FuzzTwoHashes(f *testing.F) {
	f.Add([]byte("some bytes"), uint16(3))
	f.Fuzz(func(t *testing.T, data []byte, units uint16) {
		size := 64 * (1 + int(units)%(erasure.MaxRowSize/64))
		a, b := make([]byte, size), bytes.Repeat([]byte{7}, size)
		copy(a, data)
		copy(b[size-min(size, len(data)):], data)
		if gotA, gotB := erasure.HashRows2(a, b); erasure.HasTwoHash && (gotA != erasure.HashRow(a) || gotB != erasure.HashRow(b)) {
			t.Errorf("rows of %d bytes hash differently together", size)
		}
	})
}

// The kernel that turns rows over writes what plain Go writes, and nothing beside.
func TestRowsAreTurnedOverAlike(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, c := range []struct{ rows, chunks, at, stride int }{
		{32, 1, 0, 64}, {32, 1, 64, 128}, {32, 8, 0, 320}, {32, 3, 128, 2112}, {31, 2, 0, 128}, {1, 8, 64, 64}, {32, 8, 512, 64},
	} {
		rows := make([][]byte, c.rows)
		for i := range rows {
			rows[i] = make([]byte, c.at+c.chunks*erasure.RowUnit)
			for j := range rows[i] {
				rows[i][j] = byte(rng.Uint32())
			}
		}
		got := bytes.Repeat([]byte{0xee}, c.chunks*32*c.stride+64)
		want := bytes.Clone(got)
		erasure.TurnGroup(rows, c.at, c.chunks, got, c.stride)
		for k := range c.chunks {
			erasure.Turn(rows, c.at+k*erasure.RowUnit, want[k*32*c.stride:], c.stride)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%+v: the kernel and plain Go differ", c)
		}
	}
}
