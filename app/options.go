package app

import (
	"github.com/spf13/cast"

	srvflags "github.com/cosmos/evm/server/flags"

	sdkserver "github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
)

// WithoutStorage leaves x/flow and x/pora out of the app: their stores, keepers
// and modules. It is there to measure what they cost the rest. The result is
// another chain, so no setting of app.toml leads here.
func (o Options) WithoutStorage() Options {
	o.withoutStorage = true
	return o
}

// Untuned leaves out what makes our wiring cheaper than cosmos/evm's own and
// changes no result. It is there to measure the difference.
func (o Options) Untuned() Options {
	o.untuned = true
	return o
}

// codecOptions are the options of an app that only lends its codecs.
type codecOptions struct{}

// Get turns the mempool off and leaves everything else unset.
func (codecOptions) Get(key string) any {
	if key == sdkserver.FlagMempoolMaxTxs {
		return -1
	}
	return nil
}

// configuredEVMChainID is the operator's setting, zero when there is none.
func configuredEVMChainID(options servertypes.AppOptions) uint64 {
	return cast.ToUint64(options.Get(srvflags.EVMChainID))
}
