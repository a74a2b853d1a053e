package merkle_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

func cloneProof(p merkle.Proof) merkle.Proof {
	return merkle.Proof{Lemma: slices.Clone(p.Lemma), Path: slices.Clone(p.Path)}
}

// proveNaive builds a proof in a left-complete tree by splitting it top down.
func proveNaive(leaves []merkle.Hash, index int) merkle.Proof {
	if len(leaves) == 1 {
		return merkle.Proof{Lemma: slices.Clone(leaves)}
	}
	var siblings []merkle.Hash
	var path []bool
	for rest, at := leaves, index; len(rest) > 1; {
		half := 1
		for half*2 < len(rest) {
			half *= 2
		}
		if at < half {
			siblings, path, rest = append(siblings, naiveRoot(rest[half:])), append(path, true), rest[:half]
		} else {
			siblings, path, rest, at = append(siblings, naiveRoot(rest[:half])), append(path, false), rest[half:], at-half
		}
	}
	slices.Reverse(siblings)
	slices.Reverse(path)
	lemma := append([]merkle.Hash{leaves[index]}, siblings...)
	return merkle.Proof{Lemma: append(lemma, naiveRoot(leaves)), Path: path}
}

func TestEveryProofVerifiesAndOneBitAwayDoesNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := make([]merkle.Hash, rapid.IntRange(1, 70).Draw(t, "leaves"))
		for i := range leaves {
			leaves[i] = numberedLeaf(uint64(i))
		}
		index := rapid.IntRange(0, len(leaves)-1).Draw(t, "index")
		root, count, at := merkle.Root(leaves), uint64(len(leaves)), uint64(index)
		p := proveNaive(leaves, index)
		if err := merkle.VerifyProof(root, leaves[index], at, count, p); err != nil {
			t.Fatalf("leaf %d of %d: %v", index, count, err)
		}
		refuse := func(what string, root, leaf merkle.Hash, index, count uint64, p merkle.Proof) {
			if err := merkle.VerifyProof(root, leaf, index, count, p); !errors.Is(err, merkle.ErrProof) && !errors.Is(err, merkle.ErrIndex) {
				t.Errorf("leaf %d of %d with %s: got %v", index, count, what, err)
			}
		}
		flip := rapid.IntRange(0, 255).Draw(t, "bit")
		bit := func(h merkle.Hash) merkle.Hash { h[flip/8] ^= 1 << (flip % 8); return h }
		refuse("a flipped root bit", bit(root), leaves[index], at, count, p)
		refuse("a flipped leaf bit", root, bit(leaves[index]), at, count, p)
		for i := range p.Lemma {
			q := cloneProof(p)
			q.Lemma[i] = bit(q.Lemma[i])
			refuse("a flipped lemma bit", root, leaves[index], at, count, q)
		}
		for i := range p.Path {
			q := cloneProof(p)
			q.Path[i] = !q.Path[i]
			refuse("a flipped path step", root, leaves[index], at, count, q)
		}
		refuse("a path step too many", root, leaves[index], at, count, merkle.Proof{Lemma: p.Lemma, Path: append(slices.Clone(p.Path), true)})
		refuse("a lemma hash too many", root, leaves[index], at, count, merkle.Proof{Lemma: append(slices.Clone(p.Lemma), root), Path: p.Path})
		refuse("no lemma", root, leaves[index], at, count, merkle.Proof{Path: p.Path})
		refuse("the next index", root, leaves[index], at+1, count, p)
		refuse("the index after the last", root, leaves[index], count, count, p)
	})
}

