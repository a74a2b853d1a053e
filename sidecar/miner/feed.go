package miner

import (
	"context"
	"fmt"
	"sort"
	"sync"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const feedPage = 1000 // entries per question

// feed follows the entries of a flow to learn which loads hold data.
type feed struct {
	reader chain.Reader
	flowID uint64
	data   *loadSet
	next   uint64 // txSeq
}

// update reads what was added since the last time.
func (f *feed) update(ctx context.Context) error {
	for {
		entries, next, err := f.reader.Entries(ctx, f.flowID, max(f.next, 1), feedPage)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.TxSeq < f.next {
				return fmt.Errorf("entries of flow %d: got txSeq %d, want at least %d", f.flowID, entry.TxSeq, f.next)
			}
			first := entry.StartSector / layout.SectorsPerLoad
			end := entry.StartSector + layout.DataSectors(entry.SizeBytes) // exclusive
			f.data.add(first, layout.Segments(end))
			f.next = entry.TxSeq + 1
		}
		if len(entries) == 0 || f.next >= next {
			return nil
		}
	}
}

// contexts remembers which context added which sectors. Contexts that added
// data never change, so nothing here goes stale.
type contexts struct {
	reader chain.Reader
	flowID uint64

	mu    sync.Mutex
	known []chain.MiningContext // ascending, not overlapping
}

// maxContexts bounds the memory; a miner that seals in order needs few at a time.
const maxContexts = 1 << 16

// at returns the context whose epoch added a sector.
func (c *contexts) at(ctx context.Context, sector uint64) (chain.MiningContext, error) {
	c.mu.Lock()
	i := sort.Search(len(c.known), func(i int) bool { return c.known[i].FlowLengthSectors > sector })
	if i < len(c.known) && c.known[i].PreviousLengthSectors <= sector {
		found := c.known[i]
		c.mu.Unlock()
		return found, nil
	}
	c.mu.Unlock()
	found, err := c.reader.ContextAt(ctx, c.flowID, sector)
	if err != nil {
		return chain.MiningContext{}, err
	}
	if sector >= found.FlowLengthSectors {
		return chain.MiningContext{}, fmt.Errorf("context of sector %d: got epoch %d, which ends at %d", sector, found.Epoch, found.FlowLengthSectors)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxContexts {
		c.known = nil
	}
	i = sort.Search(len(c.known), func(i int) bool { return c.known[i].FlowLengthSectors >= found.FlowLengthSectors })
	if i == len(c.known) || c.known[i].FlowLengthSectors != found.FlowLengthSectors {
		c.known = append(c.known, chain.MiningContext{})
		copy(c.known[i+1:], c.known[i:])
		c.known[i] = found
	}
	return found, nil
}

// seals returns the seal context of each piece of a load: the one whose epoch
// added the piece's last sector (protocol-storage.md 4.2 step 4).
func (c *contexts) seals(ctx context.Context, minerID chain.Hash, load uint64) (Seals, error) {
	out := Seals{MinerID: minerID}
	var current chain.MiningContext
	for k := range out.Digests {
		last := load*layout.SectorsPerLoad + uint64(k+1)*layout.SectorsPerSeal - 1
		if k == 0 || last >= current.FlowLengthSectors {
			var err error
			if current, err = c.at(ctx, last); err != nil {
				return Seals{}, err
			}
		}
		out.Digests[k] = current.Digest
	}
	return out, nil
}
