package apptest

import (
	"context"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"

	sdkmath "cosmossdk.io/math"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/zgd-network/zgd/app"
)

// Defaults of signed transactions.
const (
	DefaultGasLimit = 2_000_000
	// GasPrice is what transactions pay, in azg: twice the floor.
	GasPrice = 2 * app.MinGasPrice
)

// TxOptions of a native transaction.
type TxOptions struct {
	GasLimit uint64 // DefaultGasLimit
	Fee      sdk.Coins
	Memo     string
}

// Sign signs a native transaction with the next sequence and the usual fee.
func (c *Chain) Sign(from Account, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	return c.SignWith(from, TxOptions{}, msgs...)
}

// SignWith signs a native transaction with options.
func (c *Chain) SignWith(from Account, o TxOptions, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	if o.GasLimit == 0 {
		o.GasLimit = DefaultGasLimit
	}
	if o.Fee == nil {
		fee := sdkmath.NewIntFromUint64(o.GasLimit).MulRaw(GasPrice)
		o.Fee = sdk.NewCoins(sdk.NewCoin(app.BaseDenom, fee))
	}
	account := c.App.AccountKeeper.GetAccount(c.Ctx(), from.Address)
	if account == nil {
		c.t.Fatalf("account %s (%s) does not exist: fund it first", from.Name, from.Address)
	}
	tx := c.signNative(from, o, account.GetAccountNumber(), c.nextSequence(from), msgs...)
	raw, err := c.App.TxConfig().TxEncoder()(tx)
	if err != nil {
		c.t.Fatalf("encode transaction: %v", err)
	}
	return raw
}

func (c *Chain) signNative(from Account, o TxOptions, number, sequence uint64, msgs ...sdk.Msg) authsigning.Tx {
	c.t.Helper()
	config := c.App.TxConfig()
	builder := config.NewTxBuilder()
	if err := builder.SetMsgs(msgs...); err != nil {
		c.t.Fatalf("set messages: %v", err)
	}
	builder.SetGasLimit(o.GasLimit)
	builder.SetFeeAmount(o.Fee)
	builder.SetMemo(o.Memo)
	mode := signing.SignMode_SIGN_MODE_DIRECT
	// direct mode signs the signer info, so it has to be there before
	empty := signing.SignatureV2{PubKey: from.Key.PubKey(), Sequence: sequence, Data: &signing.SingleSignatureData{SignMode: mode}}
	if err := builder.SetSignatures(empty); err != nil {
		c.t.Fatalf("set signer: %v", err)
	}
	signature, err := clienttx.SignWithPrivKey(context.Background(), mode, authsigning.SignerData{
		ChainID: c.options.ChainID, Address: from.Address.String(), AccountNumber: number, Sequence: sequence, PubKey: from.Key.PubKey(),
	}, builder, from.Key, config, sequence)
	if err != nil {
		c.t.Fatalf("sign: %v", err)
	}
	if err := builder.SetSignatures(signature); err != nil {
		c.t.Fatalf("set signature: %v", err)
	}
	return builder.GetTx()
}

// EthCall is an Ethereum transaction to be signed.
type EthCall struct {
	To       *common.Address // nil creates a contract
	Value    *big.Int        // azg
	Data     []byte
	GasLimit uint64 // DefaultGasLimit
}

// Call is a call of a contract or, without data, a transfer.
func Call(to common.Address, value *big.Int, data []byte) EthCall {
	return EthCall{To: &to, Value: value, Data: data}
}

// Create deploys a contract.
func Create(code []byte) EthCall { return EthCall{Data: code} }

// SignEth signs an Ethereum transaction (EIP-1559) with the next sequence.
func (c *Chain) SignEth(from Account, call EthCall) []byte {
	c.t.Helper()
	gas := call.GasLimit
	if gas == 0 {
		gas = DefaultGasLimit
	}
	chainID := new(big.Int).SetUint64(c.App.EVMChainID)
	key, err := from.Key.ToECDSA()
	if err != nil {
		c.t.Fatalf("key of %s: %v", from.Name, err)
	}
	signer := ethtypes.LatestSignerForChainID(chainID)
	signed, err := ethtypes.SignNewTx(key, signer, &ethtypes.DynamicFeeTx{
		ChainID: chainID, Nonce: c.nextSequence(from), GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(GasPrice),
		Gas: gas, To: call.To, Value: call.Value, Data: call.Data,
	})
	if err != nil {
		c.t.Fatalf("sign: %v", err)
	}
	var msg evmtypes.MsgEthereumTx
	if err := msg.FromSignedEthereumTx(signed, signer); err != nil {
		c.t.Fatalf("wrap: %v", err)
	}
	tx, err := msg.BuildTx(c.App.TxConfig().NewTxBuilder(), app.BaseDenom)
	if err != nil {
		c.t.Fatalf("wrap: %v", err)
	}
	raw, err := c.App.TxConfig().TxEncoder()(tx)
	if err != nil {
		c.t.Fatalf("encode transaction: %v", err)
	}
	return raw
}

// nextSequence is the sequence after those signed since the last block.
func (c *Chain) nextSequence(from Account) uint64 {
	key := from.Address.String()
	sequence, signed := c.sequences[key]
	if !signed {
		if account := c.App.AccountKeeper.GetAccount(c.Ctx(), from.Address); account != nil {
			sequence = account.GetSequence()
		}
	}
	c.sequences[key] = sequence + 1
	return sequence
}

// ResetSequences forgets transactions that were signed and not delivered.
func (c *Chain) ResetSequences() { c.sequences = map[string]uint64{} }
