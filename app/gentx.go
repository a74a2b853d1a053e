package app

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// checkGenesisMessages says what a genesis transaction may do: make a validator,
// as everywhere, or delegate to validators that were made before it. Without the
// second nobody but operators could have stake, and so seats in data
// availability, from the first block on.
func checkGenesisMessages(msgs []sdk.Msg) error {
	if len(msgs) == 0 {
		return fmt.Errorf("genesis transaction without messages")
	}
	for _, msg := range msgs {
		if _, ok := msg.(*stakingtypes.MsgDelegate); !ok {
			return genutiltypes.DefaultMessageValidator(msgs)
		}
	}
	return nil
}
