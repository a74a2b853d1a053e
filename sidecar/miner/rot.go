package miner

import (
	"context"
	"fmt"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/scrub"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// runScrub reads the sealed loads again and again, slowly: mining reads check no
// sums, and a rotten copy would waste searching until it wins. Only a store on
// disk rots.
func (n *Node) runScrub(ctx context.Context) {
	disk, ok := n.store.(flowStore)
	if !ok || n.settings.Config.ScrubMiB == 0 {
		return
	}
	scrubber := disk.log.Scrubber(int64(n.settings.Config.ScrubMiB) << 20)
	n.scrub.Run(ctx, n.log, func() (scrub.Totals, time.Duration, error) {
		wait, err := scrubber.Step()
		return scrub.Totals{Bytes: scrubber.Loads * layout.LoadSize, Rotten: scrubber.Corrupt, Passes: scrubber.Rounds}, wait, err
	}, func(context.Context) { n.resealQuarantined(disk) })
}

// resealQuarantined wants the loads again that the engine gave up. It mines none
// of them from the moment it finds them corrupt.
func (n *Node) resealQuarantined(disk flowStore) {
	loads, err := disk.log.Quarantined()
	if err != nil {
		n.noteError("scrub", fmt.Errorf("list quarantined loads: %w", err))
		return
	}
	for _, load := range loads {
		n.log.Warn("sealed load is corrupt; sealing it again", "load", load)
		n.resealLoad(load)
	}
}
