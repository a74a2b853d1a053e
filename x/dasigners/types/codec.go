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
		&MsgRegisterSigner{}, &MsgSetBeaconKey{}, &MsgUpdateSocket{}, &MsgRotateKey{}, &MsgRegisterNextEpoch{},
		&MsgUnregisterSigner{}, &MsgDeposit{}, &MsgSubmitBlobs{}, &MsgConfirmBatch{}, &MsgSubmitSample{},
		&MsgOpenChallenge{}, &MsgAnswerChallenge{}, &MsgSubmitFalseAttestation{}, &MsgClaimRewards{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// RegisterLegacyAminoCodec names the messages as their amino.name option does.
// Only EIP-712 needs it: a wallet's typed data in the amino sign mode is checked
// by decoding the sign document with this codec.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	for _, m := range []struct {
		msg  sdk.Msg
		name string
	}{
		{&MsgRegisterSigner{}, "MsgRegisterSigner"}, {&MsgSetBeaconKey{}, "MsgSetBeaconKey"},
		{&MsgUpdateSocket{}, "MsgUpdateSocket"}, {&MsgRotateKey{}, "MsgRotateKey"},
		{&MsgRegisterNextEpoch{}, "MsgRegisterNextEpoch"}, {&MsgUnregisterSigner{}, "MsgUnregisterSigner"},
		{&MsgDeposit{}, "MsgDeposit"}, {&MsgSubmitBlobs{}, "MsgSubmitBlobs"}, {&MsgConfirmBatch{}, "MsgConfirmBatch"},
		{&MsgSubmitSample{}, "MsgSubmitSample"}, {&MsgOpenChallenge{}, "MsgOpenChallenge"},
		{&MsgAnswerChallenge{}, "MsgAnswerChallenge"}, {&MsgSubmitFalseAttestation{}, "MsgFalseAttestation"}, // names have 39 bytes at most
		{&MsgClaimRewards{}, "MsgClaimRewards"}, {&MsgUpdateParams{}, "MsgUpdateParams"},
	} {
		legacy.RegisterAminoMsg(cdc, m.msg, "zg/x/dasigners/"+m.name)
	}
}
