package cmd

import (
	"github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// readingTxConfig reads the beacon's transaction as one without messages. The
// chain does not: there it is no transaction. But the SDK's searches
// (`zgd query txs`, GetTxsEvent) decode every transaction of a block that they are
// asked for and fail as a whole when one does not decode.
type readingTxConfig struct{ client.TxConfig }

// TxDecoder is the SDK's, except for the beacon.
func (c readingTxConfig) TxDecoder() sdk.TxDecoder {
	decode := c.TxConfig.TxDecoder()
	return func(raw []byte) (sdk.Tx, error) {
		if _, err := beacon.DecodeTx(raw); err == nil {
			return c.NewTxBuilder().GetTx(), nil
		}
		return decode(raw)
	}
}
