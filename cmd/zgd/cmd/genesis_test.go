package cmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/client"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
	"github.com/zgd-network/zgd/cmd/zgd/cmd"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// zgd runs one command line in this process.
func zgd(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root, err := cmd.NewRootCmd()
	require.NoError(t, err)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err = svrcmd.Execute(root, "ZGD", t.TempDir())
	return out.String(), err
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := zgd(t, args...)
	require.NoError(t, err, "zgd %s\n%s", strings.Join(args, " "), out)
	return out
}

// TestANetworkIsMadeByHand: init, gentx and collect-gentxs of two validators, each
// with a home of its own, need no further step for the beacon; without the file that
// gentx writes beside its transaction, the collector is told what is missing. A
// registration can be brought in by itself, too. mission D05 (keys in genesis)
func TestANetworkIsMadeByHand(t *testing.T) {
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	network := []string{"--chain-id", "zg-devnet-1"}
	keyring := []string{"--keyring-backend", "test"}
	for _, home := range []string{one, two} {
		must(t, append(network, "init", filepath.Base(home), "--home", home)...)
		info, err := os.Stat(beaconkey.Path(home))
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm())
		must(t, append(keyring, "keys", "add", "operator", "--home", home)...)
	}
	address := func(home string) string {
		return strings.TrimSpace(must(t, append(keyring, "keys", "show", "operator", "-a", "--home", home)...))
	}
	require.NotEqual(t, seedOf(t, one), seedOf(t, two), "init draws a seed")
	seed := strings.Repeat("ab", 32)
	must(t, "genesis", "set-beacon-seed", seed, "--home", one)

	for _, home := range []string{one, two} { // both know both accounts, as when a genesis goes round
		for _, other := range []string{one, two} {
			must(t, append(keyring, "genesis", "add-genesis-account", address(other), "1000000000000000000000azg", "--home", home)...)
		}
		must(t, append(append(network, keyring...), "genesis", "gentx", "operator", "100000000000000000000azg", "--home", home)...)
	}
	beacons := copyGentx(t, two, one)
	require.Len(t, beacons, 1)
	_, err := zgd(t, "genesis", "collect-gentxs", "--home", one)
	require.ErrorContains(t, err, "no beacon key of validator")
	_, err = zgd(t, "genesis", "validate", "--home", one)
	require.ErrorContains(t, err, "(two)", "the moniker of the one that is missing")

	// by the folder
	raw, err := os.ReadFile(beacons[0])
	require.NoError(t, err)
	beside := filepath.Join(one, "config", "gentx", filepath.Base(beacons[0]))
	require.NoError(t, os.WriteFile(beside, raw, 0o600))
	must(t, "genesis", "collect-gentxs", "--home", one)
	must(t, "genesis", "validate", "--home", one)
	starts(t, filepath.Join(one, "config", "genesis.json"), 2)

	// by the command; a file that was changed is refused
	bad := filepath.Join(t.TempDir(), "bad.beacon")
	require.NoError(t, os.WriteFile(bad, bytes.Replace(raw, []byte(`"consensus_address": "`), []byte(`"consensus_address": "00`), 1)[:len(raw)], 0o600))
	_, err = zgd(t, "genesis", "add-beacon-key", bad, "--home", one)
	require.Error(t, err)
	must(t, "genesis", "add-beacon-key", beacons[0], "--home", one)
	must(t, "genesis", "add-beacon-key", "--home", one)
	require.Contains(t, must(t, "beacon-key", "show", "--home", two), `"possession"`)
	require.Contains(t, must(t, "beacon-key", "add", "--home", two), "2 keys")
	starts(t, filepath.Join(one, "config", "genesis.json"), 2)
}

// copyGentx brings a gentx to another home and returns the files it leaves behind.
func copyGentx(t *testing.T, from, to string) (left []string) {
	t.Helper()
	gentxs, err := filepath.Glob(filepath.Join(from, "config", "gentx", "*.json"))
	require.NoError(t, err)
	require.Len(t, gentxs, 1)
	raw, err := os.ReadFile(gentxs[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(to, "config", "gentx", filepath.Base(gentxs[0])), raw, 0o600))
	left, err = filepath.Glob(filepath.Join(from, "config", "gentx", "*.beacon"))
	require.NoError(t, err)
	return left
}

func seedOf(t *testing.T, home string) string {
	t.Helper()
	genesis, err := genutiltypes.AppGenesisFromFile(filepath.Join(home, "config", "genesis.json"))
	require.NoError(t, err)
	var state struct {
		DASigners struct {
			Seed string `json:"genesis_seed"`
		} `json:"dasigners"`
	}
	require.NoError(t, json.Unmarshal(genesis.AppState, &state))
	return state.DASigners.Seed
}

// starts gives a genesis to the chain, which checks the validators' beacon keys.
func starts(t *testing.T, path string, validators int) {
	t.Helper()
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	require.NoError(t, err)
	chain, err := app.New(app.Options{
		Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: genesis.ChainID, LoadLatest: true, AppOptions: noMempool{},
	})
	require.NoError(t, err)
	defer func() { _ = chain.Close() }()
	params := genesis.Consensus.Params.ToProto()
	response, err := chain.InitChain(&abci.RequestInitChain{
		ChainId: genesis.ChainID, Time: genesis.GenesisTime, ConsensusParams: &params, InitialHeight: 1, AppStateBytes: genesis.AppState,
	})
	require.NoError(t, err)
	require.Len(t, response.Validators, validators)
}

type noMempool struct{}

func (noMempool) Get(key string) any {
	if key == "mempool.max-txs" {
		return -1
	}
	return nil
}

// TestSearchesReadTheBeacon: a search over transactions decodes each it finds.
func TestSearchesReadTheBeacon(t *testing.T) {
	root, err := cmd.NewRootCmd()
	require.NoError(t, err)
	var config client.TxConfig
	root.AddCommand(&cobra.Command{Use: "probe", RunE: func(cmd *cobra.Command, _ []string) error {
		config = client.GetClientContextFromCmd(cmd).TxConfig
		return nil
	}})
	root.SetArgs([]string{"probe", "--home", t.TempDir()})
	require.NoError(t, svrcmd.Execute(root, "ZGD", t.TempDir()))
	for _, signature := range [][]byte{nil, make([]byte, 64)} {
		tx, err := config.TxDecoder()(beacon.EncodeTx(signature))
		require.NoError(t, err)
		require.Empty(t, tx.GetMsgs())
	}
	_, err = config.TxDecoder()(append(beacon.EncodeTx(nil), 1))
	require.Error(t, err, "tagged bytes of no form")
}
