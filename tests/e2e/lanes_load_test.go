//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/evm/crypto/ethsecp256k1"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/tests/harness"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

const gwei = 1_000_000_000

// wallet signs for one key; an account keeps to one kind of transaction, as the
// pool wants it.
type wallet struct {
	*lanesNet
	key     *ecdsa.PrivateKey
	address common.Address
	number  uint64 // of the native account
	nonce   uint64
	tipGwei int64
}

// lanesNet is a devnet with eyes on its blocks.
type lanesNet struct {
	harness.Ready
	t     *testing.T
	eth   *ethclient.Client
	codec *app.App // its codecs only
	*blockWatch
}

func (n *lanesNet) wallet(key *ecdsa.PrivateKey, tipGwei int64) *wallet {
	return &wallet{lanesNet: n, key: key, address: crypto.PubkeyToAddress(key.PublicKey), tipGwei: tipGwei}
}

// devWallet is the devnet's funded account i.
func (n *lanesNet) devWallet(i int) *wallet {
	n.t.Helper()
	text, err := os.ReadFile(n.Accounts[i].PrivateKeyFile)
	if err != nil {
		n.t.Fatal(err)
	}
	key, err := crypto.HexToECDSA(strings.TrimSpace(string(text)))
	if err != nil {
		n.t.Fatal(err)
	}
	return n.wallet(key, 1)
}

// sync reads the number and the next sequence from the chain.
func (w *wallet) sync() {
	w.t.Helper()
	var answer struct {
		Info struct {
			Number   uint64 `json:"account_number,string"`
			Sequence uint64 `json:"sequence,string"`
		} `json:"info"`
	}
	address := sdk.AccAddress(w.address.Bytes()).String()
	if err := harness.GetJSON(w.REST+"/cosmos/auth/v1beta1/account_info/"+address, &answer); err != nil {
		w.t.Fatalf("account %s: %v", address, err)
	}
	w.number, w.nonce = answer.Info.Number, answer.Info.Sequence
}

// call sends an Ethereum transaction and returns its hash.
func (w *wallet) call(to common.Address, value *big.Int, data []byte, gas uint64) (string, error) {
	tx, err := ethtypes.SignNewTx(w.key, ethtypes.LatestSignerForChainID(new(big.Int).SetUint64(w.EVMChainID)), &ethtypes.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(w.EVMChainID), Nonce: w.nonce, To: &to, Value: value, Data: data, Gas: gas,
		GasTipCap: big.NewInt(w.tipGwei * gwei), GasFeeCap: big.NewInt(1000 * gwei),
	})
	if err != nil {
		return "", err
	}
	if err := w.eth.SendTransaction(context.Background(), tx); err != nil {
		return "", err
	}
	w.nonce++
	return tx.Hash().Hex(), nil
}

// send broadcasts a native transaction and returns its hash.
func (w *wallet) send(gas uint64, msgs ...sdk.Msg) (string, error) {
	raw, err := w.sign(gas, msgs)
	if err != nil {
		return "", err
	}
	request, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "broadcast_tx_sync", "params": map[string]any{"tx": raw}})
	if err != nil {
		return "", err
	}
	response, err := http.Post(w.CometRPC, "application/json", bytes.NewReader(request))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Error  *struct{ Message, Data string }
		Result struct {
			Code uint32
			Log  string
			Hash string
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if answer.Error != nil || answer.Result.Code != 0 {
		return "", fmt.Errorf("broadcast: %+v", answer)
	}
	w.nonce++
	return answer.Result.Hash, nil
}

