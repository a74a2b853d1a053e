package integration_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"math/big"

	abci "github.com/cometbft/cometbft/abci/types"
	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/evm/crypto/ethsecp256k1"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/zgd-network/zgd/app"
)

const (
	gasLimit    = 3_000_000
	gasPriceAZG = 20 * app.MinGasPrice // room for the base fee to rise
)

// account signs native and Ethereum transactions with one key.
type account struct {
	key      *ethsecp256k1.PrivKey
	ecdsa    *ecdsa.PrivateKey
	address  sdk.AccAddress
	number   uint64
	sequence uint64 // of the next transaction
}

// newAccount derives the i-th account of every test.
func newAccount(i int) *account {
	secret := sha256.Sum256(fmt.Appendf(nil, "integration account %d", i))
	key := &ethsecp256k1.PrivKey{Key: secret[:]}
	plain, err := key.ToECDSA()
	if err != nil {
		panic(err) // the hash is a valid key
	}
	return &account{key: key, ecdsa: plain, address: sdk.AccAddress(key.PubKey().Address()), number: uint64(i)}
}

func (a *account) evm() common.Address { return common.BytesToAddress(a.address) }

func (a *account) String() string { return a.address.String() }

// readSequences takes what the chain counted: a transaction that the ante handler
// refused used up no sequence.
func (c *chain) readSequences() {
	ctx := c.ctx()
	for _, a := range c.accounts {
		if known := c.app.AccountKeeper.GetAccount(ctx, a.address); known != nil {
			a.sequence, a.number = known.GetSequence(), known.GetAccountNumber()
		}
	}
}

// fee is what a native transaction pays whatever gas it uses.
func fee() sdkmath.Int { return sdkmath.NewInt(gasPriceAZG).MulRaw(gasLimit) }

// sign makes a native transaction and counts the account's sequence on.
func (c *chain) sign(a *account, msgs ...sdk.Msg) []byte {
	c.tb.Helper()
	config := c.app.TxConfig()
	builder := config.NewTxBuilder()
	require.NoError(c.tb, builder.SetMsgs(msgs...))
	builder.SetGasLimit(gasLimit)
	builder.SetFeeAmount(azg(fee()))
	c.addSignature(builder, a)
	raw, err := config.TxEncoder()(builder.GetTx())
	require.NoError(c.tb, err)
	a.sequence++
	return raw
}

func (c *chain) addSignature(builder client.TxBuilder, a *account) {
	c.tb.Helper()
	empty := signingtypes.SignatureV2{
		PubKey: a.key.PubKey(), Sequence: a.sequence,
		Data: &signingtypes.SingleSignatureData{SignMode: signingtypes.SignMode_SIGN_MODE_DIRECT},
	}
	require.NoError(c.tb, builder.SetSignatures(empty))
	signer := authsigning.SignerData{
		ChainID: chainID, AccountNumber: a.number, Sequence: a.sequence, PubKey: a.key.PubKey(), Address: a.String(),
	}
	signature, err := clienttx.SignWithPrivKey(c.ctx(), signingtypes.SignMode_SIGN_MODE_DIRECT, signer, builder, a.key, c.app.TxConfig(), a.sequence)
	require.NoError(c.tb, err)
	require.NoError(c.tb, builder.SetSignatures(signature))
}

// transfer makes an Ethereum transaction that sends azg.
func (c *chain) transfer(from *account, to common.Address, amount sdkmath.Int) []byte {
	c.tb.Helper()
	signer := ethtypes.LatestSignerForChainID(big.NewInt(evmChainID))
	signed, err := ethtypes.SignNewTx(from.ecdsa, signer, &ethtypes.DynamicFeeTx{
		ChainID: big.NewInt(evmChainID), Nonce: from.sequence, To: &to, Value: amount.BigInt(), Gas: 21_000,
		GasFeeCap: big.NewInt(gasPriceAZG), GasTipCap: big.NewInt(app.MinGasPrice),
	})
	require.NoError(c.tb, err)
	var msg evmtypes.MsgEthereumTx
	require.NoError(c.tb, msg.FromSignedEthereumTx(signed, signer))
	config := c.app.TxConfig()
	tx, err := msg.BuildTx(config.NewTxBuilder(), app.BaseDenom)
	require.NoError(c.tb, err)
	raw, err := config.TxEncoder()(tx)
	require.NoError(c.tb, err)
	from.sequence++
	return raw
}

// send delivers messages of one account in a block of their own.
func (c *chain) send(a *account, msgs ...sdk.Msg) *abci.ExecTxResult {
	c.tb.Helper()
	return c.block(c.sign(a, msgs...)).TxResults[0]
}

// mustSend is send for what must be accepted; it fills in the message's response.
func (c *chain) mustSend(a *account, msg sdk.Msg, response gogoproto.Message) {
	c.tb.Helper()
	c.accepted(c.send(a, msg), response)
}

// accepted requires success and decodes the response of the only message.
func (c *chain) accepted(result *abci.ExecTxResult, response gogoproto.Message) {
	c.tb.Helper()
	require.Zero(c.tb, result.Code, result.Log)
	if response == nil {
		return
	}
	var data sdk.TxMsgData
	require.NoError(c.tb, gogoproto.Unmarshal(result.Data, &data))
	require.NoError(c.tb, gogoproto.Unmarshal(data.MsgResponses[0].Value, response))
}

// refused requires the failure of a sentinel error.
func (c *chain) refused(result *abci.ExecTxResult, want interface {
	Codespace() string
	ABCICode() uint32
}) {
	c.tb.Helper()
	require.Equal(c.tb, want.Codespace(), result.Codespace, result.Log)
	require.Equal(c.tb, want.ABCICode(), result.Code, result.Log)
}
