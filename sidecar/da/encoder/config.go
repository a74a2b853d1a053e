package encoder

import (
	"fmt"
	"math/big"
	"path/filepath"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// EnvPrefix starts the name of every variable that sets an option.
const EnvPrefix = "ZG_DA_ENCODER_"

// Config is config.toml.
type Config struct {
	ChainGRPC string `toml:"chain_grpc" comment:"gRPC of a zgd node, host:port"`
	CometRPC  string `toml:"comet_rpc" comment:"CometBFT RPC of the same node"`
	KeyFile   string `toml:"key_file" comment:"key of the account that pays: a line of 64 hex characters, mode 0600"`

	Listen     string `toml:"listen" comment:"gRPC address of Disperser, Retriever and Encoder"`
	HTTPListen string `toml:"http_listen" comment:"HTTP address: /blobs, the alt-DA door, /v1, /healthz, /metrics"`
	TLSCert    string `toml:"tls_cert" comment:"certificate (PEM) of both addresses; empty: plain"`
	TLSKey     string `toml:"tls_key" comment:"key (PEM) of the certificate"`
	AccessFile string `toml:"access_file" comment:"clients with their tokens and quotas (README); empty: everybody on this machine"`

	Codec     string `toml:"codec" comment:"auto, cpu or cuda"`
	Workers   int    `toml:"workers" comment:"cores that code; 0: all"`
	MemoryMiB uint64 `toml:"memory_mib" comment:"coded blobs and requests held in memory at most; a 32-MiB blob needs 161"`
	SpoolMiB  uint64 `toml:"spool_mib" comment:"accepted payloads on disk that are not confirmed at most"`
	CacheMiB  uint64 `toml:"cache_mib" comment:"payloads kept in memory for readers"`

	BatchWait    daemon.Duration `toml:"batch_wait" comment:"how long the first blob of a batch waits for others"`
	MaxBatch     uint32          `toml:"max_batch" comment:"most blobs of one order; the chain's own limit holds, too"`
	Batches      int             `toml:"batches" comment:"batches that are on their way at once"`
	SignTimeout  daemon.Duration `toml:"sign_timeout" comment:"how long members have to take rows and sign, each try"`
	MaxAttempts  int             `toml:"max_attempts" comment:"orders of one blob at most, when earlier ones lapsed"`
	GiveUp       daemon.Duration `toml:"give_up" comment:"how long a blob is tried before it fails"`
	MaxFeePerMiB string          `toml:"max_fee_per_mib" comment:"azg paid per MiB begun and blob at most; 0: what the chain asks"`

	ChunksPerSecond uint32 `toml:"chunks_per_second" comment:"chunks given to light samplers, who show no token: all together, one host a quarter; 0: none"`

	AltDALayer uint32          `toml:"alt_da_layer" comment:"da_layer byte of generic commitments, below 127"`
	AltDAWait  daemon.Duration `toml:"alt_da_wait" comment:"how long the alt-DA door waits for a confirmation before it answers 503"`

	Log daemon.Log `toml:"log"`
}

// DefaultConfig serves this machine beside a devnet.
func DefaultConfig() Config {
	return Config{
		ChainGRPC: "127.0.0.1:9090", CometRPC: "http://127.0.0.1:26657",
		Listen: "127.0.0.1:51001", HTTPListen: "127.0.0.1:51002",
		Codec: "auto", MemoryMiB: 1024, SpoolMiB: 4096, CacheMiB: 256,
		BatchWait: daemon.Duration(300 * time.Millisecond), MaxBatch: 16, Batches: 2,
		SignTimeout: daemon.Duration(time.Minute), MaxAttempts: 3, GiveUp: daemon.Duration(2 * time.Hour), MaxFeePerMiB: "0",
		ChunksPerSecond: 200,
		AltDALayer:      'z', AltDAWait: daemon.Duration(5 * time.Minute), Log: daemon.DefaultLog(),
	}
}

// ConfigPath is the configuration of a home.
func ConfigPath(home string) string { return filepath.Join(home, "config.toml") }

// Validate says what cannot be served, and what to do about it.
func (c Config) Validate() error {
	if c.AccessFile == "" {
		// whoever reaches an open door spends the account's money
		for name, address := range map[string]string{"listen": c.Listen, "http_listen": c.HTTPListen} {
			if err := daemon.Loopback(name, address); err != nil {
				return fmt.Errorf("%w, or give clients tokens with access_file", err)
			}
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return fmt.Errorf("tls_cert %q and tls_key %q: want both or none", c.TLSCert, c.TLSKey)
	}
	for name, value := range map[string]uint64{"memory_mib": c.MemoryMiB, "spool_mib": c.SpoolMiB, "max_batch": uint64(c.MaxBatch)} {
		if value == 0 || value > 1<<24 {
			return fmt.Errorf("%s is %d, want 1 to %d", name, value, 1<<24)
		}
	}
	if c.ChunksPerSecond > 1<<20 {
		return fmt.Errorf("chunks_per_second is %d, want at most %d", c.ChunksPerSecond, 1<<20)
	}
	if c.Batches < 1 || c.MaxAttempts < 1 || c.Workers < 0 {
		return fmt.Errorf("batches %d, max_attempts %d, workers %d: want 1, 1, 0 at least", c.Batches, c.MaxAttempts, c.Workers)
	}
	if c.SignTimeout <= 0 || c.GiveUp <= 0 || c.BatchWait < 0 || c.AltDAWait <= 0 {
		return fmt.Errorf("sign_timeout, give_up, alt_da_wait: want more than 0; batch_wait: not less than 0")
	}
	if c.AltDALayer >= 127 {
		return fmt.Errorf("alt_da_layer is %d, want below 127: the rest is reserved", c.AltDALayer)
	}
	_, err := c.feeCap()
	return err
}

// feeCap is azg per MiB; nil: none.
func (c Config) feeCap() (*big.Int, error) {
	limit, ok := new(big.Int).SetString(c.MaxFeePerMiB, 10)
	if !ok || limit.Sign() < 0 {
		return nil, fmt.Errorf("max_fee_per_mib is %q, want azg as a whole number", c.MaxFeePerMiB)
	}
	if limit.Sign() == 0 {
		return nil, nil
	}
	return limit, nil
}
