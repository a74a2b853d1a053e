package app

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/evm/x/vm"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/module"
)

// evmModule is x/vm's module with a guard on its parameters: governance must not
// activate a precompile that this binary does not have.
type evmModule struct {
	vm.AppModule
	msgs        evmtypes.MsgServer
	queries     evmtypes.QueryServer
	precompiles precompileSet
}

// RegisterServices registers x/vm's services behind the guard.
func (m evmModule) RegisterServices(cfg module.Configurator) {
	evmtypes.RegisterMsgServer(cfg.MsgServer(), guardedEVMMsgs{m.msgs, m.precompiles})
	evmtypes.RegisterQueryServer(cfg.QueryServer(), m.queries)
}

type guardedEVMMsgs struct {
	evmtypes.MsgServer
	precompiles precompileSet
}

// UpdateParams checks the list of active precompiles, then lets x/vm decide.
func (s guardedEVMMsgs) UpdateParams(ctx context.Context, msg *evmtypes.MsgUpdateParams) (*evmtypes.MsgUpdateParamsResponse, error) {
	if err := checkActivePrecompiles(s.precompiles, msg.Params.ActiveStaticPrecompiles); err != nil {
		return nil, errorsmod.Wrap(sdkerrors.ErrInvalidRequest, err.Error())
	}
	return s.MsgServer.UpdateParams(ctx, msg)
}
