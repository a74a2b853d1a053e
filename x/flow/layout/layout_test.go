package layout_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// mission S08: 256-byte sectors, padded, never shared. mission S09: 1024 of them are a load.
func TestS08_SizesToSectors(t *testing.T) {
	cases := []struct {
		sizeBytes             uint64
		data, padded, segment uint64
		heights               []uint8
	}{
		{0, 0, 0, 0, nil},
		{1, 1, 1, 1, []uint8{0}},
		{255, 1, 1, 1, []uint8{0}},
		{256, 1, 1, 1, []uint8{0}},
		{257, 2, 2, 1, []uint8{1}},
		{513, 3, 3, 1, []uint8{1, 0}},
		{4096, 16, 16, 1, []uint8{4}},
		{4097, 17, 18, 1, []uint8{4, 1}},
		{262143, 1024, 1024, 1, []uint8{10}},
		{262144, 1024, 1024, 1, []uint8{10}},
		{262145, 1025, 1152, 2, []uint8{10, 7}},
		{10485773, 40961, 45056, 44, []uint8{15, 13, 12}},
		{4 << 30, 1 << 24, 1 << 24, 1 << 14, []uint8{24}},
		{math.MaxUint64, 1 << 56, 1 << 56, 1 << 46, []uint8{56}},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d bytes", c.sizeBytes), func(t *testing.T) {
			if got := layout.DataSectors(c.sizeBytes); got != c.data {
				t.Errorf("DataSectors: got %d, want %d", got, c.data)
			}
			padded := layout.PaddedSectors(c.sizeBytes)
			if padded != c.padded {
				t.Errorf("PaddedSectors: got %d, want %d", padded, c.padded)
			}
			if got := layout.Segments(padded); got != c.segment {
				t.Errorf("Segments: got %d, want %d", got, c.segment)
			}
			if got := layout.NodeHeights(padded); !slices.Equal(got, c.heights) {
				t.Errorf("NodeHeights: got %v, want %v", got, c.heights)
			}
		})
	}
}

func TestPaddingIsTightAndNeedsAtMostFourNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizeBytes := rapid.Uint64Min(1).Draw(t, "sizeBytes")
		sectors, padded := layout.DataSectors(sizeBytes), layout.PaddedSectors(sizeBytes)
		if padded < sectors || padded-sectors > sectors/8 {
			t.Fatalf("%d sectors pad to %d", sectors, padded)
		}
		heights := layout.NodeHeights(padded)
		var sum uint64
		for i, height := range heights {
			sum += 1 << height
			if i > 0 && height >= heights[i-1] {
				t.Fatalf("heights %v do not decrease", heights)
			}
		}
		if sum != padded || len(heights) > 4 || heights[0]-heights[len(heights)-1] > 3 {
			t.Fatalf("heights %v for %d sectors", heights, padded)
		}
	})
}

