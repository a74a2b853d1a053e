package testnet

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/evm/crypto/hd"

	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
)

// Delegator has stake with all validators, the same with each, from the first
// block on. Its account must be among Options.Accounts.
type Delegator struct {
	Name  string
	Key   []byte      // 32 bytes, eth_secp256k1
	Stake sdkmath.Int // in all, azg
}

// delegations adds the delegators' genesis transactions after the validators'.
func (w *writer) delegations() error {
	for _, d := range w.Delegators {
		gentx, err := w.delegation(d)
		if err != nil {
			return fmt.Errorf("delegator %s: %w", d.Name, err)
		}
		w.gentxs = append(w.gentxs, gentx)
	}
	return nil
}

func (w *writer) delegation(d Delegator) (json.RawMessage, error) {
	keys := keyring.NewInMemory(w.codecs.AppCodec(), hd.EthSecp256k1Option())
	if err := keys.ImportPrivKeyHex(d.Name, hex.EncodeToString(d.Key), string(hd.EthSecp256k1Type)); err != nil {
		return nil, err
	}
	record, err := keys.Key(d.Name)
	if err != nil {
		return nil, err
	}
	from, err := record.GetAddress()
	if err != nil {
		return nil, err
	}
	each := sdk.NewCoin(app.BaseDenom, d.Stake.QuoRaw(int64(len(w.nodes))))
	var msgs []sdk.Msg
	for _, node := range w.nodes {
		operator, err := parseAddress(node.Operator)
		if err != nil {
			return nil, err
		}
		msgs = append(msgs, stakingtypes.NewMsgDelegate(from.String(), sdk.ValAddress(operator).String(), each))
	}
	return w.signGentx(keys, d.Name, "", msgs...)
}

// signGentx signs a genesis transaction.
func (w *writer) signGentx(keys keyring.Keyring, name, memo string, msgs ...sdk.Msg) (json.RawMessage, error) {
	config := w.codecs.TxConfig()
	builder := config.NewTxBuilder()
	if err := builder.SetMsgs(msgs...); err != nil {
		return nil, err
	}
	builder.SetMemo(memo)
	builder.SetGasLimit(gentxGas * uint64(len(msgs)))
	factory := tx.Factory{}.WithChainID(w.ChainID).WithMemo(memo).WithKeybase(keys).WithTxConfig(config)
	if err := tx.Sign(context.Background(), factory, name, builder, true); err != nil {
		return nil, err
	}
	text, err := config.TxJSONEncoder()(builder.GetTx())
	return bytes.TrimSpace(text), err
}
