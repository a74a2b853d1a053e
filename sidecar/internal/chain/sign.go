package chain

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"cosmossdk.io/math"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/encoding/protowire"
)

// publicKeyType is the type of an account's public key on the chain
// (cosmos/evm crypto/ethsecp256k1): a message with the 33 bytes in field 1.
const publicKeyType = "/cosmos.evm.crypto.v1.ethsecp256k1.PubKey"

// envelope is what a transaction says besides its message.
type envelope struct {
	chainID       string
	accountNumber uint64
	sequence      uint64
	gas           uint64
	fee           *big.Int
	timeoutHeight uint64 // not valid in blocks above; 0: none
}

// signTx encodes and signs a transaction of one message with SIGN_MODE_DIRECT.
func (a *Account) signTx(msg proto.Message, e envelope) ([]byte, error) {
	value, err := proto.Marshal(msg)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	body, err := proto.Marshal(&tx.TxBody{
		Messages:      []*codectypes.Any{{TypeUrl: "/" + proto.MessageName(msg), Value: value}},
		TimeoutHeight: e.timeoutHeight,
	})
	if err != nil {
		return nil, fmt.Errorf("encode transaction: %w", err)
	}
	public := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), a.key.publicKey())
	single := &tx.ModeInfo_Single_{Single: &tx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}
	auth, err := proto.Marshal(&tx.AuthInfo{
		SignerInfos: []*tx.SignerInfo{{
			PublicKey: &codectypes.Any{TypeUrl: publicKeyType, Value: public},
			ModeInfo:  &tx.ModeInfo{Sum: single},
			Sequence:  e.sequence,
		}},
		Fee: &tx.Fee{
			Amount:   sdk.Coins{{Denom: a.remote.options.Denom, Amount: math.NewIntFromBigInt(e.fee)}},
			GasLimit: e.gas,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("encode transaction: %w", err)
	}
	document, err := proto.Marshal(&tx.SignDoc{BodyBytes: body, AuthInfoBytes: auth, ChainId: e.chainID, AccountNumber: e.accountNumber})
	if err != nil {
		return nil, fmt.Errorf("encode sign document: %w", err)
	}
	signature, err := a.key.sign(document)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(&tx.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{signature}})
}

// account reads the signer's account number and sequence.
func (r *Remote) account(ctx context.Context, address string) (number, sequence uint64, err error) {
	request := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), address)
	answer, err := r.invokeRaw(ctx, "/cosmos.auth.v1beta1.Query/AccountInfo", request)
	if errors.Is(err, ErrNotFound) {
		return 0, 0, fmt.Errorf("account %s does not exist: %w; send it some %s first", address, ErrNotFound, r.options.Denom)
	}
	if err != nil {
		return 0, 0, err
	}
	info, err := wireMessage(answer, 1)
	if err == nil {
		err = wireFields(info, func(field protowire.Number, value uint64, _ []byte) {
			switch field { // BaseAccount
			case 3:
				number = value
			case 4:
				sequence = value
			}
		})
	}
	return number, sequence, err
}

// gasPrice returns what to offer per gas: the chain's base fee and a quarter
// (it rises by at most an eighth per block), at least the configured floor.
func (r *Remote) gasPrice(ctx context.Context) (*big.Int, error) {
	floor := new(big.Int).SetUint64(r.options.MinGasPrice)
	answer, err := r.invokeRaw(ctx, "/cosmos.evm.feemarket.v1.Query/BaseFee", nil)
	if errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
		return nil, err
	}
	if err != nil { // a chain without fee market
		return floor, nil
	}
	text, err := wireMessage(answer, 1)
	if err != nil || len(text) == 0 { // no base fee
		return floor, err
	}
	base, err := parseAmount(string(text)) // a LegacyDec: 18 decimals, no point
	if err != nil {
		return nil, fmt.Errorf("base fee: %w", err)
	}
	price := base.Mul(base, big.NewInt(5))
	price.Div(price, new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil))
	price.Div(price.Add(price, big.NewInt(3)), big.NewInt(4))
	if price.Cmp(floor) < 0 {
		return floor, nil
	}
	return price, nil
}
