package app

import (
	"cosmossdk.io/core/address"

	evmencoding "github.com/cosmos/evm/encoding"
	evmaddress "github.com/cosmos/evm/encoding/address"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// makeEncoding builds codecs and transaction config. Addresses are read as
// bech32 and as 0x-hex. Every message of ours names its signer by the option
// cosmos.msg.v1.signer, because upstream's map of custom signers is closed.
func makeEncoding(evmChainID uint64) evmencoding.Config {
	return evmencoding.MakeConfig(evmChainID)
}

// addressCodecs read and write the three kinds of addresses.
type addressCodecs struct{ account, validator, consensus address.Codec }

func newAddressCodecs() addressCodecs {
	cfg := sdk.GetConfig()
	return addressCodecs{
		account:   evmaddress.NewEvmCodec(cfg.GetBech32AccountAddrPrefix()),
		validator: evmaddress.NewEvmCodec(cfg.GetBech32ValidatorAddrPrefix()),
		consensus: evmaddress.NewEvmCodec(cfg.GetBech32ConsensusAddrPrefix()),
	}
}
