package merkle_test

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// randomEntry returns a submission of numbered leaves, as leaves and as nodes.
func randomEntry(sizeBytes, salt uint64) (leaves [][]merkle.Hash, nodes []merkle.Node) {
	for _, height := range layout.NodeHeights(layout.PaddedSectors(sizeBytes)) {
		part := make([]merkle.Hash, 1<<height)
		for i := range part {
			part[i] = numberedLeaf(salt<<8 + uint64(i))
			part[i][31] = height
		}
		leaves = append(leaves, part)
		nodes = append(nodes, merkle.Node{Root: naiveRoot(part), Height: height})
	}
	return leaves, nodes
}

// mission S17: the frontier's root equals a from-scratch recompute, 10^4 random
// appends. Sizes are mostly a few sectors and now and then some loads, so that
// the flow stays near 2^18 sectors and gaps of all sizes occur.
func TestS17_FrontierEqualsRecomputeAfterTenThousandAppends(t *testing.T) {
	const seed, appends = 20261121, 10_000
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewSource(seed))
	frontier, naive := merkle.NewFrontier(), newNaiveFlow()
	for i := range appends {
		sizeBytes := uint64(1 + random.Intn(20*256))
		if i%500 == 250 {
			sizeBytes = uint64(1 + random.Intn(6*layout.LoadSize))
		}
		leaves, nodes := randomEntry(sizeBytes, uint64(i))
		start, err := frontier.Append(nodes)
		if err != nil {
			t.Fatal(err)
		}
		if want := naive.append(leaves); start != want || frontier.LengthSectors != uint64(len(naive.leaves)) {
			t.Fatalf("append %d: start %d, length %d; want %d, %d", i, start, frontier.LengthSectors, want, len(naive.leaves))
		}
		if i < 100 || i%1000 == 999 {
			if got, want := frontier.Root(), naive.rootAt(len(naive.leaves)); got != want {
				t.Fatalf("append %d, length %d: root %x, want %x", i, frontier.LengthSectors, got, want)
			}
		}
	}
	t.Logf("flow of %d sectors, %d peaks", frontier.LengthSectors, len(frontier.Peaks))
	if err := frontier.Validate(); err != nil {
		t.Error(err)
	}
}

func TestFrontierEqualsRecompute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frontier, naive := merkle.NewFrontier(), newNaiveFlow()
		for i, sizeBytes := range rapid.SliceOfN(rapid.Uint64Range(1, 40*256), 1, 12).Draw(t, "sizes") {
			leaves, nodes := randomEntry(sizeBytes, uint64(i))
			start, err := frontier.Append(nodes)
			if want := naive.append(leaves); err != nil || start != want {
				t.Fatalf("entry %d: start %d, want %d: %v", i, start, want, err)
			}
			if frontier.Root() != naive.rootAt(len(naive.leaves)) {
				t.Fatalf("root differs at length %d", len(naive.leaves))
			}
		}
	})
}

func TestAdvanceEqualsAppendingZeroSectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frontier, slow := merkle.NewFrontier(), merkle.NewFrontier()
		target := rapid.Uint64Range(1, 5000).Draw(t, "length")
		for slow.LengthSectors < target {
			if err := slow.AppendSubtree(0, merkle.ZeroRoot(0)); err != nil {
				t.Fatal(err)
			}
		}
		if err := frontier.AdvanceTo(target); err != nil {
			t.Fatal(err)
		}
		if frontier.Root() != slow.Root() || !slices.Equal(frontier.Peaks, slow.Peaks) {
			t.Fatalf("length %d: roots differ", target)
		}
	})
}

