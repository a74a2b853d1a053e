package erasure_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func encode(t testing.TB, p erasure.Profile, payload []byte) *erasure.Blob {
	t.Helper()
	b, err := erasure.Encode(erasure.CPU, p, 7, payload)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func verifier(t testing.TB, b *erasure.Blob) *erasure.Verifier {
	t.Helper()
	v, err := erasure.NewVerifier(erasure.CPU, b.Commitment, b.RLC)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sizes around every border: a row unit, a chunk, a stripe.
func sizes(p erasure.Profile) []int {
	list := []int{1, p.K*erasure.RowUnit - erasure.HeaderSize, p.K*erasure.RowUnit - erasure.HeaderSize + 1}
	if p.Unsafe {
		list = append(list, p.K*erasure.ChunkSize, p.K*erasure.StripeSize-erasure.HeaderSize, p.K*erasure.StripeSize+1)
	}
	return list
}

// mission D01 (half: the pure package)
func TestEveryRowOfEveryShapeIsGood(t *testing.T) {
	for _, p := range []erasure.Profile{erasure.Test, erasure.Dev, erasure.Production, erasure.Parity} {
		for _, size := range sizes(p) {
			b := encode(t, p, noise(size, p.ID))
			rows := make([]erasure.Row, p.N)
			for i := range rows {
				rows[i] = b.Row(i)
			}
			for i, err := range verifier(t, b).CheckAll(rows) {
				if err != nil {
					t.Fatalf("profile %d, %d bytes, row %d: %v", p.ID, size, i, err)
				}
			}
		}
	}
}

// mission D01 (half: the pure package)
func TestAnyKRowsRebuildTheBlob(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, p := range []erasure.Profile{erasure.Test, erasure.Dev, erasure.Production} {
		for _, size := range sizes(p) {
			payload := noise(size, p.ID)
			b := encode(t, p, payload)
			var rows []erasure.Row
			for _, i := range rng.Perm(p.N)[:p.K] {
				rows = append(rows, erasure.Row{Index: i, Data: b.Rows[i]})
			}
			data, err := b.Rebuild(erasure.CPU, rows)
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.Payload(data)
			if err != nil || !bytes.Equal(got, payload) {
				t.Fatalf("profile %d, %d bytes: %v, equal %v", p.ID, size, err, bytes.Equal(got, payload))
			}
			if _, err := b.Rebuild(erasure.CPU, append(rows[:p.K-1:p.K-1], rows[0])); !errors.Is(err, erasure.ErrTooFewRows) {
				t.Errorf("k-1 different rows: %v, want %v", err, erasure.ErrTooFewRows)
			}
		}
	}
}

func TestOneBitAwayIsRefusedAndNamed(t *testing.T) {
	b := encode(t, erasure.Dev, noise(32*3000, 1))
	v := verifier(t, b)
	rows := []erasure.Row{b.Row(0), b.Row(31), b.Row(32), b.Row(127)}
	for victim := range rows {
		bad := append([]erasure.Row(nil), rows...)
		bad[victim].Data = bytes.Clone(bad[victim].Data)
		bad[victim].Data[2999/2] ^= 4
		for i, err := range v.CheckAll(bad) {
			if want := i == victim; errors.Is(err, erasure.ErrBadRow) != want || (err != nil) != want {
				t.Errorf("row %d flipped, row %d: %v", rows[victim].Index, rows[i].Index, err)
			}
		}
	}
	for name, spoil := range map[string]func(*erasure.Row){
		"another index":    func(r *erasure.Row) { r.Index ^= 1 },
		"a negative index": func(r *erasure.Row) { r.Index = -1 },
		"an index past n":  func(r *erasure.Row) { r.Index = 128 },
		"a short row":      func(r *erasure.Row) { r.Data = r.Data[:len(r.Data)-1] },
		"a short path":     func(r *erasure.Row) { r.Path = r.Path[:len(r.Path)-1] },
		"a long path":      func(r *erasure.Row) { r.Path = append(r.Path, erasure.Hash{}) },
		"another sibling":  func(r *erasure.Row) { r.Path[0][31] ^= 1 },
	} {
		row := b.Row(5)
		spoil(&row)
		if err := v.Check(row); !errors.Is(err, erasure.ErrBadRow) {
			t.Errorf("%s: %v, want %v", name, err, erasure.ErrBadRow)
		}
	}
}

// An encoder that commits to wrong rows honestly hashed is found by the
// combination, whichever row it is. mission D03 (half: the pure package)
func TestWrongCodingUnderAnHonestTreeIsFound(t *testing.T) {
	for _, victim := range []int{0, 31, 32, 100} {
		b, err := erasure.NewBlob(erasure.Dev, 7, noise(1000, 9))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.EncodeStripe(erasure.CPU, 0); err != nil {
			t.Fatal(err)
		}
		b.Rows[victim][17] ^= 1
		b.HashRows(0, 128)
		b.FixRows()
		b.CombineRows(0, 32)
		b.Fix()
		bad := 0
		v := verifier(t, b)
		for i := range 128 {
			if err := v.Check(b.Row(i)); errors.Is(err, erasure.ErrBadCoding) {
				bad++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		// a wrong data row is a different payload: every parity row contradicts it
		if want := map[bool]int{true: 96, false: 1}[victim < 32]; bad != want {
			t.Errorf("row %d changed: %d rows contradict the combinations, want %d", victim, bad, want)
		}
	}
}

func TestOtherCombinationsAreRefused(t *testing.T) {
	b := encode(t, erasure.Test, []byte("x"))
	b.RLC[3][15] ^= 1
	if _, err := erasure.NewVerifier(erasure.CPU, b.Commitment, b.RLC); !errors.Is(err, erasure.ErrBadCommitment) {
		t.Errorf("a flipped combination: %v", err)
	}
	if _, err := erasure.NewVerifier(erasure.CPU, b.Commitment, b.RLC[:3]); !errors.Is(err, erasure.ErrBadCommitment) {
		t.Errorf("a missing combination: %v", err)
	}
}

func TestChunksProveThemselves(t *testing.T) {
	for _, p := range []erasure.Profile{erasure.Dev, erasure.Parity} {
		b := encode(t, p, noise(p.K*5000, 3)) // rows of two whole chunks and a part
		for _, index := range []int{0, p.K, p.N - 1} {
			for chunk := range 3 {
				c, err := erasure.ChunkOf(b.Row(index), chunk)
				if err != nil {
					t.Fatal(err)
				}
				if err := b.CheckChunk(c); err != nil {
					t.Errorf("chunk %d of row %d: %v", chunk, index, err)
				}
				c.Data = bytes.Clone(c.Data)
				c.Data[0] ^= 1
				if err := b.CheckChunk(c); !errors.Is(err, erasure.ErrBadRow) {
					t.Errorf("flipped chunk %d of row %d: %v", chunk, index, err)
				}
			}
		}
	}
}

func TestMalformedBlobsAreNamed(t *testing.T) {
	b := encode(t, erasure.Test, []byte("hello"))
	for at, name := range map[int]string{0: "version", 1: "profile", 3: "flags", 11: "length", 15: "zeros of the header", 21: "padding"} {
		rows := [][]byte{bytes.Clone(b.Rows[0]), b.Rows[1], b.Rows[2], b.Rows[3]}
		rows[0][at] ^= 0x80
		if _, err := b.Payload(rows); !errors.Is(err, erasure.ErrMalformedBlob) {
			t.Errorf("%s: %v, want %v", name, err, erasure.ErrMalformedBlob)
		}
	}
	if got, err := b.Payload(b.Rows[:4]); err != nil || string(got) != "hello" {
		t.Errorf("payload %q, %v", got, err)
	}
}

func TestSizesAreBounded(t *testing.T) {
	if _, err := erasure.NewBlob(erasure.Test, 1, nil); !errors.Is(err, erasure.ErrEmptyBlob) {
		t.Errorf("empty: %v", err)
	}
	most := erasure.Test.MaxPayload()
	if size, err := erasure.Test.RowSize(most); err != nil || size != erasure.MaxRowSize {
		t.Errorf("largest: row size %d, %v", size, err)
	}
	if _, err := erasure.Test.RowSize(most + 1); !errors.Is(err, erasure.ErrBlobTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	if size, err := erasure.Production.RowSize(size32); err != nil || size != 32<<10 {
		t.Errorf("32 MiB less the header: row size %d, %v", size, err)
	}
	for _, id := range []uint8{0, 5, 255} {
		if _, err := erasure.ProfileByID(id); !errors.Is(err, erasure.ErrUnknownShape) {
			t.Errorf("profile %d: %v", id, err)
		}
	}
}

func TestPlacementIsAPermutationAndExtraRowsAreOthers(t *testing.T) {
	root := erasure.Hash{1}
	placement := erasure.Placement(erasure.Production, root, 1, 2)
	seen := make([]bool, len(placement))
	for _, row := range placement {
		if seen[row] {
			t.Fatalf("row %d twice", row)
		}
		seen[row] = true
	}
	own := placement[:3]
	extra := erasure.Extra(erasure.Production, root, 1, 2, [20]byte{9}, own, 8)
	if len(extra) != 5 {
		t.Errorf("%d extra rows, want 5", len(extra))
	}
	for i, row := range extra {
		for _, other := range append(append([]uint16(nil), own...), extra[:i]...) {
			if row == other {
				t.Errorf("row %d is checked twice", row)
			}
		}
	}
	if all := erasure.Extra(erasure.Test, root, 1, 2, [20]byte{9}, []uint16{1}, 99); len(all) != 15 {
		t.Errorf("%d extra rows of 16, want the 15 others", len(all))
	}
	if none := erasure.Extra(erasure.Production, root, 1, 2, [20]byte{9}, placement[:8], 8); len(none) != 0 {
		t.Errorf("%d extra rows for a signer with 8 seats", len(none))
	}
}

func FuzzParseCommitment(f *testing.F) {
	b := encode(f, erasure.Test, []byte("x"))
	f.Add(b.Preimage())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := erasure.ParseCommitment(data)
		if err == nil && !bytes.Equal(c.Preimage(), data) {
			t.Errorf("%x parses and encodes to %x", data, c.Preimage())
		}
	})
}

func FuzzCheckChunk(f *testing.F) {
	b := encode(f, erasure.Test, noise(4*3000, 1))
	good, err := erasure.ChunkOf(b.Row(6), 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Row, good.Index, good.Data, flat(good.Path))
	f.Fuzz(func(t *testing.T, row, index int, data, path []byte) {
		c := erasure.Chunk{Row: row, Index: index, Data: data}
		for ; len(path) >= 32; path = path[32:] {
			c.Path = append(c.Path, erasure.Hash(path))
		}
		if b.CheckChunk(c) == nil && !bytes.Equal(data, b.Rows[row][index*erasure.ChunkSize:][:len(data)]) {
			t.Errorf("a chunk of row %d was accepted that is not in it", row)
		}
	})
}

func flat(path []erasure.Hash) (out []byte) {
	for _, h := range path {
		out = append(out, h[:]...)
	}
	return out
}
