package devnet

import (
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	sdkmath "cosmossdk.io/math"

	"github.com/cometbft/cometbft/p2p"

	"github.com/cosmos/evm/crypto/hd"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// What makes a proof land every few seconds on one core. These are parameters of
// genesis; no module knows that it runs in a devnet.
const (
	blocksPerEpoch = 5 // a new mining context every five blocks
	// payoutWindowLoads is 64 MiB: small enough that a first proof over a small
	// file pays for that file, large enough that windows have several entries.
	payoutWindowLoads = 256
	targetBlocks      = 3 // from the opening of an epoch to its proof
	// firstDifficulty is about one core-second of tries: 850 recalled loads of
	// 64 tries each. The retarget does the rest.
	firstDifficulty = 850 * 64
	claimMinEpochs  = 1

	fundedZG = 1_000_000 // of every account
)

// makeNetwork writes keys, genesis and settings of a new network.
func makeNetwork(plan Plan) error {
	o := plan.Options
	users, err := Accounts()
	if err != nil {
		return err
	}
	miners, err := MinerAccounts()
	if err != nil {
		return err
	}
	operators, err := OperatorAccounts(o.Validators)
	if err != nil {
		return err
	}
	faucet, err := FaucetAccount()
	if err != nil {
		return err
	}
	signers, err := daSigners(o.DASigners)
	if err != nil {
		return err
	}
	encoder, err := DAEncoderAccount()
	if err != nil {
		return err
	}
	accounts := slices.Concat(users, miners, []Account{faucet, encoder})
	for _, s := range signers {
		accounts = append(accounts, s.Account)
	}
	if err := writeKeyFiles(o.Home, accounts); err != nil {
		return err
	}
	if err := writeDAKeys(plan, signers); err != nil {
		return err
	}
	if err := initValidators(plan, accounts, operators, signers); err != nil {
		return err
	}
	return importKeys(plan.Validators[0].Home, users)
}

// importKeys lays the users' keys into a validator's test keyring, so that
// `zgd tx … --from dev0 --home …/validator-0` signs with them.
func importKeys(home string, accounts []Account) error {
	codecs, err := app.NewForCodecs()
	if err != nil {
		return err
	}
	keys, err := keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, home, strings.NewReader(""), codecs.AppCodec(), hd.EthSecp256k1Option())
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	for _, a := range accounts {
		if err := keys.ImportPrivKeyHex(a.Name, hex.EncodeToString(a.Key), string(hd.EthSecp256k1Type)); err != nil {
			return fmt.Errorf("keyring: %s: %w", a.Name, err)
		}
	}
	return nil
}

func initValidators(plan Plan, accounts, operators []Account, signers []daSigner) error {
	o := plan.Options
	options := testnet.Options{
		OutputDir: o.Home, ChainID: ChainID, Validators: o.Validators, BlockTime: o.BlockTime,
		Home:    func(i int) string { return plan.Validators[i].Home },
		Ports:   func(i int) testnet.Ports { return plan.Validators[i].Ports.Ports },
		Genesis: []testnet.GenesisMutator{setModuleParams, setDAGenesis(plan, signers)},
		App:     func(c *nodeconfig.AppConfig) { c.Pruning = "nothing" }, // a short life, every height at hand
	}
	options.Delegators = delegators(signers)
	coins := sdk.NewCoins(sdk.NewCoin(app.BaseDenom, sdkmath.NewInt(fundedZG).Mul(sdk.DefaultPowerReduction)))
	for _, a := range accounts {
		options.Accounts = append(options.Accounts, testnet.Account{Name: a.Name, Address: a.Address, Coins: coins})
	}
	for _, a := range operators {
		options.Operators = append(options.Operators, a.Key)
	}
	network, err := testnet.Init(options)
	if err != nil {
		return err
	}
	if network.EVMChainID != EVMChainID {
		return fmt.Errorf("chain %s has EVM chain id %d, want %d", ChainID, network.EVMChainID, EVMChainID)
	}
	return nil
}

// setModuleParams changes what x/flow and x/pora start with.
func setModuleParams(cdc codec.Codec, state app.GenesisState) error {
	var flow flowtypes.GenesisState
	if err := cdc.UnmarshalJSON(state[flowtypes.ModuleName], &flow); err != nil {
		return fmt.Errorf("genesis of x/flow: %w", err)
	}
	flow.Params.BlocksPerEpoch = blocksPerEpoch
	flow.PayoutWindowLoads = payoutWindowLoads
	state[flowtypes.ModuleName] = cdc.MustMarshalJSON(&flow)

	var pora poratypes.GenesisState
	if err := cdc.UnmarshalJSON(state[poratypes.ModuleName], &pora); err != nil {
		return fmt.Errorf("genesis of x/pora: %w", err)
	}
	pora.Params.TargetBlocks = targetBlocks
	pora.Params.ClaimMinEpochs = claimMinEpochs
	target := poratypes.TargetOf(firstDifficulty)
	pora.Target = target[:]
	state[poratypes.ModuleName] = cdc.MustMarshalJSON(&pora)
	return nil
}

// link tells every validator where the others listen today: ports may differ
// from those the network was made with.
func link(plan Plan) error {
	ids := make([]string, len(plan.Validators))
	for i, p := range plan.Validators {
		key, err := p2p.LoadNodeKey(p.Home + "/config/node_key.json")
		if err != nil {
			return fmt.Errorf("%s: %w: start anew with --reset", p.Name, err)
		}
		ids[i] = string(key.ID())
		if _, err := os.Stat(beaconkey.Path(p.Home)); err != nil {
			return fmt.Errorf("%s has no beacon key (an older zgd made this network): start anew with --reset", p.Name)
		}
	}
	prefix := envPrefix(plan.Options.Executable)
	for i := range plan.Validators {
		var peers []string
		for j, peer := range plan.Validators {
			if j != i {
				peers = append(peers, ids[j]+"@"+loopback(peer.Ports.P2P))
			}
		}
		plan.Validators[i].Env = append(plan.Validators[i].Env, prefix+"P2P_PERSISTENT_PEERS="+strings.Join(peers, ","))
	}
	return nil
}