// A tree of two leaves that are both x, and a tree of one: only the spelling for
// the right shape is taken.
func TestPositionIsBoundEvenWhereHashesCoincide(t *testing.T) {
	x := numberedLeaf(1)
	leaves := []merkle.Hash{x, x, x, x}
	root := merkle.Root(leaves)
	for index := range leaves {
		for claimed := range leaves {
			err := merkle.VerifyProof(root, x, uint64(claimed), 4, proveNaive(leaves, index))
			if (err == nil) != (index == claimed) {
				t.Errorf("proof of leaf %d for index %d: got %v", index, claimed, err)
			}
		}
	}
	for name, p := range map[string]merkle.Proof{
		"leaf and root spelled out": {Lemma: []merkle.Hash{x, x}},
		"no hash":                   {},
	} {
		if err := merkle.VerifyProof(x, x, 0, 1, p); !errors.Is(err, merkle.ErrProof) {
			t.Errorf("single leaf with %s: got %v, want ErrProof", name, err)
		}
	}
	if err := merkle.VerifyProof(x, x, 0, 0, merkle.Proof{}); !errors.Is(err, merkle.ErrIndex) {
		t.Errorf("tree of no leaves: got %v, want ErrIndex", err)
	}
	if err := merkle.VerifyProof(x, x, 1<<63, 1<<64-1, merkle.Proof{}); !errors.Is(err, merkle.ErrProof) {
		t.Errorf("largest tree: got %v, want ErrProof", err)
	}
}

// mission S18: what an upload may not be.
func TestS18_VerifySegmentRefuses(t *testing.T) {
	data := generate(10485773) // 41 data segments of 44
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	root, size := file.Root(), file.Size()
	last := segmentOf(data, 40)
	cases := []struct {
		name    string
		size    uint64
		index   uint64
		segment []byte
		proof   merkle.Proof
		want    error
	}{
		{"the segment as it is", size, 40, last, file.Proof(40), nil},
		{"without its zero padding to 256", size, 40, last[:len(last)-1], file.Proof(40), merkle.ErrDataLength},
		{"one sector too long", size, 40, append(slices.Clone(last), make([]byte, 256)...), file.Proof(40), merkle.ErrDataLength},
		{"one sector short in the middle", size, 3, segmentOf(data, 3)[:262144-256], file.Proof(3), merkle.ErrDataLength},
		{"padded to a whole segment", size, 40, append(slices.Clone(last), make([]byte, 262144-len(last))...), file.Proof(40), merkle.ErrDataLength},
		{"nothing", size, 40, nil, file.Proof(40), merkle.ErrDataLength},
		{"another segment in its place", size, 4, segmentOf(data, 3), file.Proof(4), merkle.ErrProof},
		{"another segment with its own proof", size, 4, segmentOf(data, 3), file.Proof(3), merkle.ErrProof},
		{"a padding segment", size, 41, make([]byte, 262144), file.Proof(41), merkle.ErrIndex},
		{"past the padded file", size, 44, segmentOf(data, 3), file.Proof(3), merkle.ErrIndex},
		{"the largest index", size, 1<<64 - 1, segmentOf(data, 3), file.Proof(3), merkle.ErrIndex},
		{"a file of no bytes", 0, 0, nil, file.Proof(0), merkle.ErrIndex},
		{"a file size with another tree shape", 4 * size, 3, segmentOf(data, 3), file.Proof(3), merkle.ErrProof},
		{"a file of the largest size", 1<<64 - 1, 3, segmentOf(data, 3), file.Proof(3), merkle.ErrProof},
		{"no proof", size, 3, segmentOf(data, 3), merkle.Proof{}, merkle.ErrProof},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := merkle.VerifySegment(root, c.size, c.index, c.segment, c.proof)
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// A root may commit to padding that is not zero; its proofs fold, and are refused
// where the proof itself shows the padding.
func TestPaddingThatIsNotZeroIsRefused(t *testing.T) {
	const size = 10485773
	data := generate(size)
	leaves := make([]merkle.Hash, 44)
	for i := range leaves {
		leaves[i] = merkle.ZeroRoot(10)
		if i <= 40 {
			leaves[i] = merkle.SegmentRoot(segmentOf(data, i), 1024)
		}
	}
	verify := func() error {
		return merkle.VerifySegment(naiveRoot(leaves), size, 40, segmentOf(data, 40), proveNaive(leaves, 40))
	}
	if err := verify(); err != nil {
		t.Fatalf("zero padding: %v", err)
	}
	for _, bogus := range []int{41, 42, 43} {
		honest := leaves[bogus]
		leaves[bogus] = numberedLeaf(7)
		if err := merkle.VerifyProof(naiveRoot(leaves), leaves[40], 40, 44, proveNaive(leaves, 40)); err != nil {
			t.Errorf("the proof itself folds: %v", err)
		}
		if err := verify(); !errors.Is(err, merkle.ErrProof) {
			t.Errorf("padding segment %d not zero: got %v, want ErrProof", bogus, err)
		}
		leaves[bogus] = honest
	}
}

// Below 16 loads padding never reaches the next segment, from there on it comes in
// whole segments: so the zero root of a padding segment is always Z10.
func TestPaddingSegmentsAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizeBytes := rapid.Uint64Range(1, 1<<36).Draw(t, "sizeBytes") >> rapid.IntRange(0, 20).Draw(t, "shift")
		padded := layout.Segments(layout.PaddedSectors(sizeBytes))
		for index := layout.Segments(layout.DataSectors(sizeBytes)); index < padded; index++ {
			if got := merkle.SegmentSectors(sizeBytes, index); got != layout.SectorsPerLoad {
				t.Fatalf("%d bytes: padding segment %d has %d sectors", sizeBytes, index, got)
			}
		}
		if merkle.SegmentSectors(sizeBytes, padded) != 0 {
			t.Fatalf("%d bytes: a segment past the end has sectors", sizeBytes)
		}
	})
}

