package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
)

const (
	silenceLimit = 15 * time.Second // without a successful look at the chain
	lagLimit     = 5                // blocks
)

// Status is zgs_getStatus.
func (n *Node) Status(context.Context) (nodeapi.Status, error) {
	at := n.follower.state()
	if at.chainID == "" {
		return nodeapi.Status{}, rpc.ErrNotReady
	}
	return nodeapi.Status{
		LogSyncHeight: uint64(at.height), LogSyncBlock: nodeapi.Hash(at.blockHash), NextTxSeq: at.nextSeq,
		NetworkIdentity: nodeapi.NetworkIdentity{
			ChainID: at.evmChainID, FlowAddress: n.cfg.FlowAddress,
			P2PProtocolVersion: nodeapi.P2PProtocolVersion{Major: 0, Minor: 4, Build: 0},
		},
	}, nil
}

// NodeStatus is GET /v1/status.
func (n *Node) NodeStatus(ctx context.Context) nodeapi.NodeStatus {
	at, lag, _ := n.follower.progress()
	known, finalized := at.nextSeq-1, n.files.countFinalized()
	out := nodeapi.NodeStatus{
		ChainHeight: uint64(at.height), LagBlocks: lag, NextTxSeq: at.nextSeq,
		Files: nodeapi.FileCounts{Known: known, Finalized: finalized, Waiting: known - min(finalized, known)},
		Loads: uint64(n.engine.Count()), Bytes: uint64(n.engine.Bytes()), Shard: n.files.shard, Version: n.version,
		Scrub: n.scrub.Status(), Quarantined: n.files.countLost(),
	}
	if stats, err := n.engine.Inspect(); err == nil {
		out.DiskFree = stats.Disk.AvailBytes
	}
	if reasons := n.Health(ctx); len(reasons) > 0 {
		out.LastError = reasons[0]
	}
	return out
}

// Health says why the node cannot do all its work, most important first.
func (n *Node) Health(context.Context) (reasons []string) {
	at, lag, since := n.follower.progress()
	trouble, catchingUp := n.follower.troubles()
	switch {
	case trouble != nil:
		reasons = append(reasons, "chain: "+trouble.Error())
	case at.chainID == "":
		reasons = append(reasons, "chain: not reached yet")
	case since > silenceLimit:
		reasons = append(reasons, fmt.Sprintf("chain: no news for %s", since.Round(time.Second)))
	case catchingUp:
		reasons = append(reasons, "chain: its node is catching up with the network")
	case lag > lagLimit:
		reasons = append(reasons, fmt.Sprintf("chain: %d blocks behind", lag))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.writeTrouble != nil {
		reasons = append(reasons, "disk: "+n.writeTrouble.Error())
	}
	if stats, err := n.engine.Inspect(); err != nil {
		reasons = append(reasons, "disk: "+err.Error())
	} else if stats.ReadOnly != "" {
		reasons = append(reasons, "disk: "+stats.ReadOnly)
	}
	return reasons
}

// progress returns the cursor, the blocks it lags behind, and the age of the
// last successful look at the chain.
func (f *follower) progress() (at cursor, lagBlocks uint64, since time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at, uint64(max(f.tip-f.at.height, 0)), time.Since(f.lastSync)
}

func (f *follower) troubles() (last error, catchingUp bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trouble, f.catchingUp
}

// registerGauges exports the node's state, read when it is scraped.
func (n *Node) registerGauges() {
	gauge := func(name, help string, value func(s nodeapi.NodeStatus) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "zg_storage_" + name, Help: help}, func() float64 {
			return value(n.NodeStatus(context.Background()))
		})
	}
	n.scrub.Register(n.metrics.registry, "zg_storage")
	n.metrics.registry.MustRegister(
		gauge("quarantined_loads", "Loads found corrupt and not uploaded again yet.", func(s nodeapi.NodeStatus) float64 { return float64(s.Quarantined) }),
		gauge("chain_height", "Block up to which the flow is known.", func(s nodeapi.NodeStatus) float64 { return float64(s.ChainHeight) }),
		gauge("lag_blocks", "Blocks heard of and not followed yet.", func(s nodeapi.NodeStatus) float64 { return float64(s.LagBlocks) }),
		gauge("files_known", "Entries of the flow.", func(s nodeapi.NodeStatus) float64 { return float64(s.Files.Known) }),
		gauge("files_waiting", "Entries whose data is not complete here.", func(s nodeapi.NodeStatus) float64 { return float64(s.Files.Waiting) }),
		gauge("loads", "Loads stored, in part or whole.", func(s nodeapi.NodeStatus) float64 { return float64(s.Loads) }),
		gauge("bytes", "Bytes of file data stored.", func(s nodeapi.NodeStatus) float64 { return float64(s.Bytes) }),
		gauge("disk_free_bytes", "Free space where the data lies.", func(s nodeapi.NodeStatus) float64 { return float64(s.DiskFree) }),
		gauge("healthy", "1 if /healthz is 200.", func(s nodeapi.NodeStatus) float64 {
			if s.LastError == "" {
				return 1
			}
			return 0
		}),
	)
}
