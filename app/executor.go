package app

import (
	"fmt"

	"github.com/spf13/cast"

	vmrunner "github.com/cosmos/evm/x/vm/runner"

	"github.com/cosmos/cosmos-sdk/baseapp/txnrunner"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Keys of app.toml.
const (
	keyBlockExecutor    = "block-executor"
	keyBlockSTMWorkers  = "block-stm-workers"
	keyBlockSTMEstimate = "block-stm-pre-estimate"
)

// setExecutor chooses how the transactions of a block run: one after another, or
// speculatively in parallel (BlockSTM) with the same results. Either is wrapped
// by x/vm's runner, which numbers logs and Ethereum transactions over the whole
// block; without it every transaction's logs would start at 0.
//
// Sequential is the default: on two cores BlockSTM costs more CPU per
// transaction and is not faster.
func (app *App) setExecutor(o Options) error {
	var inner sdk.TxRunner
	switch kind := cast.ToString(o.AppOptions.Get(keyBlockExecutor)); kind {
	case "", serverconfig.BlockExecutorSequential:
		inner = txnrunner.NewDefaultRunner(app.txConfig.TxDecoder())
	case serverconfig.BlockExecutorBlockSTM:
		inner = txnrunner.NewSTMRunner(app.txConfig.TxDecoder(), app.stores.tracked,
			cast.ToInt(o.AppOptions.Get(keyBlockSTMWorkers)), // 0: by number of cores
			cast.ToBool(o.AppOptions.Get(keyBlockSTMEstimate)),
			func(storetypes.MultiStore) string { return BaseDenom })
	default:
		return fmt.Errorf("%s is %q in app.toml, want %q or %q", keyBlockExecutor, kind,
			serverconfig.BlockExecutorSequential, serverconfig.BlockExecutorBlockSTM)
	}
	app.SetBlockSTMTxRunner(beaconRunner{vmrunner.Wrap(inner)}) // the SDK's name for the setter of any runner
	return nil
}
