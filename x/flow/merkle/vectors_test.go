package merkle_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

type proofVector struct {
	SegmentIndex    uint64    `json:"segmentIndex"`
	NumLeaves       uint64    `json:"numLeaves"`
	UploadedDataLen int       `json:"uploadedDataLen"`
	Lemma           []hexHash `json:"lemma"`
	Path            []bool    `json:"path"`
	SelfCheck       *bool     `json:"selfCheck"` // null in every vector: the SDKs had no answer to compare
}

func (v proofVector) proof() merkle.Proof {
	p := merkle.Proof{Path: v.Path}
	for _, h := range v.Lemma {
		p.Lemma = append(p.Lemma, merkle.Hash(h))
	}
	return p
}

type fileVector struct {
	Size                  uint64        `json:"size"`
	Valid                 bool          `json:"valid"`
	Note                  string        `json:"note"` // prose on size 0
	Root                  hexHash       `json:"root"`
	NumChunks             uint64        `json:"numChunks"`
	NumSegments           uint64        `json:"numSegments"`
	PaddedSize            uint64        `json:"paddedSize"`
	NumSegmentsPadded     uint64        `json:"numSegmentsPadded"`
	SectorsCharged        uint64        `json:"sectorsCharged"`
	Nodes                 []nodeVector  `json:"nodes"`
	RootFoldedFromNodes   hexHash       `json:"rootFoldedFromNodes"`
	IdentityInSubmitEvent hexHash       `json:"identityInSubmitEvent"`
	SameInSdk033          bool          `json:"sameInSdk033"`
	Proofs                []proofVector `json:"proofs"`
}

type fileVectors struct {
	Generator   string       `json:"generator"`
	SDK         []string     `json:"sdk"`
	Hash        string       `json:"hash"`
	SectorSize  int          `json:"sectorSize"`
	SegmentSize int          `json:"segmentSize"`
	Files       []fileVector `json:"files"`
}

// mission S08, S09: roots, padding, nodes and proofs of both official SDKs.
func TestS08_FileVectors(t *testing.T) {
	var vectors fileVectors
	readVectors(t, "testdata/file_roots.json", &vectors)
	if vectors.Generator != "byte[i] = (i*7+3) mod 251" || vectors.Hash != "legacy keccak256" || len(vectors.SDK) != 2 ||
		vectors.SectorSize != layout.SectorSize || vectors.SegmentSize != layout.LoadSize || len(vectors.Files) != 30 {
		t.Fatalf("not the vectors this test reads: %q %q %v %d %d, %d files", vectors.Generator, vectors.Hash, vectors.SDK, vectors.SectorSize, vectors.SegmentSize, len(vectors.Files))
	}
	bothWays(t, func(t *testing.T) {
		for _, v := range vectors.Files {
			t.Run(fmt.Sprintf("%d bytes", v.Size), func(t *testing.T) { checkFile(t, v) })
		}
	})
}

func checkFile(t *testing.T, v fileVector) {
	if !v.Valid {
		if v.Note == "" || v.Size != 0 || layout.PaddedSectors(v.Size) != 0 || merkle.ValidateNodes(v.Size, toNodes(v.Nodes)) == nil {
			t.Error("an invalid file was accepted, or it is not the empty one")
		}
		if _, err := merkle.NewFileFromData(nil); !errors.Is(err, merkle.ErrDataLength) {
			t.Errorf("empty file: got %v, want ErrDataLength", err)
		}
		return
	}
	data, nodes := generate(v.Size), toNodes(v.Nodes)
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	if file.Root() != merkle.Hash(v.Root) || merkle.FileRoot(nodes) != merkle.Hash(v.RootFoldedFromNodes) || v.Root != v.RootFoldedFromNodes {
		t.Errorf("root: got %x, want %x", file.Root(), v.Root)
	}
	if !slices.Equal(file.Nodes(), nodes) {
		t.Errorf("nodes: got %x, want %x", file.Nodes(), nodes)
	}
	if merkle.Identity(nodes) != merkle.Hash(v.IdentityInSubmitEvent) {
		t.Errorf("identity: got %x, want %x", merkle.Identity(nodes), v.IdentityInSubmitEvent)
	}
	if err := merkle.ValidateNodes(v.Size, nodes); err != nil {
		t.Errorf("nodes refused: %v", err)
	}
	padded := layout.PaddedSectors(v.Size)
	if file.Size() != v.Size || layout.DataSectors(v.Size) != v.NumChunks || padded*layout.SectorSize != v.PaddedSize ||
		file.NumSegments() != v.NumSegments || file.NumSegmentsPadded() != v.NumSegmentsPadded ||
		layout.Segments(padded) != v.NumSegmentsPadded || merkle.ChargedSectors(nodes) != v.SectorsCharged || padded != v.SectorsCharged {
		t.Errorf("sizes differ: %d sectors, %d padded, %d and %d segments, %d charged",
			layout.DataSectors(v.Size), padded, file.NumSegments(), file.NumSegmentsPadded(), merkle.ChargedSectors(nodes))
	}
	if !v.SameInSdk033 {
		t.Error("the two SDKs disagree on this vector: it cannot be a rule")
	}
	if len(v.Proofs) == 0 {
		t.Error("no proof in the vector")
	}
	for _, p := range v.Proofs {
		checkProof(t, file, data, p)
	}
}

