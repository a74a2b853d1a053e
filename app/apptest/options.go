package apptest

import (
	"encoding/json"
	"time"

	"cosmossdk.io/log/v2"
	sdkmath "cosmossdk.io/math"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/codec"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/zgd-network/zgd/app"
)

// ChainID is the chain id of test chains unless Options say otherwise.
const ChainID = "zg-devnet-1"

// Mutator changes genesis before the chain starts.
type Mutator = func(cdc codec.Codec, state app.GenesisState) error

// Options of a test chain; the zero value is one validator and ten accounts.
type Options struct {
	ChainID    string
	Accounts   int                           // funded ones, 10
	Balance    sdkmath.Int                   // of each, in azg: 1 000 000 zg
	Genesis    []Mutator                     // applied in order
	AppOptions map[string]any                // keys of app.toml, such as "block-executor"
	BlockTime  time.Duration                 // between blocks: 1 s
	Start      time.Time                     // of genesis: 2026-01-01 UTC
	DB         dbm.DB                        // a new MemDB
	Logger     log.Logger                    // silent
	Change     func(app.Options) app.Options // before the app is built, such as app.Options.WithoutStorage
	State      *ExportedState                // start from an export instead of from a new genesis
	// NoBeaconKey leaves the validator without a beacon key; genesis must not
	// require one then.
	NoBeaconKey bool
}

// ExportedState is what Chain.Export returns and Options.State takes.
type ExportedState struct {
	servertypes.ExportedApp
	Time time.Time // of the last block
}

// Mutate changes the genesis of one module.
func Mutate[S any, P interface {
	*S
	proto.Message
}](moduleName string, change func(*S),
) Mutator {
	return func(cdc codec.Codec, state app.GenesisState) error {
		var genesis S
		if err := cdc.UnmarshalJSON(state[moduleName], P(&genesis)); err != nil {
			return err
		}
		change(&genesis)
		raw, err := cdc.MarshalJSON(P(&genesis))
		state[moduleName] = json.RawMessage(raw)
		return err
	}
}

func (o Options) withDefaults() Options {
	if o.ChainID == "" {
		o.ChainID = ChainID
	}
	if o.Accounts == 0 {
		o.Accounts = 10
	}
	if o.Balance.IsNil() {
		o.Balance = zg(1_000_000)
	}
	if o.BlockTime == 0 {
		o.BlockTime = time.Second
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.DB == nil {
		o.DB = dbm.NewMemDB()
	}
	if o.Logger == nil {
		o.Logger = log.NewNopLogger()
	}
	return o
}

// appOptions answer from the test's map; the mempool is off.
type appOptions map[string]any

// Get implements servertypes.AppOptions.
func (o appOptions) Get(key string) any {
	if value, ok := o[key]; ok {
		return value
	}
	if key == "mempool.max-txs" {
		return -1
	}
	return nil
}

// zg is an amount in azg.
func zg(whole int64) sdkmath.Int {
	return sdkmath.NewIntWithDecimal(whole, app.Decimals)
}