func TestPlace(t *testing.T) {
	cases := []struct {
		name       string
		length     uint64
		heights    []uint8
		start, end uint64
		err        error
	}{
		{"the first entry follows the dummy", 1, []uint8{0}, 1, 2, nil},
		{"two sectors align to two", 3, []uint8{1}, 4, 6, nil},
		{"a full load takes the next load", 7, []uint8{10}, 1024, 2048, nil},
		{"an entry that fits ends at the load boundary", 1020, []uint8{1, 0}, 1020, 1023, nil},
		{"an entry one sector too long skips to the next load", 1022, []uint8{1, 0}, 1022 + 2, 1027, nil},
		{"an aligned entry that just fills the load stays", 1022, []uint8{1}, 1022, 1024, nil},
		{"an entry larger than a load aligns to its first node", 2049, []uint8{10, 7}, 3072, 4224, nil},
		{"a large entry aligns far", 12801, []uint8{15, 13, 12}, 32768, 77824, nil},
		{"length 0 is no flow", 0, []uint8{0}, 0, 0, layout.ErrFlowLength},
		{"length 2^56 is no flow", 1 << 56, []uint8{0}, 0, 0, layout.ErrFlowLength},
		{"no heights", 1, nil, 0, 0, layout.ErrHeights},
		{"equal heights", 1, []uint8{3, 3}, 0, 0, layout.ErrHeights},
		{"rising heights", 1, []uint8{3, 4}, 0, 0, layout.ErrHeights},
		{"height 56 never fits", 1, []uint8{56}, 0, 0, layout.ErrFlowFull},
		{"height 255 does not overflow the shift", 1, []uint8{255}, 0, 0, layout.ErrFlowFull},
		{"the last sector below the bound is taken", 1<<56 - 2, []uint8{0}, 1<<56 - 2, 1<<56 - 1, nil},
		{"an entry may not end at the bound", 1<<56 - 1, []uint8{0}, 0, 0, layout.ErrFlowFull},
		{"alignment may not pass the bound", 1<<55 + 1, []uint8{55}, 0, 0, layout.ErrFlowFull},
		{"the upper half is free for an entry of less than all of it", 1<<55 - 1, []uint8{54}, 1 << 55, 1<<55 + 1<<54, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			start, end, err := layout.Place(c.length, c.heights)
			if !errors.Is(err, c.err) || start != c.start || end != c.end {
				t.Errorf("got [%d, %d) %v, want [%d, %d) %v", start, end, err, c.start, c.end, c.err)
			}
		})
	}
}

// naivePlace is protocol-storage.md 2.3 line by line, for small numbers.
func naivePlace(length uint64, heights []uint8) (start, end uint64) {
	up := func(x, unit uint64) uint64 { return (x + unit - 1) / unit * unit }
	var capacity uint64
	for _, h := range heights {
		capacity += 1 << h
	}
	s := up(length, 1<<heights[0])
	if s%1024 != 0 && s/1024 != (s+capacity-1)/1024 {
		length = up(s, 1024)
	}
	start = up(length, 1<<heights[0])
	for _, h := range heights {
		length = up(length, 1<<h) + 1<<h
	}
	return start, length
}

func TestPlaceEqualsTheSpecification(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.Uint64Range(1, 1<<40).Draw(t, "lengthSectors")
		padded := layout.PaddedSectors(rapid.Uint64Range(1, 1<<33).Draw(t, "sizeBytes"))
		heights := layout.NodeHeights(padded)
		start, end, err := layout.Place(length, heights)
		wantStart, wantEnd := naivePlace(length, heights)
		if err != nil || start != wantStart || end != wantEnd {
			t.Fatalf("got [%d, %d) %v, want [%d, %d)", start, end, err, wantStart, wantEnd)
		}
		if end-start != padded || start < length || start%(1<<heights[0]) != 0 {
			t.Fatalf("entry of %d sectors at [%d, %d) after %d", padded, start, end, length)
		}
		if padded <= layout.SectorsPerLoad && start/layout.SectorsPerLoad != (end-1)/layout.SectorsPerLoad {
			t.Fatalf("[%d, %d) straddles a load", start, end)
		}
	})
}

func FuzzPlace(f *testing.F) {
	f.Add(uint64(1), []byte{10, 7})
	f.Add(uint64(math.MaxUint64), []byte{63, 0})
	f.Fuzz(func(t *testing.T, length uint64, heights []byte) {
		start, end, err := layout.Place(length, heights)
		if err == nil && (start < length || end <= start || end >= layout.MaxLengthSectors) {
			t.Fatalf("length %d heights %v: [%d, %d)", length, heights, start, end)
		}
	})
}

func ExamplePlace() {
	sizeBytes := uint64(262145) // one byte more than a load
	padded := layout.PaddedSectors(sizeBytes)
	heights := layout.NodeHeights(padded)
	start, end, err := layout.Place(2049, heights)
	fmt.Println(padded, heights, start, end, err)
	// Output: 1152 [10 7] 3072 4224 <nil>
}
