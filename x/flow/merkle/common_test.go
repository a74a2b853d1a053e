package merkle_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// hexHash is a hash as the vector files write it.
type hexHash merkle.Hash

func (h *hexHash) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	_, err := hex.Decode(h[:], []byte(strings.TrimPrefix(text, "0x")))
	return err
}

type nodeVector struct {
	Height uint8   `json:"height"`
	Root   hexHash `json:"root"`
}

func toNodes(vectors []nodeVector) []merkle.Node {
	nodes := make([]merkle.Node, len(vectors))
	for i, v := range vectors {
		nodes[i] = merkle.Node{Root: merkle.Hash(v.Root), Height: v.Height}
	}
	return nodes
}

// readVectors decodes a file of testdata and fails on a field this package does
// not know, so that no field goes unasserted by accident.
func readVectors(t *testing.T, path string, into any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// generate is the data rule of all file vectors: byte[i] = (i*7+3) mod 251.
func generate(sizeBytes uint64) []byte {
	data := make([]byte, sizeBytes)
	for i := range data {
		data[i] = byte((i*7 + 3) % 251)
	}
	return data
}

// segmentOf returns a segment's uploaded bytes: cut out and padded to 256 B;
// none for a segment of padding.
func segmentOf(data []byte, index int) []byte {
	if index*262144 >= len(data) {
		return nil
	}
	segment := data[index*262144 : min((index+1)*262144, len(data))]
	return append(append([]byte(nil), segment...), make([]byte, (256-len(segment)%256)%256)...)
}

// naiveFlow is the flow as an array of all its leaves, straight from the
// definition in protocol-storage.md 2.3; it shares no code with the package.
type naiveFlow struct{ leaves []merkle.Hash }

func newNaiveFlow() *naiveFlow { return &naiveFlow{leaves: make([]merkle.Hash, 1)} }

var naiveZero = keccak.Sum256(make([]byte, 256))

// append places an entry given by its leaves, one slice per node, and returns its first sector.
func (f *naiveFlow) append(nodes [][]merkle.Hash) uint64 {
	advance := func(to int) {
		for len(f.leaves) < to {
			f.leaves = append(f.leaves, naiveZero)
		}
	}
	up := func(x, unit int) int { return (x + unit - 1) / unit * unit }
	capacity := 0
	for _, node := range nodes {
		capacity += len(node)
	}
	start := up(len(f.leaves), len(nodes[0]))
	if start%1024 != 0 && start/1024 != (start+capacity-1)/1024 {
		advance(up(start, 1024))
	}
	start = up(len(f.leaves), len(nodes[0]))
	for _, node := range nodes {
		advance(up(len(f.leaves), len(node)))
		f.leaves = append(f.leaves, node...)
	}
	return uint64(start)
}

// rootAt returns the root as of a length, from scratch.
func (f *naiveFlow) rootAt(length int) merkle.Hash {
	width := 1
	for width < length {
		width *= 2
	}
	level := make([]merkle.Hash, width)
	for i := range level {
		level[i] = naiveZero
		if i < length {
			level[i] = f.leaves[i]
		}
	}
	return naiveRoot(level)
}

// naiveRoot is the left-complete root: pair neighbours, promote an odd last one.
func naiveRoot(level []merkle.Hash) merkle.Hash {
	for len(level) > 1 {
		var above []merkle.Hash
		for i := 0; i+1 < len(level); i += 2 {
			above = append(above, keccak.Sum256Concat(level[i][:], level[i+1][:]))
		}
		if len(level)%2 == 1 {
			above = append(above, level[len(level)-1])
		}
		level = above
	}
	return level[0]
}

// numberedLeaf is a leaf value no zero sector has.
func numberedLeaf(i uint64) merkle.Hash {
	return merkle.Hash{0xaa, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}
}

// bothWays runs a test with the four-lane path (where there is one) and without.
func bothWays(t *testing.T, run func(t *testing.T)) {
	t.Run("as the processor offers", run)
	t.Run("scalar forced", func(t *testing.T) {
		keccak.ForceScalar(true)
		defer keccak.ForceScalar(false)
		run(t)
	})
}