func TestFileTreeEqualsNaiveTreeOverAllSectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizeBytes := rapid.Uint64Range(1, 5<<20).Draw(t, "sizeBytes")
		data := generate(sizeBytes)
		data[sizeBytes-1] = byte(rapid.IntRange(0, 255).Draw(t, "lastByte"))
		padded := layout.PaddedSectors(sizeBytes)
		all := append(slices.Clone(data), make([]byte, padded*256-sizeBytes)...)
		leaves := make([]merkle.Hash, padded)
		for i := range leaves {
			leaves[i] = keccak.Sum256(all[256*i : 256*i+256])
		}
		file, err := merkle.NewFileFromData(data)
		if err != nil {
			t.Fatal(err)
		}
		if file.Root() != naiveRoot(leaves) || merkle.FileRoot(file.Nodes()) != file.Root() {
			t.Fatalf("root of %d bytes: got %x, nodes fold to %x, want %x", sizeBytes, file.Root(), merkle.FileRoot(file.Nodes()), naiveRoot(leaves))
		}
		start := uint64(0)
		for _, node := range file.Nodes() {
			end := start + 1<<node.Height
			if node.Root != naiveRoot(leaves[start:end]) {
				t.Fatalf("node of height %d at %d differs", node.Height, start)
			}
			start = end
		}
		if err := merkle.ValidateNodes(sizeBytes, file.Nodes()); err != nil || start != padded {
			t.Fatalf("nodes cover %d of %d sectors: %v", start, padded, err)
		}
		index := rapid.Uint64Range(0, file.NumSegments()-1).Draw(t, "segment")
		segment := segmentOf(data, int(index))
		if err := merkle.VerifySegment(file.Root(), sizeBytes, index, segment, file.Proof(index)); err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, 8*len(segment)-1).Draw(t, "bit")
		segment[bit/8] ^= 1 << (bit % 8)
		if err := merkle.VerifySegment(file.Root(), sizeBytes, index, segment, file.Proof(index)); !errors.Is(err, merkle.ErrProof) {
			t.Fatalf("bit %d of segment %d flipped: got %v, want ErrProof", bit, index, err)
		}
	})
}

