package storage

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
	"github.com/zgd-network/zgd/sidecar/storage/peers"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
)

// EnvPrefix starts the names of the variables that overlay the file.
const EnvPrefix = "ZG_STORAGE_"

// Config is HOME/config.toml; each setting is a flag and a variable too.
type Config struct {
	ChainGRPC   string   `toml:"chain_grpc" comment:"the chain's gRPC, host:port"`
	CometRPC    string   `toml:"comet_rpc" comment:"the chain's CometBFT RPC, for news of blocks"`
	Listen      string   `toml:"listen" comment:"public port: JSON-RPC and HTTP"`
	AdminListen string   `toml:"admin_listen" comment:"private port: admin_*; loopback only"`
	PublicURL   string   `toml:"public_url" comment:"address told to clients; empty: the one they used"`
	Peers       []string `toml:"peers" comment:"URLs of other storage nodes of this network, told to clients with this one; as clients reach them"`
	Whole       bool     `toml:"whole" comment:"tell clients of one node, this one with all its peers behind /whole, instead of the shards"`
	DAGateways  []string `toml:"da_gateways" comment:"URLs of data availability's encoders, from which payloads of confirmed blobs are fetched; any will do, roots are checked"`
	Shard       string   `toml:"shard" comment:"part of the flow kept here, id/count; count is a power of two"`
	FlowID      uint64   `toml:"flow_id" comment:"flow followed on the chain"`
	FlowAddress string   `toml:"flow_address" comment:"address of the flow's contract, told to clients"`

	PackSlots     int `toml:"pack_slots" comment:"loads of 256 KiB per pack file of a new store (4096: 1 GiB)"`
	CapacityLoads int `toml:"capacity_loads" comment:"most loads ever stored; 0: what the disk holds"`
	ScrubMiB      int `toml:"scrub_mib_per_second" comment:"read and checked in the background at idle priority to find rot; 0: off"`

	UploadMemoryMiB int `toml:"upload_memory_mib" comment:"memory for uploads in flight, MiB; more wait up to 20 s"`
	ServeMemoryMiB  int `toml:"serve_memory_mib" comment:"memory for answers in flight, MiB"`

	Log daemon.Log `toml:"log"`
}

// DefaultConfig fits a node beside a devnet's chain.
func DefaultConfig() Config {
	return Config{
		ChainGRPC: "127.0.0.1:9090", CometRPC: "http://127.0.0.1:26657",
		Listen: "127.0.0.1:5678", AdminListen: "127.0.0.1:5679", Peers: []string{}, DAGateways: []string{}, Shard: "0/1",
		FlowAddress: "0x0000000000000000000000000000000000001020",
		PackSlots:   4096, ScrubMiB: scrub.DefaultMiBPerSecond, UploadMemoryMiB: 256, ServeMemoryMiB: 128, Log: daemon.DefaultLog(),
	}
}

// DataDir is where the engine's directory is under a home.
func DataDir(home string) string { return filepath.Join(home, "data") }

// ConfigPath is the configuration file under a home.
func ConfigPath(home string) string { return filepath.Join(home, "config.toml") }

// Validate says what is wrong with a setting, in the words of the file.
func (c Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen %q: %w", c.Listen, err)
	}
	if err := daemon.Loopback("admin_listen", c.AdminListen); err != nil {
		return err
	}
	if _, err := ParseShard(c.Shard); err != nil {
		return err
	}
	if _, err := peers.New(c.Peers, peers.Options{}); err != nil {
		return fmt.Errorf("peers: %w", err)
	}
	for _, peer := range c.Peers {
		if strings.HasSuffix(strings.TrimRight(peer, "/"), wholePath) { // two of these would ask each other for ever
			return fmt.Errorf("peers: %s: name the node itself, without %s", peer, wholePath)
		}
	}
	for _, gateway := range c.DAGateways {
		if u, err := url.Parse(gateway); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fmt.Errorf("da_gateways: %q, want http://host:port", gateway)
		}
	}
	if c.Whole && len(c.otherNodes()) == 0 {
		return errors.New("whole is true, but no peers are named: there are no other parts to speak for")
	}
	if len(c.FlowAddress) != 42 || !strings.HasPrefix(c.FlowAddress, "0x") {
		return fmt.Errorf("flow_address %q: want 0x and 40 hex digits", c.FlowAddress)
	}
	for name, n := range map[string]int{"upload_memory_mib": c.UploadMemoryMiB, "serve_memory_mib": c.ServeMemoryMiB} {
		if n < 4 || n > 1<<20 {
			return fmt.Errorf("%s is %d, want 4 to 1048576", name, n)
		}
	}
	if c.ScrubMiB < 0 || c.ScrubMiB > scrub.MaxMiBPerSecond {
		return fmt.Errorf("scrub_mib_per_second is %d, want 0 (off) to %d", c.ScrubMiB, scrub.MaxMiBPerSecond)
	}
	if c.PackSlots < 1 || c.CapacityLoads < 0 {
		return fmt.Errorf("pack_slots is %d, capacity_loads %d: want at least 1 and 0", c.PackSlots, c.CapacityLoads)
	}
	return nil
}

// otherNodes are the named peers but this node itself: one list may be given to
// all nodes of a network.
func (c Config) otherNodes() []string {
	return slices.DeleteFunc(slices.Clone(c.Peers), func(url string) bool {
		url = strings.TrimRight(url, "/")
		return url == strings.TrimRight(c.PublicURL, "/") || url == "http://"+c.Listen
	})
}

// ParseShard reads "id/count".
func ParseShard(text string) (shard nodeapi.ShardConfig, err error) {
	id, count, ok := strings.Cut(text, "/")
	if ok {
		shard.ShardID, err = strconv.ParseUint(id, 10, 32)
	}
	if ok && err == nil {
		shard.NumShard, err = strconv.ParseUint(count, 10, 32)
	}
	if !ok || err != nil {
		return shard, fmt.Errorf("shard %q: want id/count, for example 0/1", text)
	}
	if err := shard.Validate(); err != nil {
		return shard, fmt.Errorf("shard %q: %w", text, err)
	}
	return shard, nil
}

func (c Config) limits() rpc.Limits {
	limits := rpc.DefaultLimits()
	limits.UploadBytes = int64(c.UploadMemoryMiB) << 20
	limits.ServeBytes = int64(c.ServeMemoryMiB) << 20
	return limits
}
