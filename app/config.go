package app

import (
	"os"
	"path/filepath"

	"github.com/cosmos/evm/crypto/hd"
	"github.com/cosmos/evm/utils"
	evmversion "github.com/cosmos/evm/version"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/version"
)

// Identity of the chain; see also chainid.go.
const (
	// Name is the name of the binary and of the ABCI application.
	Name = "zgd"
	// Bech32Prefix starts every account address: zg1...
	Bech32Prefix = "zg"
	// BaseDenom is the unit of every amount on chain, 10^-18 of DisplayDenom.
	BaseDenom = "azg"
	// DisplayDenom is the unit people read.
	DisplayDenom = "zg"
	// Decimals is the exponent between the two; wallets assume 18.
	Decimals = 18
	// ConfigScope keys the SDK's global configuration. Without it the SDK
	// computes a key from host, executable and pid at each bech32 conversion,
	// 7-8 % of a node's CPU.
	ConfigScope = Name
)

func init() {
	if os.Getenv(sdk.EnvConfigScope) == "" {
		if err := os.Setenv(sdk.EnvConfigScope, ConfigScope); err != nil {
			panic(err) // the environment refuses an ordinary string
		}
	}
	sdk.DefaultPowerReduction = utils.AttoPowerReduction // 1 zg is one unit of power
	sdk.DefaultBondDenom = BaseDenom                     // defaults of staking, mint, gov and vm follow it
	sdk.SetCoinDenomRegex(denomRegex)
	setPrefixes(sdk.GetConfig())
	nameVersion()
}

// nameVersion names the binary where a plain `go build` left the libraries'
// own names: in `version`, in genesis and in web3_clientVersion.
func nameVersion() {
	version.Name, version.AppName = Name, Name
	if version.Version == "" {
		version.Version = "devel"
	}
	evmversion.AppVersion, evmversion.GitCommit = Name+"/"+version.Version, version.Commit
}

// denomRegex is the SDK's with two letters as the least, for "zg".
func denomRegex() string { return `[a-zA-Z][a-zA-Z0-9/:._-]{1,127}` }

// setPrefixes sets address prefixes and the key path 44'/60' of Ethereum.
func setPrefixes(cfg *sdk.Config) {
	val := Bech32Prefix + sdk.PrefixValidator + sdk.PrefixOperator
	cons := Bech32Prefix + sdk.PrefixValidator + sdk.PrefixConsensus
	cfg.SetBech32PrefixForAccount(Bech32Prefix, Bech32Prefix+sdk.PrefixPublic)
	cfg.SetBech32PrefixForValidator(val, val+sdk.PrefixPublic)
	cfg.SetBech32PrefixForConsensusNode(cons, cons+sdk.PrefixPublic)
	cfg.SetCoinType(hd.Bip44CoinType)
	cfg.SetPurpose(sdk.Purpose)
}

// DefaultNodeHome is $ZGD_HOME, else ~/.zgd.
func DefaultNodeHome() string {
	if home := os.Getenv("ZGD_HOME"); home != "" {
		return home
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "." + Name // no home directory: a relative one, visible to the operator
	}
	return filepath.Join(home, "."+Name)
}
