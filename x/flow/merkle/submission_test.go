package merkle_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// What ValidateNodes accepts is what layout computes, and nothing one step away.
func TestValidNodesAreThoseOfTheLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizeBytes := rapid.Uint64Min(1).Draw(t, "sizeBytes")
		if rapid.Bool().Draw(t, "small") {
			sizeBytes %= 100_000
		}
		heights := layout.NodeHeights(layout.PaddedSectors(sizeBytes))
		valid := func(heights []uint8) bool {
			nodes := make([]merkle.Node, len(heights))
			for i, h := range heights {
				nodes[i].Height = h
			}
			return merkle.ValidateNodes(sizeBytes, nodes) == nil
		}
		if valid(heights) != (sizeBytes > 0) {
			t.Fatalf("%d bytes: heights %v", sizeBytes, heights)
		}
		for i := range heights {
			for _, step := range []uint8{1, 255} {
				other := slices.Clone(heights)
				if other[i] += step; valid(other) {
					t.Fatalf("%d bytes: heights %v accepted beside %v", sizeBytes, other, heights)
				}
			}
			if valid(slices.Delete(slices.Clone(heights), i, i+1)) {
				t.Fatalf("%d bytes: accepted without height %d of %v", sizeBytes, i, heights)
			}
		}
	})
}

func TestChargedSectorsSaturates(t *testing.T) {
	for name, c := range map[string]struct {
		heights []uint8
		want    uint64
	}{
		"no nodes":               {nil, 0},
		"10 and 7":               {[]uint8{10, 7}, 1152},
		"63":                     {[]uint8{63}, 1 << 63},
		"63 twice does not wrap": {[]uint8{63, 63}, math.MaxUint64},
		"64 does not shift out":  {[]uint8{64}, math.MaxUint64},
		"255 behind a small one": {[]uint8{0, 255}, math.MaxUint64},
	} {
		nodes := make([]merkle.Node, len(c.heights))
		for i, h := range c.heights {
			nodes[i].Height = h
		}
		if got := merkle.ChargedSectors(nodes); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
	if merkle.FileRoot(nil) != (merkle.Hash{}) {
		t.Error("no nodes have a root")
	}
}
