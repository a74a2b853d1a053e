package merkle_test

import (
	"fmt"
	"testing"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

func benchBothWays(b *testing.B, name string, run func(b *testing.B)) {
	for _, scalar := range []bool{false, true} {
		b.Run(fmt.Sprintf("%s/scalar=%t", name, scalar), func(b *testing.B) {
			keccak.ForceScalar(scalar)
			defer keccak.ForceScalar(false)
			b.ReportAllocs()
			run(b)
		})
	}
}

func BenchmarkSegmentRoot(b *testing.B) {
	data := generate(layout.LoadSize)
	benchBothWays(b, "size=256KiB", func(b *testing.B) {
		b.SetBytes(layout.LoadSize)
		for b.Loop() {
			merkle.SegmentRoot(data, layout.SectorsPerLoad)
		}
	})
}

func BenchmarkFileRoot(b *testing.B) {
	data := generate(16 << 20)
	benchBothWays(b, "size=16MiB", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := merkle.NewFileFromData(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Two cores: segments are independent, callers hash them in parallel.
func BenchmarkSegmentRootParallel(b *testing.B) {
	data := generate(layout.LoadSize)
	b.SetBytes(layout.LoadSize)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			merkle.SegmentRoot(data, layout.SectorsPerLoad)
		}
	})
}

func BenchmarkVerifySegment(b *testing.B) {
	data := generate(10485773)
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		b.Fatal(err)
	}
	root, size, proof, segment := file.Root(), file.Size(), file.Proof(1), segmentOf(data, 1)
	benchBothWays(b, "segments=44", func(b *testing.B) {
		b.SetBytes(layout.LoadSize)
		for b.Loop() {
			if err := merkle.VerifySegment(root, size, 1, segment, proof); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFrontierAppend(b *testing.B) {
	node := []merkle.Node{{Root: numberedLeaf(1), Height: 4}}
	frontier := merkle.NewFrontier()
	if err := frontier.AdvanceTo(1 << 40); err != nil {
		b.Fatal(err)
	}
	b.Run("nodes=1/with=root", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f := frontier
			if _, err := f.Append(node); err != nil {
				b.Fatal(err)
			}
			f.Root()
		}
	})
}

func BenchmarkVerifyPiece(b *testing.B) {
	b.ReportAllocs()
	var piece [layout.SealSize]byte
	siblings := make([]merkle.Hash, 36) // a flow of 2^40 sectors, 256 TiB
	for h := range siblings {
		siblings[h] = merkle.ZeroRoot(uint8(h + 4))
	}
	root := merkle.ZeroRoot(40)
	for b.Loop() {
		if err := merkle.VerifyPiece(root, 1<<40, 16, merkle.PieceRoot(&piece, 16), siblings); err != nil {
			b.Fatal(err)
		}
	}
}
