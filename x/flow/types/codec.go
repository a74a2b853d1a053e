package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces registers the module's messages.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgSubmit{}, &MsgSubmitBatch{}, &MsgRecharge{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec names the messages as their amino.name option does.
// Only EIP-712 needs it: a wallet's typed data in the amino sign mode is checked
// by decoding the sign document with this codec.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgSubmit{}, "zg/x/flow/MsgSubmit")
	legacy.RegisterAminoMsg(cdc, &MsgSubmitBatch{}, "zg/x/flow/MsgSubmitBatch")
	legacy.RegisterAminoMsg(cdc, &MsgRecharge{}, "zg/x/flow/MsgRecharge")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "zg/x/flow/MsgUpdateParams")
}