func checkProof(t *testing.T, file *merkle.File, data []byte, v proofVector) {
	segment := segmentOf(data, int(v.SegmentIndex))
	if len(segment) != v.UploadedDataLen || file.NumSegmentsPadded() != v.NumLeaves || v.SelfCheck != nil {
		t.Errorf("segment %d: %d bytes of %d leaves, want %d of %d", v.SegmentIndex, len(segment), file.NumSegmentsPadded(), v.UploadedDataLen, v.NumLeaves)
	}
	proof := file.Proof(v.SegmentIndex)
	if want := v.proof(); !slices.Equal(proof.Lemma, want.Lemma) || !slices.Equal(proof.Path, want.Path) {
		t.Errorf("proof of segment %d: got %v, want %v", v.SegmentIndex, proof, want)
	}
	leaf := merkle.SegmentRoot(segment, merkle.SegmentSectors(file.Size(), v.SegmentIndex))
	if err := merkle.VerifyProof(file.Root(), leaf, v.SegmentIndex, v.NumLeaves, proof); err != nil {
		t.Errorf("VerifyProof of segment %d: %v", v.SegmentIndex, err)
	}
	err := merkle.VerifySegment(file.Root(), file.Size(), v.SegmentIndex, segment, proof)
	if len(segment) == 0 { // the SDKs can prove padding, but never upload it
		if !errors.Is(err, merkle.ErrIndex) || leaf != merkle.ZeroRoot(10) {
			t.Errorf("padding segment %d: leaf %x, got %v, want ErrIndex", v.SegmentIndex, leaf, err)
		}
		return
	}
	if err != nil {
		t.Errorf("VerifySegment %d: %v", v.SegmentIndex, err)
	}
	segment[len(segment)/2] ^= 1
	if err := merkle.VerifySegment(file.Root(), file.Size(), v.SegmentIndex, segment, proof); !errors.Is(err, merkle.ErrProof) {
		t.Errorf("VerifySegment %d with one bit flipped: got %v, want ErrProof", v.SegmentIndex, err)
	}
}

type flowVectors struct {
	InitialRoot   hexHash `json:"initialRoot"`
	InitialLength uint64  `json:"initialLength"`
	Submissions   []struct {
		Size           uint64       `json:"size"`
		Nodes          []nodeVector `json:"nodes"`
		PrevLength     uint64       `json:"prevLength"`
		StartIndex     uint64       `json:"startIndex"`
		CurrentLength  uint64       `json:"currentLength"`
		UnstagedHeight uint8        `json:"unstagedHeight"`
		OpenLevels     uint8        `json:"openLevels"`
		FlowRoot       hexHash      `json:"flowRoot"`
		Identity       hexHash      `json:"identity"`
		Gas            uint64       `json:"gas"` // of the Solidity reference, no rule for us
	} `json:"submissions"`
	Validity []struct {
		Name       string `json:"name"`
		Submission struct {
			Length uint64       `json:"length"`
			Tags   string       `json:"tags"`
			Nodes  []nodeVector `json:"nodes"`
		} `json:"submission"`
		Valid bool `json:"valid"`
	} `json:"validity"`
}

