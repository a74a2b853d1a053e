package miner

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// States of a miner.
const (
	StateMining     = "mining"
	StateSubmitting = "submitting"
	StateSealing    = "sealing" // nothing to search with yet
	StateIdle       = "idle"    // Reason says why
)

// Status is the body of GET /v1/status.
type Status struct {
	State       string              `json:"state"`
	Reason      string              `json:"reason,omitempty"` // of not searching
	Detail      string              `json:"detail,omitempty"`
	MinerID     string              `json:"miner_id"`
	Owner       string              `json:"owner"`
	Beneficiary string              `json:"beneficiary"`
	Claim       StatusClaim         `json:"claim"`
	Height      int64               `json:"height"`
	Epoch       uint64              `json:"epoch"`
	Loads       StatusLoads         `json:"loads"`
	Search      StatusWork          `json:"search"`
	Proofs      StatusProof         `json:"proofs"`
	Scrub       nodeapi.ScrubStatus `json:"scrub"`
	Chain       StatusLink          `json:"chain"`
	Storage     StatusLink          `json:"storage"`
	BalanceAzg  string              `json:"balance_azg"`
	UptimeS     int64               `json:"uptime_seconds"`
	LastError   string              `json:"last_error,omitempty"`
}

// StatusClaim is the claimed range.
type StatusClaim struct {
	FlowID          uint64 `json:"flow_id"`
	StartLoad       uint64 `json:"start_load"`
	NumShard        uint32 `json:"num_shard"`
	ShardID         uint32 `json:"shard_id"`
	ActiveFromEpoch uint64 `json:"active_from_epoch"`
}

// StatusLoads is the state of the sealed copy.
type StatusLoads struct {
	Wanted      uint64  `json:"wanted"`
	Sealed      uint64  `json:"sealed"`
	Failing     uint64  `json:"failing"`
	BytesSealed uint64  `json:"bytes_sealed"`
	MBPerSecond float64 `json:"mb_per_second"`
	EtaSeconds  int64   `json:"eta_seconds"` // -1: not known
}

// StatusWork counts searching.
type StatusWork struct {
	Iterations          uint64  `json:"iterations"`
	IterationsPerSecond float64 `json:"iterations_per_second"` // over the last seconds of searching
	Reads               uint64  `json:"reads"`
	Skipped             uint64  `json:"skipped"`
}

// StatusProof counts proofs.
type StatusProof struct {
	Found     uint64 `json:"found"`
	Accepted  uint64 `json:"accepted"`
	Late      uint64 `json:"late"` // others closed the epoch first
	Refused   uint64 `json:"refused"`
	Unproven  uint64 `json:"unproven"`
	RewardAzg string `json:"reward_azg"`
}

// StatusLink says whether a service answers.
type StatusLink struct {
	Reachable bool   `json:"reachable"`
	Error     string `json:"error,omitempty"`
}

// Status tells what the miner does, and why if it does nothing.
func (n *Node) Status() Status {
	now := time.Now()
	wanted, sealed, failing := n.plan.progress()
	n.mu.Lock()
	defer n.mu.Unlock()
	out := Status{
		MinerID: fmt.Sprintf("0x%x", n.enrolled.MinerID), Owner: n.deps.Sender.Address(), Beneficiary: n.enrolled.Beneficiary,
		Claim:  StatusClaim(n.enrolled.Claim),
		Height: n.core.work.Height, Epoch: max(n.core.work.Epoch, n.newest.Epoch),
		Loads: StatusLoads{Wanted: wanted, Sealed: sealed, Failing: failing, BytesSealed: sealed * layout.LoadSize, EtaSeconds: -1},
		Search: StatusWork{
			Iterations: n.counts.iterations.Load(), IterationsPerSecond: n.speed,
			Reads: n.counts.reads.Load(), Skipped: n.counts.skipped.Load(),
		},
		Proofs: StatusProof{
			Found: n.counts.found.Load(), Accepted: n.counts.accepted.Load(), Late: n.counts.late.Load(), Refused: n.counts.refused.Load(),
			Unproven: n.counts.unproven.Load(), RewardAzg: n.reward.String(),
		},
		Scrub:      n.scrub.Status(),
		Chain:      StatusLink{Reachable: n.core.chainUp},
		Storage:    StatusLink{Reachable: n.core.storageErr == nil, Error: errorText(n.core.storageErr)},
		BalanceAzg: amountText(n.core.balance), UptimeS: int64(now.Sub(n.started).Seconds()), LastError: n.lastError,
	}
	if !n.core.chainUp {
		out.Chain.Error = n.core.detail
	}
	switch rate := n.rate.perSecond(now); {
	case sealed >= wanted:
		out.Loads.EtaSeconds = 0
	case rate > 0:
		out.Loads.MBPerSecond = rate * layout.LoadSize / 1e6
		out.Loads.EtaSeconds = int64(float64(wanted-sealed) / rate)
	}
	out.State, out.Reason, out.Detail = n.state(out.Loads)
	return out
}

// state needs the lock.
func (n *Node) state(loads StatusLoads) (state, reason, detail string) {
	reason, detail = n.core.idle()
	switch reason {
	case "":
		return StateMining, "", ""
	case ReasonSubmitting:
		return StateSubmitting, reason, detail
	case ReasonSealing:
		detail = fmt.Sprintf("%d/%d loads sealed", loads.Sealed, loads.Wanted)
		if loads.EtaSeconds >= 0 {
			detail += fmt.Sprintf(", ready in %v", time.Duration(loads.EtaSeconds)*time.Second)
		}
		return StateSealing, reason, detail
	}
	return StateIdle, reason, detail
}

func amountText(amount *big.Int) string {
	if amount == nil {
		return ""
	}
	return amount.String()
}

// measure keeps iterations per second, over spells that were all searching.
func (n *Node) measure(ctx context.Context) {
	var before *Job
	last, at := n.counts.iterations.Load(), time.Now()
	for pause(ctx, speedInterval) == nil {
		now, count := time.Now(), n.counts.iterations.Load()
		n.mu.Lock()
		if n.core.job != nil && n.core.job == before {
			n.speed = float64(count-last) / now.Sub(at).Seconds()
		}
		before = n.core.job
		n.mu.Unlock()
		last, at = count, now
	}
}

// Handler serves /v1/status, /healthz and /metrics.
func (n *Node) Handler(registry *prometheus.Registry) http.Handler {
	mux := daemon.Mux(registry, func(context.Context) error {
		s := n.Status()
		switch {
		case !s.Chain.Reachable:
			return fmt.Errorf("%s: %s", ReasonChain, s.Chain.Error)
		case !s.Storage.Reachable:
			return fmt.Errorf("%s: %s", ReasonStorage, s.Storage.Error)
		}
		return nil
	})
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) { daemon.WriteJSON(w, http.StatusOK, n.Status()) })
	return mux
}
