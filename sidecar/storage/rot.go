package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/scrub"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// runScrub reads everything again and again, slowly, so that rot is found while
// other copies of the data exist.
func (n *Node) runScrub(ctx context.Context) error {
	n.loseQuarantined(ctx) // of the last run
	if n.cfg.ScrubMiB == 0 {
		<-ctx.Done()
		return nil
	}
	scrubber := n.engine.Scrubber(int64(n.cfg.ScrubMiB) << 20)
	n.scrub.Run(ctx, n.log, func() (scrub.Totals, time.Duration, error) {
		wait, err := scrubber.Step()
		return scrub.Totals{Bytes: scrubber.Loads * layout.LoadSize, Rotten: scrubber.Corrupt, Passes: scrubber.Rounds}, wait, err
	}, n.loseQuarantined)
	return nil
}

// loseQuarantined takes back the promises about loads the engine gave up.
func (n *Node) loseQuarantined(ctx context.Context) {
	stats, err := n.engine.Inspect()
	if err != nil || stats.Quarantined == 0 {
		return
	}
	loads, err := n.engine.Quarantined()
	if err != nil {
		n.log.Warn("list quarantined loads", "error", err)
		return
	}
	for _, load := range loads {
		n.metrics.corrupt.Inc()
		n.log.Error("stored data is corrupt: quarantined, upload it again", "load", load)
		n.losing.Lock()
		err := n.files.lose(ctx, load)
		n.losing.Unlock()
		if err != nil {
			n.log.Error("cannot quarantine", "load", load, "error", err)
		}
	}
}

// Notices says what is wrong with single files while the node does its work.
func (n *Node) Notices(context.Context) (notices []string) {
	if loads := n.files.countLost(); loads > 0 {
		notices = append(notices, fmt.Sprintf("rot: %d loads were found corrupt and quarantined; upload their files again", loads))
	}
	return notices
}