// mission S17: 14 submissions to the reference Solidity, field by field.
func TestS17_FlowTreeVectors(t *testing.T) {
	var vectors flowVectors
	readVectors(t, "testdata/flow_tree.json", &vectors)
	frontier := merkle.NewFrontier()
	if frontier.Root() != merkle.Hash(vectors.InitialRoot) || frontier.LengthSectors != vectors.InitialLength || len(vectors.Submissions) != 14 {
		t.Fatalf("empty flow: root %x, length %d; %d submissions", frontier.Root(), frontier.LengthSectors, len(vectors.Submissions))
	}
	for i, v := range vectors.Submissions {
		file, err := merkle.NewFileFromData(generate(v.Size))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(file.Nodes(), toNodes(v.Nodes)) || merkle.Identity(file.Nodes()) != merkle.Hash(v.Identity) {
			t.Errorf("submission %d: nodes or identity differ", i)
		}
		prev := frontier.LengthSectors
		start, err := frontier.Append(file.Nodes())
		if err != nil {
			t.Fatal(err)
		}
		if prev != v.PrevLength || start != v.StartIndex || frontier.LengthSectors != v.CurrentLength {
			t.Errorf("submission %d: %d -> start %d, length %d; want %d -> %d, %d", i, prev, start, frontier.LengthSectors, v.PrevLength, v.StartIndex, v.CurrentLength)
		}
		if frontier.Root() != merkle.Hash(v.FlowRoot) {
			t.Errorf("submission %d: root %x, want %x", i, frontier.Root(), v.FlowRoot)
		}
		if frontier.Levels() != v.UnstagedHeight || frontier.Levels() != v.OpenLevels || v.Gas == 0 {
			t.Errorf("submission %d: %d levels, want %d and %d", i, frontier.Levels(), v.UnstagedHeight, v.OpenLevels)
		}
	}
}

func TestValidityVectors(t *testing.T) {
	var vectors flowVectors
	readVectors(t, "testdata/flow_tree.json", &vectors)
	if len(vectors.Validity) != 15 {
		t.Fatalf("got %d cases, want 15", len(vectors.Validity))
	}
	wantErrors := map[string]error{
		"no nodes":             merkle.ErrNoNodes,
		"length 0":             merkle.ErrCapacityTooHigh,
		"length == capacity+1": merkle.ErrCapacityTooLow,
		"too small for capacity (1024 sectors, len 960*256)": merkle.ErrCapacityTooHigh,
		"height order wrong":            merkle.ErrHeightOrder,
		"equal heights":                 merkle.ErrHeightOrder,
		"height spread 4":               merkle.ErrHeightSpread,
		"height 64":                     merkle.ErrHeightRange,
		"2 nodes: len = (1152-128)*256": merkle.ErrCapacityTooHigh,
		"height-2 node len 3*256":       merkle.ErrCapacityTooHigh,
	}
	for _, v := range vectors.Validity {
		t.Run(v.Name, func(t *testing.T) {
			err := merkle.ValidateNodes(v.Submission.Length, toNodes(v.Submission.Nodes))
			if want := wantErrors[v.Name]; v.Valid != (want == nil) || !errors.Is(err, want) || (err != nil) != errors.Is(err, merkle.ErrNodes) {
				t.Errorf("got %v, want %v (valid=%t)", err, want, v.Valid)
			}
			if v.Submission.Tags != "0x" {
				t.Errorf("tags %q: tags play no part here", v.Submission.Tags)
			}
		})
	}
}

func TestZeroRootConstants(t *testing.T) {
	for height, want := range map[uint8]string{
		0:  "d397b3b043d87fcd6fad1291ff0bfd16401c274896d8c63a923727f077b8e0b5",
		10: "e68d02859bb6211cec64f52368b77d422de3b8eac34bf615942b814b643301b5",
		20: "c9ab73827ab33c0cedb7ecf0ed2e6e32583c0fe887133a7f381ea4ba84d95b76",
		35: "dc567ad38d9b90cc9bea4e0f82ec05eca10b3aa94eddc7b63c4fd20c001bb53b",
	} {
		if got := merkle.ZeroRoot(height); hex.EncodeToString(got[:]) != want {
			t.Errorf("Z%d: got %x, want %s", height, got, want)
		}
	}
	for height := range uint8(70) { // across the end of the table
		z := merkle.ZeroRoot(height)
		if got, want := merkle.ZeroRoot(height+1), naiveRoot([]merkle.Hash{z, z}); got != want {
			t.Errorf("Z%d: got %x, want %x", height+1, got, want)
		}
	}
}
