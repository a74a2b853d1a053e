package faucet

import (
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// Config is the file HOME/config.toml, the flags and the ZG_FAUCET_ variables.
type Config struct {
	Listen     string     `toml:"listen" comment:"address of the page and of POST /faucet; loopback only"`
	KeyFile    string     `toml:"key_file" comment:"file with the 64 hex characters of the key that pays, mode 0600"`
	ChainID    string     `toml:"chain_id" comment:"chain id, for the page"`
	EVMChainID uint64     `toml:"evm_chain_id" comment:"EVM chain id that the node must have"`
	EVMRPC     string     `toml:"evm_rpc" comment:"EVM JSON-RPC of a node, http://host:port"`
	EVMWS      string     `toml:"evm_ws" comment:"its WebSocket, for the page"`
	CometRPC   string     `toml:"comet_rpc" comment:"CometBFT RPC, for the page"`
	GRPC       string     `toml:"grpc" comment:"gRPC, for the page"`
	REST       string     `toml:"rest" comment:"REST, for the page"`
	Storage    []string   `toml:"storage" comment:"storage nodes, for the page"`
	Amount     string     `toml:"amount" comment:"one gift, in zg"`
	PerAddress Rate       `toml:"per_address"`
	PerIP      Rate       `toml:"per_ip"`
	Total      Rate       `toml:"total"`
	Log        daemon.Log `toml:"log"`
}

// Rate allows burst gifts at once and one more every so often.
type Rate struct {
	Every daemon.Duration `toml:"every" comment:"time until one more gift is allowed"`
	Burst int             `toml:"burst" comment:"gifts allowed at once"`
}

// ConfigFile is the name below the home directory.
const ConfigFile = "config.toml"

// DefaultConfig suits a devnet.
func DefaultConfig() Config {
	every := func(d time.Duration) daemon.Duration { return daemon.Duration(d) }
	return Config{
		Listen: "127.0.0.1:8088", EVMRPC: "http://127.0.0.1:8545", EVMWS: "ws://127.0.0.1:8546",
		ChainID: "zg-devnet-1", EVMChainID: 7260001, Storage: []string{},
		Amount:     "10",
		PerAddress: Rate{every(30 * time.Second), 2},
		PerIP:      Rate{every(2 * time.Second), 20},
		Total:      Rate{every(time.Second), 60},
		Log:        daemon.DefaultLog(),
	}
}

// Check refuses what cannot work and returns a gift's amount in azg.
func (c Config) Check() (amountAzg *big.Int, err error) {
	if err := daemon.Loopback("faucet", c.Listen); err != nil {
		return nil, err
	}
	if u, err := url.Parse(c.EVMRPC); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("evm_rpc %q, want http://host:port", c.EVMRPC)
	}
	if c.EVMChainID == 0 {
		return nil, fmt.Errorf("evm_chain_id 0, want the network's")
	}
	for _, r := range []struct {
		name string
		Rate
	}{{"per_address", c.PerAddress}, {"per_ip", c.PerIP}, {"total", c.Total}} {
		if r.Every <= 0 || r.Burst < 1 {
			return nil, fmt.Errorf("%s: every %s, burst %d; want a positive time and 1 or more", r.name, time.Duration(r.Every), r.Burst)
		}
	}
	return parseZG(c.Amount)
}
