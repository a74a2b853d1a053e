package node

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// States of a node.
const (
	StateStarting = "starting" // Reason says what it waits for
	StateSigning  = "signing"  // it has seats in the running epoch
	StateIdle     = "idle"     // it has none
)

// Status is the body of GET /v1/status.
type Status struct {
	State      string              `json:"state"`
	Reason     string              `json:"reason,omitempty"` // of not taking part in the next epoch
	Version    string              `json:"version"`
	ChainID    string              `json:"chain_id"`
	EVMChainID uint64              `json:"evm_chain_id"`
	Address    string              `json:"address"`
	EVMAddress string              `json:"evm_address"`
	Socket     string              `json:"socket"` // as the chain has it
	Registered bool                `json:"registered"`
	Height     int64               `json:"height"`
	Epoch      uint64              `json:"epoch"`
	NextHeight int64               `json:"next_epoch_height"`
	Seats      uint32              `json:"seats"`      // in the quorums of this epoch
	NextEpoch  bool                `json:"next_epoch"` // registered for it
	DepositAzg string              `json:"deposit_azg"`
	BalanceAzg string              `json:"balance_azg"`
	Jailed     uint64              `json:"jailed_until_epoch"`
	Tombstoned bool                `json:"tombstoned"`
	Blobs      StatusBlobs         `json:"blobs"`
	Served     StatusServed        `json:"served"`
	Sampling   StatusSampling      `json:"sampling"`
	Scrub      nodeapi.ScrubStatus `json:"scrub"`
	UptimeS    int64               `json:"uptime_seconds"`
	LastError  string              `json:"last_error,omitempty"`
}

// StatusBlobs is what is held and what was signed since the start.
type StatusBlobs struct {
	Held     int    `json:"held"`
	Waiting  int    `json:"waiting"` // for their confirmation
	Bytes    int64  `json:"bytes"`
	Accepted uint64 `json:"accepted"`
	Refused  uint64 `json:"refused"`
	Signed   uint64 `json:"signed"`  // blobs
	Batches  uint64 `json:"batches"` // signatures
}

// StatusServed counts reads since the start.
type StatusServed struct {
	Rows   uint64 `json:"rows"`
	Bytes  uint64 `json:"bytes"`
	Chunks uint64 `json:"chunks"`
	Lost   uint64 `json:"lost"` // reads of rows that rot took
}

// StatusSampling is what was shown to the chain since the start.
type StatusSampling struct {
	Round              uint64 `json:"round"`
	Rows               uint64 `json:"rows"`    // read for the lottery
	Winners            uint64 `json:"winners"` // found
	Paid               uint64 `json:"paid"`    // that the chain took
	RewardAzg          string `json:"reward_azg"`
	ChallengesAnswered uint64 `json:"challenges_answered"`
	ChallengesFailed   uint64 `json:"challenges_failed"`
}

// Status says how the node is doing.
func (n *Node) Status() Status {
	n.mu.Lock()
	chainStatus, store, registrar, sampler, trouble := n.status, n.store, n.registrar, n.sampler, n.trouble
	n.mu.Unlock()
	address := n.deps.Sender.Bytes()
	out := Status{
		State: StateStarting, Version: n.deps.Version, Address: address.String(), EVMAddress: address.EVM(), Socket: n.config.Advertised(),
		UptimeS: int64(n.deps.Now().Sub(n.started).Seconds()), Scrub: n.scrub.Status(),
		Served: StatusServed{
			Rows: n.counts.servedRows.Load(), Bytes: n.counts.servedBytes.Load(), Chunks: n.counts.servedChunks.Load(), Lost: n.counts.lost.Load(),
		},
	}
	if trouble != nil {
		out.Reason = trouble.Error()
		return out
	}
	height, epoch, _, _ := n.view.now()
	out.ChainID, out.EVMChainID, out.Height, out.Epoch, out.NextHeight = chainStatus.ChainID, chainStatus.EVMChainID, height, epoch.Number, epoch.NextHeight
	out.NextEpoch, out.Seats = n.view.standing()
	out.Blobs = StatusBlobs{
		Accepted: n.counts.accepted.Load(), Refused: n.counts.refused.Load(), Signed: n.counts.signedBlobs.Load(), Batches: n.counts.signed.Load(),
	}
	out.Blobs.Held, out.Blobs.Waiting, out.Blobs.Bytes = store.Counts()
	n.addStanding(&out, registrar.status())
	out.Sampling = StatusSampling{
		Rows: n.counts.sampledRows.Load(), Winners: n.counts.sampleWinners.Load(), Paid: n.counts.samplesPaid.Load(), RewardAzg: "0",
		ChallengesAnswered: n.counts.challengesAnswered.Load(), ChallengesFailed: n.counts.challengesFailed.Load(),
	}
	if sampler != nil {
		out.Sampling.Round, out.Sampling.RewardAzg = sampler.standing()
	}
	if err := n.health(); err != nil {
		out.LastError = err.Error()
	}
	out.State = StateIdle
	if out.Seats > 0 {
		out.State = StateSigning
	}
	return out
}

func (n *Node) addStanding(out *Status, s Standing) {
	out.Registered, out.Jailed, out.Tombstoned, out.Reason = s.Registered, s.Signer.JailedUntilEpoch, s.Signer.Tombstoned, s.Reason
	if s.Signer.Socket != "" {
		out.Socket = s.Signer.Socket
	}
	if s.Signer.Deposit != nil {
		out.DepositAzg = s.Signer.Deposit.String()
	}
	if s.Balance != nil {
		out.BalanceAzg = s.Balance.String()
	}
}

// health is why the node cannot do its work now.
func (n *Node) health() error {
	n.mu.Lock()
	trouble, follower, store := n.trouble, n.follower, n.store
	n.mu.Unlock()
	if trouble != nil {
		return trouble
	}
	if err := follower.health(); err != nil {
		return fmt.Errorf("chain: %w", err)
	}
	if err := store.Trouble(); err != nil {
		return fmt.Errorf("disk: %w", err)
	}
	return nil
}

// Handler serves /v1/status, /healthz and /metrics.
func (n *Node) Handler(registry *prometheus.Registry) http.Handler {
	mux := daemon.Mux(registry, func(context.Context) error { return n.health() })
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) { daemon.WriteJSON(w, http.StatusOK, n.Status()) })
	return mux
}
