package merkle_test

import (
	"slices"
	"testing"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// bytesToHashes cuts raw into hashes; a rest is dropped.
func bytesToHashes(raw []byte) (hashes []merkle.Hash) {
	for ; len(raw) >= 32; raw = raw[32:] {
		hashes = append(hashes, merkle.Hash(raw))
	}
	return hashes
}

func hashesToBytes(hashes []merkle.Hash) (raw []byte) {
	for _, h := range hashes {
		raw = append(raw, h[:]...)
	}
	return raw
}

func bytesToPath(raw []byte) (path []bool) {
	for _, b := range raw {
		path = append(path, b&1 == 1)
	}
	return path
}

func pathToBytes(path []bool) (raw []byte) {
	for _, left := range path {
		raw = append(raw, map[bool]byte{true: 1}[left])
	}
	return raw
}

// Accepts exactly one proof per leaf: the one the prover makes.
func FuzzVerifyProof(f *testing.F) {
	leaves := make([]merkle.Hash, 11)
	for i := range leaves {
		leaves[i] = numberedLeaf(uint64(i))
	}
	root := merkle.Root(leaves)
	for i := range leaves {
		p := proveNaive(leaves, i)
		f.Add(uint64(i), uint64(len(leaves)), hashesToBytes(p.Lemma), pathToBytes(p.Path))
	}
	f.Fuzz(func(t *testing.T, index, count uint64, lemma, path []byte) {
		p := merkle.Proof{Lemma: bytesToHashes(lemma), Path: bytesToPath(path)}
		leaf := leaves[index%uint64(len(leaves))]
		if merkle.VerifyProof(root, leaf, index, count, p) != nil || count != uint64(len(leaves)) {
			return
		}
		if want := proveNaive(leaves, int(index)); !slices.Equal(p.Lemma, want.Lemma) || !slices.Equal(p.Path, want.Path) {
			t.Fatalf("accepted a second spelling for leaf %d: %v", index, p)
		}
	})
}

// The segment's bytes are named, cut and bent rather than given: inputs of 256 KiB
// would leave the fuzzer a few tries per second.
func FuzzVerifySegment(f *testing.F) {
	const size = 4*262144 + 1000 // five data segments, the last one of four sectors
	data := generate(size)
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		f.Fatal(err)
	}
	for i := range file.NumSegments() {
		p := file.Proof(i)
		f.Add(uint64(size), i, uint8(i), uint32(len(segmentOf(data, int(i)))), uint32(7), byte(0), hashesToBytes(p.Lemma), pathToBytes(p.Path))
	}
	f.Fuzz(func(t *testing.T, sizeBytes, index uint64, source uint8, lengthBytes, bendAt uint32, bend byte, lemma, path []byte) {
		segment := make([]byte, lengthBytes%(2*layout.LoadSize))
		copy(segment, segmentOf(data, int(source%5)))
		if len(segment) > 0 {
			segment[int(bendAt)%len(segment)] ^= bend
		}
		p := merkle.Proof{Lemma: bytesToHashes(lemma), Path: bytesToPath(path)}
		if merkle.VerifySegment(file.Root(), sizeBytes, index, segment, p) != nil || sizeBytes != size {
			return
		}
		want := file.Proof(index)
		if !slices.Equal(segment, segmentOf(data, int(index))) || !slices.Equal(p.Lemma, want.Lemma) || !slices.Equal(p.Path, want.Path) {
			t.Fatalf("accepted other bytes or another proof for segment %d", index)
		}
	})
}

func FuzzVerifyPiece(f *testing.F) {
	naive := newNaiveFlow()
	for i := uint64(1); i < 100; i++ {
		naive.leaves = append(naive.leaves, numberedLeaf(i))
	}
	everything := naiveSource(f, naive, 100, func(uint8) bool { return true })
	for piece := range uint64(7) {
		siblings, _, err := merkle.ProveFlow(100, 4, piece, everything)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint64(100), 16*piece, uint64(piece), hashesToBytes(siblings))
	}
	root := naive.rootAt(100)
	leaves := append(slices.Clone(naive.leaves), slices.Repeat([]merkle.Hash{merkle.ZeroRoot(0)}, 28)...)
	f.Fuzz(func(t *testing.T, length, first, piece uint64, siblings []byte) {
		piece %= 7
		given := bytesToHashes(siblings)
		pieceRoot := naiveRoot(leaves[16*piece : 16*piece+16])
		if merkle.VerifyPiece(root, length, first, pieceRoot, given) != nil || length != 100 {
			return
		}
		want, _, err := merkle.ProveFlow(100, 4, piece, everything)
		if err != nil || first != 16*piece || !slices.Equal(given, want) {
			t.Fatalf("accepted piece %d at sector %d with siblings %x", piece, first, given)
		}
	})
}

// Rules 1 to 6 accept exactly the heights the SDKs compute for that size.
func FuzzValidateNodes(f *testing.F) {
	f.Add(uint64(262145), []byte{10, 7})
	f.Add(uint64(0), []byte{0})
	f.Add(uint64(1<<64-1), []byte{56})
	f.Add(uint64(1<<64-1), []byte{63, 62, 61, 60})
	f.Fuzz(func(t *testing.T, sizeBytes uint64, heights []byte) {
		nodes := make([]merkle.Node, len(heights))
		for i, height := range heights {
			nodes[i].Height = height
		}
		padded := layout.PaddedSectors(sizeBytes)
		want := sizeBytes > 0 && slices.Equal(heights, layout.NodeHeights(padded))
		if err := merkle.ValidateNodes(sizeBytes, nodes); (err == nil) != want {
			t.Fatalf("%d bytes, heights %v: got %v, want valid=%t", sizeBytes, heights, err, want)
		} else if err == nil && merkle.ChargedSectors(nodes) != padded {
			t.Fatalf("%d bytes: charged %d, want %d", sizeBytes, merkle.ChargedSectors(nodes), padded)
		}
	})
}
