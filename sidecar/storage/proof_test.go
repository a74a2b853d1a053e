package storage_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// moment is the flow as it was after one entry.
type moment struct {
	root   nodeapi.Hash
	length uint64
}

// grow fills a flow with files of many shapes and remembers every root.
func grow(t *testing.T, h *harness, sizes []int) (uploads []upload, moments []moment) {
	t.Helper()
	for i, size := range sizes {
		u := h.put(content(size, i))
		flow, err := h.chain.Flow(h.ctx(), 0)
		if err != nil {
			t.Fatal(err)
		}
		uploads = append(uploads, u)
		moments = append(moments, moment{nodeapi.Hash(flow.Root), flow.LengthSectors})
	}
	return uploads, moments
}

var mixedSizes = []int{1, 256, 257, 1, 262144, 1, 262145, 513, 4097, 1048577, 256, 262143, 1025, 786432, 300_000, 5000, 700}

// mission S07, S17, S19: a sector's way to every root the flow ever had, not
// only to the newest, verified by the judge's own code.
func TestS17_SectorProofsToEveryOlderRoot(t *testing.T) {
	h := start(t)
	uploads, moments := grow(t, h, mixedSizes)
	rng := rand.New(rand.NewPCG(1, 2))
	for i, u := range uploads {
		for _, m := range moments[i:] {
			root := m.root
			sector := u.entry.StartSector + rng.Uint64N(u.entry.Sectors) // data or padding
			checkSectorProof(t, h, sector, &root, m)
		}
		checkSectorProof(t, h, u.entry.StartSector, nil, moments[len(moments)-1])
	}
	checkSectorProof(t, h, 0, nil, moments[len(moments)-1]) // the dummy
	for _, gap := range []uint64{3, 900, 2500} {            // nobody's sectors
		checkSectorProof(t, h, gap, nil, moments[len(moments)-1])
	}
}

func checkSectorProof(t *testing.T, h *harness, sector uint64, root *nodeapi.Hash, m moment) {
	t.Helper()
	proof, err := h.client.GetSectorProof(h.ctx(), sector, root)
	if err != nil || proof == nil {
		t.Fatalf("sector %d at length %d: %v", sector, m.length, err)
	}
	leaf, siblings := merkle.Hash(proof.Lemma[0]), []merkle.Hash{}
	for _, l := range proof.Lemma[1 : len(proof.Lemma)-1] {
		siblings = append(siblings, merkle.Hash(l))
	}
	if err := merkle.VerifyFlow(merkle.Hash(m.root), m.length, 0, sector, leaf, siblings); err != nil {
		t.Fatalf("sector %d at length %d: %v", sector, m.length, err)
	}
	if proof.Lemma[len(proof.Lemma)-1] != m.root {
		t.Fatalf("sector %d: lemma ends with %s, want the root %s", sector, proof.Lemma[len(proof.Lemma)-1], m.root)
	}
	for i, left := range proof.Path {
		if left != (sector>>i&1 == 0) {
			t.Fatalf("sector %d: path step %d says left=%t", sector, i, left)
		}
	}
	if len(siblings) > 0 { // one bit away
		siblings[0][0] ^= 1
		if merkle.VerifyFlow(merkle.Hash(m.root), m.length, 0, sector, leaf, siblings) == nil {
			t.Fatalf("sector %d: a changed sibling still verifies", sector)
		}
	}
}

// mission S09: every load, as of every root, with gaps and padding as zeros.
func TestS09_LoadsWithProofsToEveryOlderRoot(t *testing.T) {
	h := start(t)
	_, moments := grow(t, h, mixedSizes)
	checked := 0
	for _, m := range moments {
		for load := uint64(0); load <= (m.length-1)/layout.SectorsPerLoad && m.length > 512; load++ {
			data, proof, err := h.client.FetchLoad(h.ctx(), load, m.root, nil)
			if err != nil {
				t.Fatalf("load %d at length %d: %v", load, m.length, err)
			}
			siblings := make([]merkle.Hash, len(proof.Siblings))
			for i, s := range proof.Siblings {
				siblings[i] = merkle.Hash(s)
			}
			if err := merkle.VerifyFlow(merkle.Hash(m.root), m.length, 10, load, merkle.LoadRoot(data, load), siblings); err != nil {
				t.Fatalf("load %d at length %d: %v", load, m.length, err)
			}
			checked++
		}
	}
	if checked < 50 {
		t.Fatalf("only %d loads checked", checked)
	}
}

