package app

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cast"

	sdkmath "cosmossdk.io/math"

	evmante "github.com/cosmos/evm/ante"
	anteinterfaces "github.com/cosmos/evm/ante/interfaces"
	antetypes "github.com/cosmos/evm/ante/types"
	srvflags "github.com/cosmos/evm/server/flags"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/posthandler"
)

// setAnteHandler decides who may enter a block. Ethereum transactions take one
// combined decorator; native ones take the SDK's chain with the fee market's
// price. Accepted signatures: eth_secp256k1 (21 000 gas), secp256k1, multisig;
// ed25519 is refused. x/auth/vesting is not in the app, so there are no vesting
// messages to reject.
func (app *App) setAnteHandler(o Options) error {
	options := evmante.HandlerOptions{
		Cdc:                    app.appCodec,
		AccountKeeper:          app.AccountKeeper,
		BankKeeper:             app.BankKeeper,
		IBCKeeper:              app.IBCKeeper,
		FeeMarketKeeper:        freeGenesis{app.FeeMarketKeeper},
		EvmKeeper:              app.EVMKeeper,
		FeegrantKeeper:         app.FeeGrantKeeper,
		ExtensionOptionChecker: antetypes.HasDynamicFeeExtensionOption,
		SignModeHandler:        app.txConfig.SignModeHandler(),
		SigGasConsumer:         evmante.SigVerificationGasConsumer,
		MaxTxGasWanted:         cast.ToUint64(o.AppOptions.Get(srvflags.EVMMaxTxGasWanted)),
		DynamicFeeChecker:      true,
		PendingTxListener:      app.onPendingTx,
	}
	if err := options.Validate(); err != nil {
		return fmt.Errorf("ante handler: %w", err)
	}
	app.SetAnteHandler(evmante.NewAnteHandler(options))

	post, err := posthandler.NewPostHandler(posthandler.HandlerOptions{})
	if err != nil {
		return fmt.Errorf("post handler: %w", err)
	}
	app.SetPostHandler(post)
	return nil
}

// RegisterPendingTxListener lets the JSON-RPC server hear of transactions that
// entered the pool.
func (app *App) RegisterPendingTxListener(listener func(common.Hash)) {
	app.pendingTxListeners = append(app.pendingTxListeners, listener)
}

func (app *App) onPendingTx(hash common.Hash) {
	for _, listener := range app.pendingTxListeners {
		listener(hash)
	}
}

// freeGenesis drops the price floor at height 0: gentxs are part of genesis,
// agreed on by its readers, and pay nothing.
type freeGenesis struct{ anteinterfaces.FeeMarketKeeper }

// GetParams are the fee market's, without its floor at height 0.
func (k freeGenesis) GetParams(ctx sdk.Context) feemarkettypes.Params {
	params := k.FeeMarketKeeper.GetParams(ctx)
	if ctx.BlockHeight() == 0 {
		params.MinGasPrice = sdkmath.LegacyZeroDec()
	}
	return params
}
