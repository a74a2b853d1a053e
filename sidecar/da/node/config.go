package node

import (
	"fmt"
	"net"
	"path/filepath"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
)

// Config is the file HOME/config.toml, the flags and the ZG_DA_NODE_ variables.
type Config struct {
	ChainGRPC    string     `toml:"chain_grpc" comment:"gRPC address of a chain node, host:port"`
	CometRPC     string     `toml:"comet_rpc" comment:"CometBFT RPC of the same node, http://host:port"`
	KeyFile      string     `toml:"key_file" comment:"file with the 64 hex characters of the signer's account key, mode 0600"`
	Listen       string     `toml:"listen" comment:"address of the gRPC port"`
	Socket       string     `toml:"socket" comment:"host:port that the chain tells others; empty: listen"`
	StatusListen string     `toml:"status_listen" comment:"address of /v1/status, /healthz and /metrics, loopback"`
	Register     bool       `toml:"register" comment:"register the account as a signer if it is none yet"`
	MinBalance   string     `toml:"min_balance" comment:"azg below which the node warns that it cannot pay for its registrations"`
	Store        StoreSizes `toml:"store"`
	Limits       Limits     `toml:"limits"`
	Sample       Sampling   `toml:"sample"`
	Log          daemon.Log `toml:"log"`
}

// Sampling bounds the search for chunks that win the lottery.
type Sampling struct {
	MiBPerRound int    `toml:"mib_per_round" comment:"rows read in one round of the sampling lottery, at idle priority; 0: no part in it"`
	MinReward   string `toml:"min_reward" comment:"azg; a winner that is paid less is not worth its transaction and is not sought"`
}

// StoreSizes bound the disk.
type StoreSizes struct {
	PackSlots     int `toml:"pack_slots" flag:"pack-slots" comment:"loads of 256 KiB in one pack file of a new store"`
	CapacityLoads int `toml:"capacity_loads" flag:"capacity-loads" comment:"most loads of 256 KiB on disk; 0: as many as fit"`
	ScrubMiB      int `toml:"scrub_mib_per_second" flag:"scrub-mib-per-second" comment:"rows read and checked in the background at idle priority to find rot; 0: off"`
}

// Limits bound what callers get.
type Limits struct {
	Submissions    int             `toml:"submissions" comment:"blobs taken at a time"`
	PerSubmitter   int             `toml:"per_submitter" comment:"of those, from one submitter"`
	MemoryMiB      int             `toml:"memory_mib" comment:"rows held in memory while they are checked, of all submissions"`
	SubmitterMiB   int             `toml:"submitter_mib_per_minute" comment:"rows taken from one submitter"`
	BadPerMinute   int             `toml:"bad_per_minute" comment:"bad submissions before a submitter is refused for a while"`
	AdmitWait      daemon.Duration `toml:"admit_wait" comment:"how long a submission waits for room before it is refused"`
	UnseenWait     daemon.Duration `toml:"unseen_wait" comment:"how long a submission waits for a blob that the chain node has not seen"`
	SubmitTimeout  daemon.Duration `toml:"submit_timeout" comment:"longest submission"`
	IdleTimeout    daemon.Duration `toml:"idle_timeout" comment:"longest silence within a submission"`
	ReadTimeout    daemon.Duration `toml:"read_timeout" comment:"longest read"`
	Reads          int             `toml:"reads" comment:"reads served at a time; one peer gets half of them at most"`
	ReadsPerSecond int             `toml:"reads_per_second" comment:"reads and signatures asked for by one peer"`
	ReadMiB        int             `toml:"read_mib_per_second" comment:"rows sent to one peer"`
	Connections    int             `toml:"connections" comment:"open gRPC connections"`
}

// DefaultConfig suits a devnet.
func DefaultConfig() Config {
	const second = daemon.Duration(1e9)
	return Config{
		ChainGRPC: "127.0.0.1:9090", CometRPC: "http://127.0.0.1:26657",
		Listen: "127.0.0.1:34000", StatusListen: "127.0.0.1:34001", Register: true, MinBalance: "100000000000000000",
		Store: StoreSizes{PackSlots: 1024, ScrubMiB: scrub.DefaultMiBPerSecond},
		Limits: Limits{
			Submissions: 16, PerSubmitter: 8, MemoryMiB: 640, SubmitterMiB: 32 << 10, BadPerMinute: 10,
			AdmitWait: 5 * second, UnseenWait: 5 * second, SubmitTimeout: 120 * second, IdleTimeout: 20 * second, ReadTimeout: 120 * second,
			Reads: 64, ReadsPerSecond: 1000, ReadMiB: 512, Connections: 512,
		},
		Sample: Sampling{MiBPerRound: 256, MinReward: "300000000000000"},
		Log:    daemon.DefaultLog(),
	}
}

// Paths below the home directory.
const (
	ConfigFile = "config.toml"
	dataDir    = "data"
)

// DataDir is where the rows are.
func DataDir(home string) string { return filepath.Join(home, dataDir) }

// Validate checks the configuration.
func (c Config) Validate() error {
	l := c.Limits
	for _, limit := range []struct {
		name           string
		got, low, high int
	}{
		{"store.pack_slots", c.Store.PackSlots, 1, 65536}, {"store.capacity_loads", c.Store.CapacityLoads, 0, 1 << 40},
		{"store.scrub_mib_per_second", c.Store.ScrubMiB, 0, scrub.MaxMiBPerSecond},
		{"limits.submissions", l.Submissions, 1, 4096}, {"limits.per_submitter", l.PerSubmitter, 1, 4096},
		{"limits.memory_mib", l.MemoryMiB, 1, 1 << 20}, {"limits.submitter_mib_per_minute", l.SubmitterMiB, 1, 1 << 30},
		{"limits.bad_per_minute", l.BadPerMinute, 1, 1 << 20}, {"limits.reads", l.Reads, 1, 1 << 16},
		{"limits.reads_per_second", l.ReadsPerSecond, 1, 1 << 20}, {"limits.read_mib_per_second", l.ReadMiB, 1, 1 << 20},
		{"limits.connections", l.Connections, 1, 1 << 16}, {"sample.mib_per_round", c.Sample.MiBPerRound, 0, 1 << 30},
	} {
		if limit.got < limit.low || limit.got > limit.high {
			return fmt.Errorf("%s is %d, want %d to %d", limit.name, limit.got, limit.low, limit.high)
		}
	}
	for _, wait := range []struct {
		name string
		got  daemon.Duration
	}{
		{"admit_wait", l.AdmitWait}, {"unseen_wait", l.UnseenWait}, {"submit_timeout", l.SubmitTimeout}, {"idle_timeout", l.IdleTimeout}, {"read_timeout", l.ReadTimeout},
	} {
		if wait.got < daemon.Duration(1e6) || wait.got > daemon.Duration(3600e9) {
			return fmt.Errorf("limits.%s is too short or too long, want 1ms to 1h", wait.name)
		}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen: %w; want host:port", err)
	}
	if c.Socket != "" {
		if _, _, err := net.SplitHostPort(c.Socket); err != nil {
			return fmt.Errorf("socket: %w; want host:port", err)
		}
	}
	if _, err := parseAmount(c.MinBalance); err != nil {
		return fmt.Errorf("min_balance: %w", err)
	}
	if _, err := parseAmount(c.Sample.MinReward); err != nil {
		return fmt.Errorf("sample.min_reward: %w", err)
	}
	return daemon.Loopback("status", c.StatusListen)
}

// Advertised is the socket that the chain should have.
func (c Config) Advertised() string {
	if c.Socket != "" {
		return c.Socket
	}
	return c.Listen
}