func TestLoadsThatCannotBeServedSayWhy(t *testing.T) {
	h := start(t)
	first := h.put(content(layout.LoadSize, 0)) // load 1
	missing := h.submit(content(300, 1))        // load 2, never uploaded
	flow, err := h.chain.Flow(h.ctx(), 0)
	if err != nil {
		t.Fatal(err)
	}
	root := nodeapi.Hash(flow.Root)
	unknown := root
	unknown[31] ^= 1
	for _, c := range []struct {
		name, path string
		status     int
	}{
		{"a stored load", fmt.Sprintf("/v1/loads/1?flow_root=%s", root), 200},
		{"a gap is zeros", fmt.Sprintf("/v1/loads/0?flow_root=%s", root), 200},
		{"a load whose data was not uploaded", fmt.Sprintf("/v1/loads/2?flow_root=%s", root), 404},
		{"a root that the flow never had", fmt.Sprintf("/v1/loads/1?flow_root=%s", unknown), 409},
		{"a load past the flow", fmt.Sprintf("/v1/loads/3?flow_root=%s", root), 400},
		{"no root", "/v1/loads/1", 400},
		{"a load that is no number", fmt.Sprintf("/v1/loads/x?flow_root=%s", root), 400},
		{"the first load's bytes before the missing entry", fmt.Sprintf("/v1/loads/1?flow_root=0x%x", first.entry.FlowRoot), 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, body := h.get(c.path); status != c.status {
				t.Errorf("HTTP %d %.200s, want %d", status, body, c.status)
			}
		})
	}
	// A proof next to the missing entry needs only what the chain told.
	checkSectorProof(t, h, first.entry.StartSector+5, nil, moment{root, flow.LengthSectors})
	if proof, err := h.client.GetSectorProof(h.ctx(), missing.entry.StartSector, nil); err != nil || proof != nil {
		t.Errorf("proof of a sector whose data is not here: %v, %v; want null", proof, err)
	}
}

// A node that keeps one shard only can prove what it keeps: the rest of a file's
// tree comes with its segments' proofs.
func TestAShardProvesItsOwnLoads(t *testing.T) {
	h := start(t, withShard("1/2"))
	u := h.submit(content(5*layout.LoadSize+1, 0))
	startLoad := u.entry.StartSector / layout.SectorsPerLoad
	for i := range u.file.NumSegments() {
		err := h.client.UploadSegmentsByTxSeq(h.ctx(), []nodeapi.SegmentWithProof{u.segment(i)}, u.entry.TxSeq)
		if owned := (startLoad+i)%2 == 1; owned != (err == nil) {
			t.Fatalf("segment %d, owned %t: %v", i, owned, err)
		}
	}
	if info := h.info(u); !info.Finalized || info.UploadedSegNum != 3 {
		t.Fatalf("finalized %t with %d segments, want the shard's 3 of 6", info.Finalized, info.UploadedSegNum)
	}
	root := nodeapi.Hash(u.entry.FlowRoot)
	for i := range u.file.NumSegments() {
		_, _, err := h.client.FetchLoad(h.ctx(), startLoad+i, root, nil)
		if owned := (startLoad+i)%2 == 1; owned != (err == nil) {
			t.Errorf("load of segment %d, owned %t: %v", i, owned, err)
		}
	}
}

// Contexts are snapshots at block boundaries: each one's root must be known.
func TestRootsOfAllContextsAreKnown(t *testing.T) {
	h := start(t)
	var contexts []chain.MiningContext
	for i := range 12 {
		h.put(content(1+i*40_000, i))
		if i%3 == 0 {
			contexts = append(contexts, h.chain.NextEpoch())
		}
	}
	for _, c := range contexts {
		root := nodeapi.Hash(c.FlowRoot)
		checkSectorProof(t, h, 1, &root, moment{root, c.FlowLengthSectors})
	}
}
