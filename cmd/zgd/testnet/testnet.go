package testnet

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
)

// OperatorKey is the name of a validator's key in its node's test keyring.
const OperatorKey = "operator"

// GenesisMutator changes the app state before genesis is written.
type GenesisMutator = func(cdc codec.Codec, state app.GenesisState) error

// Account is funded at genesis.
type Account struct {
	Name    string // for error texts only
	Address string // zg1... or 0x...
	Coins   sdk.Coins
}

// Ports of one node, all on 127.0.0.1.
type Ports struct {
	P2P, CometRPC, CometMetrics int // CometBFT
	GRPC, REST                  int // the SDK's services
	EVM, EVMWS                  int // JSON-RPC over HTTP and over WebSocket
	EVMMetrics, GethMetrics     int
}

// DefaultPorts are a node's usual ports, 100 apart per node.
func DefaultPorts(i int) Ports {
	shift := 100 * i
	return Ports{
		P2P: 26656 + shift, CometRPC: 26657 + shift, CometMetrics: 26660 + shift,
		GRPC: 9090 + shift, REST: 1317 + shift, EVM: 8545 + shift, EVMWS: 8546 + shift,
		EVMMetrics: 6065 + shift, GethMetrics: 8100 + shift,
	}
}

// PortsFrom packs every port of every node into a block, ten per node.
func PortsFrom(first int) func(i int) Ports {
	return func(i int) Ports {
		p := first + 10*i
		return Ports{
			P2P: p, CometRPC: p + 1, GRPC: p + 2, REST: p + 3, EVM: p + 4, EVMWS: p + 5,
			CometMetrics: p + 6, GethMetrics: p + 7, EVMMetrics: p + 8,
		}
	}
}

// Options say what network to write. Zero values take the default named.
type Options struct {
	OutputDir  string               // required; a node's home is OutputDir/node<i>
	ChainID    string               // app.DefaultChainID; must be in the table
	Validators int                  // 1
	Home       func(i int) string   // home of node i, instead of OutputDir/node<i>
	Ports      func(i int) Ports    // DefaultPorts
	BlockTime  time.Duration        // nodeconfig.DefaultTimeoutCommit
	Stake      sdkmath.Int          // self-delegation in azg: 100 zg
	Balance    sdkmath.Int          // of each operator besides its stake, in azg: 1000 zg
	Operators  [][]byte             // 32-byte eth_secp256k1 keys of the operators, else random
	Accounts   []Account            // funded besides the operators
	Delegators []Delegator          // with stake besides the operators'
	Genesis    []GenesisMutator     // applied in order, before the gentxs and beacon keys are added
	Time       time.Time            // of genesis: now
	Comet      func(*cmtcfg.Config) // last word on each config.toml
	App        func(*nodeconfig.AppConfig)
}

// Node is one validator of a written network.
type Node struct {
	Name     string // node0
	Home     string
	ID       string // of the p2p key
	Operator string // account address of the operator, zg1...
	Ports    Ports
}

// Network is what Init wrote.
type Network struct {
	ChainID    string
	EVMChainID uint64
	Nodes      []Node
}

const (
	defaultStakeZG   = 100
	defaultBalanceZG = 1000
)

// Init writes the network. It does not overwrite: a home that holds a genesis is
// an error.
func Init(o Options) (Network, error) {
	evmChainID, err := o.complete()
	if err != nil {
		return Network{}, fmt.Errorf("testnet: %w", err)
	}
	codecs, err := app.NewForCodecs()
	if err != nil {
		return Network{}, fmt.Errorf("testnet: %w", err)
	}
	w := writer{Options: o, codecs: codecs, evmChainID: evmChainID}
	for i := range o.Validators {
		if err := w.addNode(i); err != nil {
			return Network{}, fmt.Errorf("testnet: node %d: %w", i, err)
		}
	}
	if err := w.delegations(); err != nil {
		return Network{}, fmt.Errorf("testnet: %w", err)
	}
	if err := w.writeGenesis(); err != nil {
		return Network{}, fmt.Errorf("testnet: genesis: %w", err)
	}
	if err := w.writeConfigs(); err != nil {
		return Network{}, fmt.Errorf("testnet: settings: %w", err)
	}
	return Network{ChainID: o.ChainID, EVMChainID: evmChainID, Nodes: w.nodes}, nil
}

// complete fills in the defaults and returns the EVM chain id.
func (o *Options) complete() (uint64, error) {
	if o.OutputDir == "" && o.Home == nil {
		return 0, errors.New("no output directory")
	}
	if o.ChainID == "" {
		o.ChainID = app.DefaultChainID
	}
	evmChainID, err := app.EVMChainID(o.ChainID)
	if err != nil {
		return 0, err
	}
	if o.Validators == 0 {
		o.Validators = 1
	}
	if o.Validators < 0 || o.Validators > 100 {
		return 0, fmt.Errorf("%d validators, want 1 to 100", o.Validators)
	}
	if len(o.Operators) != 0 && len(o.Operators) != o.Validators {
		return 0, fmt.Errorf("%d operator keys for %d validators", len(o.Operators), o.Validators)
	}
	if o.Home == nil {
		dir := o.OutputDir
		o.Home = func(i int) string { return filepath.Join(dir, fmt.Sprintf("node%d", i)) }
	}
	if o.Ports == nil {
		o.Ports = DefaultPorts
	}
	if o.BlockTime == 0 {
		o.BlockTime = nodeconfig.DefaultTimeoutCommit
	}
	if o.Stake.IsNil() {
		o.Stake = sdkmath.NewInt(defaultStakeZG).Mul(sdk.DefaultPowerReduction)
	}
	if o.Balance.IsNil() {
		o.Balance = sdkmath.NewInt(defaultBalanceZG).Mul(sdk.DefaultPowerReduction)
	}
	if o.Time.IsZero() {
		o.Time = time.Now().UTC()
	}
	return evmChainID, nil
}