// Two copies of one frontier grow apart: neither may touch the other's peaks.
func TestCopiesOfAFrontierAreIndependent(t *testing.T) {
	base := merkle.NewFrontier()
	if err := base.AdvanceTo(6); err != nil {
		t.Fatal(err)
	}
	before := base.Root()
	left, right := base, base
	for i, f := range []*merkle.Frontier{&left, &right} {
		if err := f.AppendSubtree(0, numberedLeaf(uint64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if base.Root() != before || left.Root() == right.Root() || base.Validate() != nil {
		t.Error("a copy changed another")
	}
}

func TestFrontierRefusesAndStaysAsItWas(t *testing.T) {
	grown := merkle.NewFrontier()
	if err := grown.AdvanceTo(6); err != nil {
		t.Fatal(err)
	}
	full := merkle.NewFrontier()
	if err := full.AdvanceTo(1<<56 - 1); err != nil {
		t.Fatal(err)
	}
	one := merkle.Node{Root: numberedLeaf(1)}
	cases := []struct {
		name string
		from merkle.Frontier
		do   func(f *merkle.Frontier) error
		want error
	}{
		{"going back", grown, func(f *merkle.Frontier) error { return f.AdvanceTo(5) }, merkle.ErrFrontier},
		{"growing to 2^56", grown, func(f *merkle.Frontier) error { return f.AdvanceTo(1 << 56) }, merkle.ErrFrontier},
		{"a subtree off its alignment", grown, func(f *merkle.Frontier) error { return f.AppendSubtree(2, one.Root) }, merkle.ErrFrontier},
		{"a subtree of height 255", grown, func(f *merkle.Frontier) error { return f.AppendSubtree(255, one.Root) }, merkle.ErrFrontier},
		{"one sector into a full flow", full, func(f *merkle.Frontier) error { return f.AppendSubtree(0, one.Root) }, merkle.ErrFrontier},
		{"an entry into a full flow", full, func(f *merkle.Frontier) error { _, err := f.Append([]merkle.Node{one}); return err }, layout.ErrFlowFull},
		{"an entry of no nodes", grown, func(f *merkle.Frontier) error { _, err := f.Append(nil); return err }, layout.ErrHeights},
		{"an entry with rising heights", grown, func(f *merkle.Frontier) error {
			_, err := f.Append([]merkle.Node{one, {Height: 1}})
			return err
		}, layout.ErrHeights},
		{"the zero value", merkle.Frontier{}, func(f *merkle.Frontier) error { return f.AdvanceTo(2) }, merkle.ErrFrontier},
		{"a peak too few", merkle.Frontier{LengthSectors: 6, Peaks: grown.Peaks[:1]}, func(f *merkle.Frontier) error { return f.AppendSubtree(0, one.Root) }, merkle.ErrFrontier},
		{"a peak too many", merkle.Frontier{LengthSectors: 4, Peaks: grown.Peaks}, func(f *merkle.Frontier) error { return f.Validate() }, merkle.ErrFrontier},
		{"a dummy that is not zero", merkle.Frontier{LengthSectors: 1, Peaks: []merkle.Hash{{1}}}, func(f *merkle.Frontier) error { return f.Validate() }, merkle.ErrFrontier},
		{"a length of 2^56", merkle.Frontier{LengthSectors: 1 << 56, Peaks: grown.Peaks[:1]}, func(f *merkle.Frontier) error { return f.Validate() }, merkle.ErrFrontier},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := c.from
			if err := c.do(&f); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if f.LengthSectors != c.from.LengthSectors || !slices.Equal(f.Peaks, c.from.Peaks) {
				t.Error("the frontier changed")
			}
		})
	}
	if (merkle.Frontier{}).Root() != (merkle.Hash{}) || (merkle.Frontier{}).Levels() != 1 {
		t.Error("the zero value has a root")
	}
}

// naiveSource answers from all leaves of a flow as it is now, but only at heights
// keeps allows, and fails the test if asked past the length of the proof.
func naiveSource(t interface{ Errorf(string, ...any) }, naive *naiveFlow, lengthSectors uint64, keeps func(height uint8) bool) merkle.NodeSource {
	return func(height uint8, index uint64) (merkle.Hash, bool, error) {
		start, end := index<<height, (index+1)<<height
		if end > lengthSectors {
			t.Errorf("asked for sectors [%d, %d) of a flow of %d", start, end, lengthSectors)
		}
		if !keeps(height) {
			return merkle.Hash{}, false, nil
		}
		return naiveRoot(naive.leaves[start:end]), true, nil
	}
}

// Proofs of sectors, pieces and loads for the present and any earlier length.
func TestProveFlowAsOfAnyLength(t *testing.T) {
	naive := newNaiveFlow()
	for i, sizeBytes := range []uint64{1, 700, 5000, 262145, 3, 40000, 9000, 100} {
		leaves, _ := randomEntry(sizeBytes, uint64(i))
		naive.append(leaves)
	}
	keepers := map[string]func(uint8) bool{
		"every height":            func(uint8) bool { return true },
		"leaves only":             func(h uint8) bool { return h == 0 },
		"leaves and loads":        func(h uint8) bool { return h == 0 || h == 10 },
		"pieces and their leaves": func(h uint8) bool { return h <= 4 },
	}
	for name, keeps := range keepers {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				length := rapid.Uint64Range(1, uint64(len(naive.leaves))).Draw(t, "length")
				height := rapid.SampledFrom([]uint8{0, 0, 4, 4, 10}).Draw(t, "height")
				sector := rapid.Uint64Range(0, length-1).Draw(t, "sector")
				checkFlowProof(t, naive, length, height, sector>>height, keeps)
			})
		})
	}
}

