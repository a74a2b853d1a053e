package testnet

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/evm/crypto/hd"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// writer gathers the nodes of a network.
type writer struct {
	Options
	codecs     *app.App
	evmChainID uint64
	nodes      []Node
	gentxs     []json.RawMessage
	beaconKeys []beacon.Registration
}

// addNode writes keys and gentx of node i.
func (w *writer) addNode(i int) error {
	node := Node{Name: fmt.Sprintf("node%d", i), Home: w.Home(i), Ports: w.Ports(i)}
	genesis := filepath.Join(node.Home, "config", "genesis.json")
	if _, err := os.Stat(genesis); err == nil {
		return fmt.Errorf("%s exists: remove it, or choose another directory", genesis)
	}
	if err := os.MkdirAll(filepath.Join(node.Home, "config"), 0o700); err != nil {
		return err
	}
	comet := nodeconfig.Comet()
	comet.SetRoot(node.Home)
	id, consensusKey, err := genutil.InitializeNodeValidatorFiles(comet)
	if err != nil {
		return fmt.Errorf("write node keys: %w", err)
	}
	node.ID = id
	keys, operator, err := w.operatorKey(i, node.Home)
	if err != nil {
		return fmt.Errorf("operator key: %w", err)
	}
	if node.Operator, err = w.codecs.AccountKeeper.AddressCodec().BytesToString(operator); err != nil {
		return err
	}
	gentx, err := w.gentx(node, keys, operator, consensusKey)
	if err != nil {
		return fmt.Errorf("gentx: %w", err)
	}
	signers, err := beaconkey.Ensure(node.Home)
	if err != nil {
		return err
	}
	registration, err := beacon.Register(signers[len(signers)-1], w.evmChainID, [20]byte(consensusKey.Address()))
	if err != nil {
		return err
	}
	w.nodes = append(w.nodes, node)
	w.gentxs = append(w.gentxs, gentx)
	w.beaconKeys = append(w.beaconKeys, registration)
	return nil
}

// operatorKey lays the operator's key into the node's test keyring.
func (w *writer) operatorKey(i int, home string) (keyring.Keyring, sdk.AccAddress, error) {
	keys, err := keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, home, &bytes.Buffer{}, w.codecs.AppCodec(), hd.EthSecp256k1Option())
	if err != nil {
		return nil, nil, err
	}
	if len(w.Operators) > 0 {
		err = keys.ImportPrivKeyHex(OperatorKey, hex.EncodeToString(w.Operators[i]), string(hd.EthSecp256k1Type))
	} else {
		_, _, err = keys.NewMnemonic(OperatorKey, keyring.English, hd.BIP44HDPath, keyring.DefaultBIP39Passphrase, hd.EthSecp256k1)
	}
	if err != nil {
		return nil, nil, err
	}
	record, err := keys.Key(OperatorKey)
	if err != nil {
		return nil, nil, err
	}
	address, err := record.GetAddress()
	return keys, address, err
}

// gentx is the signed transaction that makes the node a validator.
func (w *writer) gentx(node Node, keys keyring.Keyring, operator sdk.AccAddress, consensusKey cryptotypes.PubKey) (json.RawMessage, error) {
	msg, err := stakingtypes.NewMsgCreateValidator(
		sdk.ValAddress(operator).String(), consensusKey, sdk.NewCoin(app.BaseDenom, w.Stake),
		stakingtypes.NewDescription(node.Name, "", "", "", ""),
		stakingtypes.NewCommissionRates(sdkmath.LegacyNewDecWithPrec(5, 2), sdkmath.LegacyOneDec(), sdkmath.LegacyNewDecWithPrec(1, 2)),
		sdkmath.OneInt())
	if err != nil {
		return nil, err
	}
	return w.signGentx(keys, OperatorKey, fmt.Sprintf("%s@127.0.0.1:%d", node.ID, node.Ports.P2P), msg)
}

const gentxGas = 300_000 // for each message
