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
		&MsgRegisterMiner{}, &MsgSetBeneficiary{}, &MsgClaimRange{}, &MsgReleaseRange{},
		&MsgSubmitProof{}, &MsgWithdraw{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec names the messages as their amino.name option does.
// Only EIP-712 needs it: a wallet's typed data in the amino sign mode is checked
// by decoding the sign document with this codec.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgRegisterMiner{}, "zg/x/pora/MsgRegisterMiner")
	legacy.RegisterAminoMsg(cdc, &MsgSetBeneficiary{}, "zg/x/pora/MsgSetBeneficiary")
	legacy.RegisterAminoMsg(cdc, &MsgClaimRange{}, "zg/x/pora/MsgClaimRange")
	legacy.RegisterAminoMsg(cdc, &MsgReleaseRange{}, "zg/x/pora/MsgReleaseRange")
	legacy.RegisterAminoMsg(cdc, &MsgSubmitProof{}, "zg/x/pora/MsgSubmitProof")
	legacy.RegisterAminoMsg(cdc, &MsgWithdraw{}, "zg/x/pora/MsgWithdraw")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "zg/x/pora/MsgUpdateParams")
}