func TestNewFileKnowsNodesOnlyWhereRootsTell(t *testing.T) {
	for _, c := range []struct {
		sizeBytes uint64
		known     bool
	}{
		{256, true},                 // one node, one segment
		{513, false},                // two nodes inside the only segment
		{262145, true},              // the second node is the whole last segment
		{(2048 + 600) * 256, false}, // heights 11, 9, 8: two nodes inside the last segment
		{10485773, true},
	} {
		whole, err := merkle.NewFileFromData(generate(c.sizeBytes))
		if err != nil {
			t.Fatal(err)
		}
		roots := make([]merkle.Hash, whole.NumSegments())
		for i := range roots {
			roots[i] = whole.Proof(uint64(i)).Lemma[0]
		}
		file, err := merkle.NewFile(c.sizeBytes, roots)
		if err != nil || file.Root() != whole.Root() {
			t.Fatalf("%d bytes: root %x, want %x: %v", c.sizeBytes, file.Root(), whole.Root(), err)
		}
		if want := map[bool][]merkle.Node{true: whole.Nodes()}[c.known]; !slices.Equal(file.Nodes(), want) {
			t.Errorf("%d bytes: nodes %x, want %x", c.sizeBytes, file.Nodes(), want)
		}
		tail := segmentOf(generate(c.sizeBytes), len(roots)-1)
		if file, err = merkle.NewFileWithTail(c.sizeBytes, roots, tail); err != nil || !slices.Equal(file.Nodes(), whole.Nodes()) {
			t.Errorf("%d bytes with its tail: %v", c.sizeBytes, err)
		}
		tail[0] ^= 1
		if _, err = merkle.NewFileWithTail(c.sizeBytes, roots, tail); !errors.Is(err, merkle.ErrProof) {
			t.Errorf("%d bytes with another tail: got %v, want ErrProof", c.sizeBytes, err)
		}
		if _, err = merkle.NewFileWithTail(c.sizeBytes, roots, append(tail, 0)); !errors.Is(err, merkle.ErrDataLength) {
			t.Errorf("%d bytes with a longer tail: got %v, want ErrDataLength", c.sizeBytes, err)
		}
		if _, err = merkle.NewFile(c.sizeBytes, append(roots, merkle.Hash{})); !errors.Is(err, merkle.ErrDataLength) {
			t.Errorf("%d bytes with a root too many: got %v, want ErrDataLength", c.sizeBytes, err)
		}
		if p := file.Proof(whole.NumSegmentsPadded()); len(p.Lemma) != 0 {
			t.Errorf("%d bytes: a proof past the end: %v", c.sizeBytes, p)
		}
	}
}

func TestSegmentRootHelpersAreTotal(t *testing.T) {
	data := generate(1000) // four sectors, the last one partial
	full := append(slices.Clone(data), make([]byte, 24)...)
	if merkle.SegmentRoot(data, 0) != merkle.SegmentRoot(full, 4) {
		t.Error("sectors below the data's were not raised")
	}
	if merkle.SegmentRoot(nil, 0) != (merkle.Hash{}) || merkle.SegmentRoot(nil, 1024) != merkle.ZeroRoot(10) || merkle.Root(nil) != (merkle.Hash{}) {
		t.Error("empty input")
	}
	if merkle.SegmentRoot(nil, 2048) != merkle.ZeroRoot(11) {
		t.Error("more than a segment")
	}
	if merkle.LeafHash(data[:1]) != keccak.Sum256(append(data[:1:1], make([]byte, 255)...)) {
		t.Error("a short sector is zero-extended")
	}
	short := make([]merkle.Hash, 2)
	merkle.HashLeaves(data, short)
	if short[1] != merkle.LeafHash(data[256:512]) {
		t.Error("HashLeaves into a short slice")
	}
	if !bytes.Equal(data, generate(1000)) {
		t.Error("input was changed")
	}
	leaves := []merkle.Hash{numberedLeaf(0), numberedLeaf(1), numberedLeaf(2)}
	before := slices.Clone(leaves)
	if merkle.Root(leaves) != naiveRoot(before) || !slices.Equal(leaves, before) {
		t.Error("Root changed its input or is wrong for three leaves")
	}
}
