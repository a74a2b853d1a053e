package miner

import (
	"fmt"
	"math/big"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// Config is the file HOME/config.toml, the flags and the ZG_MINER_ variables.
type Config struct {
	ChainGRPC    string          `toml:"chain_grpc" comment:"gRPC address of a chain node, host:port"`
	CometRPC     string          `toml:"comet_rpc" comment:"CometBFT RPC of the same node, http://host:port"`
	Storage      string          `toml:"storage" comment:"public port of a storage node that holds the claimed range"`
	KeyFile      string          `toml:"key_file" comment:"file with the 64 hex characters of the miner's key, mode 0600"`
	MinerSeed    uint64          `toml:"miner_seed" comment:"tells several miners of one key apart"`
	Beneficiary  string          `toml:"beneficiary" comment:"zg1 address that is paid, set at registration; empty: the key's own"`
	FlowID       uint64          `toml:"flow_id" comment:"flow to mine"`
	StartLoad    uint64          `toml:"start_load" comment:"first load of the claim, a multiple of 32768 (8 GiB)"`
	Shard        string          `toml:"shard" comment:"which loads of the range are ours, id/number, number a power of two"`
	Threads      int             `toml:"threads" comment:"search workers; 0: one per core"`
	SealThreads  int             `toml:"seal_threads" comment:"loads fetched and sealed at a time"`
	ReadAhead    int             `toml:"read_ahead" comment:"loads read at a time; each worker keeps as many nonces ahead as fit"`
	DutyPercent  int             `toml:"duty_percent" comment:"share of its time a search worker may work, 1 to 100"`
	ScrubMiB     int             `toml:"scrub_mib_per_second" comment:"sealed data read and checked in the background at idle priority to find rot; 0: off"`
	MinBalance   string          `toml:"min_balance" comment:"azg that the key's account must have for a search to start"`
	SubmitWithin daemon.Duration `toml:"submit_within" comment:"how long a found proof is tried to be sent"`
	StatusListen string          `toml:"status_listen" comment:"address of /v1/status, /healthz and /metrics"`
	Log          daemon.Log      `toml:"log"`
}

// DefaultConfig suits a devnet.
func DefaultConfig() Config {
	return Config{
		ChainGRPC: "127.0.0.1:9090", CometRPC: "http://127.0.0.1:26657", Storage: "http://127.0.0.1:5678",
		Shard: "0/1", Threads: 1, SealThreads: 2, ReadAhead: 8, DutyPercent: 100,
		ScrubMiB:   scrub.DefaultMiBPerSecond,
		MinBalance: "1000000000000000", SubmitWithin: daemon.Duration(60e9),
		StatusListen: "127.0.0.1:5680", Log: daemon.DefaultLog(),
	}
}

// Paths below the home directory.
const (
	ConfigFile = "config.toml"
	DataDir    = "data"
)

// Settings are a checked Config.
type Settings struct {
	FlowID      uint64
	Seed        uint64
	Beneficiary string
	Claim       chain.Claim
	Threads     int
	SealThreads int
	ReadAhead   int
	DutyPercent int
	MinBalance  *big.Int
	Config      Config
}

// Settings checks the configuration.
func (c Config) Settings() (Settings, error) {
	s := Settings{
		FlowID: c.FlowID, Seed: c.MinerSeed, Beneficiary: c.Beneficiary,
		Threads: c.Threads, SealThreads: c.SealThreads, ReadAhead: c.ReadAhead, DutyPercent: c.DutyPercent, Config: c,
	}
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	for _, limit := range []struct {
		name           string
		got, low, high int
	}{
		{"threads", s.Threads, 1, 1024}, {"seal_threads", s.SealThreads, 1, 256},
		{"read_ahead", s.ReadAhead, 1, 1024}, {"duty_percent", s.DutyPercent, 1, 100},
		{"scrub_mib_per_second", c.ScrubMiB, 0, scrub.MaxMiBPerSecond},
	} {
		if limit.got < limit.low || limit.got > limit.high {
			return Settings{}, fmt.Errorf("%s is %d, want %d to %d", limit.name, limit.got, limit.low, limit.high)
		}
	}
	if u, err := url.Parse(c.Storage); err != nil || u.Host == "" {
		return Settings{}, fmt.Errorf("storage %q, want the URL of a storage node such as http://127.0.0.1:5678", c.Storage)
	}
	var ok bool
	if s.MinBalance, ok = new(big.Int).SetString(c.MinBalance, 10); !ok || s.MinBalance.Sign() < 0 {
		return Settings{}, fmt.Errorf("min_balance %q, want a whole number of azg", c.MinBalance)
	}
	claim, err := ParseShard(c.Shard)
	if err != nil {
		return Settings{}, err
	}
	claim.FlowID, claim.StartLoad = c.FlowID, c.StartLoad
	rule := mine.Claim{StartLoad: claim.StartLoad, NumShard: uint64(claim.NumShard), ShardID: uint64(claim.ShardID)}
	if err := rule.Validate(); err != nil {
		return Settings{}, fmt.Errorf("start_load %d, shard %s: %w", c.StartLoad, c.Shard, err)
	}
	s.Claim = claim
	return s, nil
}

// ParseShard reads "id/number".
func ParseShard(text string) (chain.Claim, error) {
	id, number, found := strings.Cut(text, "/")
	shard, err1 := strconv.ParseUint(id, 10, 32)
	num, err2 := strconv.ParseUint(number, 10, 32)
	if !found || err1 != nil || err2 != nil || num == 0 || num&(num-1) != 0 || shard >= num {
		return chain.Claim{}, fmt.Errorf("shard %q, want id/number with number a power of two and id below it, such as 0/1", text)
	}
	return chain.Claim{NumShard: uint32(num), ShardID: uint32(shard)}, nil
}

// DataPath returns the directory of the sealed loads of one miner id.
func DataPath(home string, minerID chain.Hash) string {
	return filepath.Join(home, DataDir, fmt.Sprintf("%x", minerID[:8]))
}