func checkFlowProof(t *rapid.T, naive *naiveFlow, length uint64, height uint8, index uint64, keeps func(uint8) bool) {
	siblings, root, err := merkle.ProveFlow(length, height, index, naiveSource(t, naive, length, keeps))
	if uint64(1)<<height > 1 && length <= uint64(1)<<(height-1) {
		if !errors.Is(err, merkle.ErrIndex) {
			t.Fatalf("a subtree taller than the flow: got %v, want ErrIndex", err)
		}
		return
	}
	if err != nil || root != naive.rootAt(int(length)) {
		t.Fatalf("root as of %d: %x, want %x: %v", length, root, naive.rootAt(int(length)), err)
	}
	subtree := make([]merkle.Hash, 1<<height)
	for i := range subtree {
		subtree[i] = merkle.ZeroRoot(0)
		if at := index<<height + uint64(i); at < length {
			subtree[i] = naive.leaves[at]
		}
	}
	self := naiveRoot(subtree)
	if err := merkle.VerifyFlow(root, length, height, index, self, siblings); err != nil {
		t.Fatal(err)
	}
	for i := range siblings {
		bent := slices.Clone(siblings)
		bent[i][rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1
		if err := merkle.VerifyFlow(root, length, height, index, self, bent); !errors.Is(err, merkle.ErrProof) {
			t.Fatalf("sibling %d bent: got %v, want ErrProof", i, err)
		}
	}
	if err := merkle.VerifyFlow(root, length, height, index, self, append(siblings, merkle.Hash{})); !errors.Is(err, merkle.ErrProof) {
		t.Fatalf("a sibling too many: got %v, want ErrProof", err)
	}
}

// The first piece of load 0 holds the dummy: prover and verifier use its constant,
// whatever bytes the piece has there (architecture.md, Decided).
func TestFirstPieceIsProvenWithTheDummy(t *testing.T) {
	data := generate(layout.LoadSize) // a load, the first 256 bytes of which mean nothing
	naive := newNaiveFlow()
	for sector := 1; sector < layout.SectorsPerLoad; sector++ {
		naive.leaves = append(naive.leaves, merkle.LeafHash(data[256*sector:256*sector+256]))
	}
	root := naive.rootAt(1024)
	if got := merkle.LoadRoot(data, 0); got != root {
		t.Errorf("load 0: got %x, want %x", got, root)
	}
	if merkle.LoadRoot(data, 1) != merkle.SegmentRoot(data, 1024) || merkle.LoadRoot(data[:5000], 1) != merkle.SegmentRoot(data[:5000], 1024) {
		t.Error("load 1 is hashed like any data")
	}
	siblings, proved, err := merkle.ProveFlow(1024, 4, 0, naiveSource(t, naive, 1024, func(uint8) bool { return true }))
	if err != nil || proved != root || len(siblings) != 6 {
		t.Fatalf("proof of piece 0: %x, %d siblings, %v", proved, len(siblings), err)
	}
	piece := [4096]byte(data)
	if err := merkle.VerifyPiece(root, 1024, 0, merkle.PieceRoot(&piece, 0), siblings); err != nil {
		t.Errorf("piece 0: %v", err)
	}
	if err := merkle.VerifyPiece(root, 1024, 0, merkle.PieceRoot(&piece, 16), siblings); !errors.Is(err, merkle.ErrProof) {
		t.Errorf("piece 0 with its bytes hashed in sector 0: got %v, want ErrProof", err)
	}
	piece[100] ^= 1
	if err := merkle.VerifyPiece(root, 1024, 0, merkle.PieceRoot(&piece, 0), siblings); err != nil {
		t.Errorf("bytes of the dummy do not matter: %v", err)
	}
	piece[256] ^= 1
	if err := merkle.VerifyPiece(root, 1024, 0, merkle.PieceRoot(&piece, 0), siblings); !errors.Is(err, merkle.ErrProof) {
		t.Errorf("a bit of sector 1 flipped: got %v, want ErrProof", err)
	}
}

func TestVerifyPieceRefuses(t *testing.T) {
	naive := newNaiveFlow()
	for i := uint64(1); i < 1500; i++ {
		naive.leaves = append(naive.leaves, numberedLeaf(i))
	}
	source := naiveSource(t, naive, 1500, func(uint8) bool { return true })
	siblings, root, err := merkle.ProveFlow(1500, 4, 5, source)
	if err != nil {
		t.Fatal(err)
	}
	piece := naiveRoot(naive.leaves[80:96])
	cases := []struct {
		name     string
		length   uint64
		first    uint64
		siblings []merkle.Hash
		want     error
	}{
		{"the piece as it is", 1500, 80, siblings, nil},
		{"a length with the same tree height", 2048, 80, siblings, nil}, // the root does not carry the length: callers take both from one context
		{"the next piece", 1500, 96, siblings, merkle.ErrProof},
		{"the piece one sector off", 1500, 81, siblings, merkle.ErrIndex},
		{"a piece past the flow", 1500, 1504, siblings, merkle.ErrIndex},
		{"the largest sector", 1500, 1<<64 - 16, siblings, merkle.ErrIndex},
		{"a proof one level short", 1500, 80, siblings[:6], merkle.ErrProof},
		{"a proof one level long", 1500, 80, append(slices.Clone(siblings), merkle.Hash{}), merkle.ErrProof},
		{"a shorter flow", 1024, 80, siblings, merkle.ErrProof},
		{"a flow shorter than a piece", 8, 0, nil, merkle.ErrIndex},
		{"a flow of nothing", 0, 0, nil, merkle.ErrIndex},
		{"a flow of 2^56", 1 << 56, 80, siblings, merkle.ErrIndex},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := merkle.VerifyPiece(root, c.length, c.first, piece, c.siblings)
			if c.want == nil && err != nil || !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestProveFlowReportsWhatTheSourceSays(t *testing.T) {
	unknown := func(uint8, uint64) (merkle.Hash, bool, error) { return merkle.Hash{}, false, nil }
	if _, _, err := merkle.ProveFlow(1<<40, 4, 0, unknown); !errors.Is(err, merkle.ErrMissingNode) {
		t.Errorf("empty source: got %v, want ErrMissingNode", err)
	}
	broken := fmt.Errorf("disk on fire")
	if _, _, err := merkle.ProveFlow(1024, 4, 1, func(uint8, uint64) (merkle.Hash, bool, error) { return merkle.Hash{}, false, broken }); !errors.Is(err, broken) {
		t.Errorf("broken source: got %v, want its error", err)
	}
	if siblings, root, err := merkle.ProveFlow(1, 0, 0, unknown); err != nil || len(siblings) != 0 || root != (merkle.Hash{}) {
		t.Errorf("the empty flow proves its dummy: %x %x %v", siblings, root, err)
	}
}