// sign pays tipGwei above the floor per gas.
func (w *wallet) sign(gas uint64, msgs []sdk.Msg) ([]byte, error) {
	config, key := w.codec.TxConfig(), &ethsecp256k1.PrivKey{Key: crypto.FromECDSA(w.key)}
	builder := config.NewTxBuilder()
	if err := builder.SetMsgs(msgs...); err != nil {
		return nil, err
	}
	builder.SetGasLimit(gas)
	price := app.MinGasPrice + w.tipGwei*gwei
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewCoin(app.BaseDenom, sdkmath.NewIntFromUint64(gas).MulRaw(price))))
	mode := signing.SignMode_SIGN_MODE_DIRECT
	empty := signing.SignatureV2{PubKey: key.PubKey(), Sequence: w.nonce, Data: &signing.SingleSignatureData{SignMode: mode}}
	if err := builder.SetSignatures(empty); err != nil { // direct mode signs the signer info
		return nil, err
	}
	signature, err := clienttx.SignWithPrivKey(context.Background(), mode, authsigning.SignerData{
		ChainID: w.ChainID, Address: sdk.AccAddress(w.address.Bytes()).String(), AccountNumber: w.number, Sequence: w.nonce, PubKey: key.PubKey(),
	}, builder, key, config, w.nonce)
	if err != nil {
		return nil, err
	}
	if err := builder.SetSignatures(signature); err != nil {
		return nil, err
	}
	return config.TxEncoder()(builder.GetTx())
}

// seen is where and when a transaction was in a block.
type seen struct {
	height int64
	at     time.Time
}

// blockWatch reads each block as soon as it is there.
type blockWatch struct {
	decided atomic.Int64 // newest block that consensus has decided, run or not

	mu     sync.Mutex
	height int64           // of the newest block read
	txs    map[string]seen // by hash, as the sender got it
	gas    []laneGas       // of each block
}

// laneGas is the gas wanted by a block's submissions and by the rest.
type laneGas struct{ submissions, others uint64 }

// watch follows the chain until the test ends.
func (n *lanesNet) watch(isSubmission func(sdk.Tx) bool) {
	done := make(chan struct{})
	var watchers sync.WaitGroup
	n.t.Cleanup(func() { close(done); watchers.Wait() })
	every := func(rest time.Duration, step func()) {
		watchers.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(rest):
					step()
				}
			}
		})
	}
	every(3*time.Millisecond, func() {
		if h, err := height(n.CometRPC); err == nil {
			n.decided.Store(h)
		}
	})
	next := int64(1)
	every(5*time.Millisecond, func() {
		for n.committed() >= next && n.readBlock(next, isSubmission) == nil {
			next++
		}
	})
}

// committed is the last height whose state can be asked for; its block can be
// read a little earlier.
func (n *lanesNet) committed() int64 {
	var info struct {
		Result struct {
			Response struct {
				Height int64 `json:"last_block_height,string"`
			}
		}
	}
	if err := harness.GetJSON(n.CometRPC+"/abci_info", &info); err != nil {
		return 0
	}
	return info.Result.Response.Height
}

func (n *lanesNet) readBlock(height int64, isSubmission func(sdk.Tx) bool) error {
	var block struct {
		Result struct {
			Block struct{ Data struct{ Txs [][]byte } }
		}
	}
	if err := harness.GetJSON(fmt.Sprintf("%s/block?height=%d", n.CometRPC, height), &block); err != nil {
		return err
	}
	now, sum := time.Now(), laneGas{}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, raw := range block.Result.Block.Data.Txs {
		if beacon.IsTx(raw) {
			continue // the proposer's, no transaction
		}
		tx, err := n.codec.TxConfig().TxDecoder()(raw)
		if err != nil {
			return fmt.Errorf("transaction in block %d: %w", height, err)
		}
		digest := sha256.Sum256(raw)
		hash := strings.ToUpper(hex.EncodeToString(digest[:]))
		if eth, ok := tx.GetMsgs()[0].(*evmtypes.MsgEthereumTx); ok {
			hash = eth.AsTransaction().Hash().Hex()
		}
		n.txs[hash] = seen{height, now}
		if gas := tx.(interface{ GetGas() uint64 }).GetGas(); isSubmission(tx) {
			sum.submissions += gas
		} else {
			sum.others += gas
		}
	}
	n.height, n.gas = height, append(n.gas, sum)
	return nil
}

func (n *lanesNet) head() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.height
}

// included waits for a transaction.
func (n *lanesNet) included(hash string, limit time.Duration) (seen, error) {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		n.mu.Lock()
		at, ok := n.txs[hash]
		n.mu.Unlock()
		if ok {
			return at, nil
		}
	}
	return seen{}, errors.New("not in a block within " + limit.String())
}
