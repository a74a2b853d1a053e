package cmd

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingcli "github.com/cosmos/cosmos-sdk/x/staking/client/cli"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// registrationSuffix ends the file that gentx writes beside the genesis
// transaction: the beacon key, which a gentx cannot carry.
const registrationSuffix = ".beacon"

// genesisCmd is the SDK's, with beacon keys: gentx writes the validator's into its
// genesis and beside the gentx, collect-gentxs takes in those that lie beside
// gentxs, validate looks whether one is missing.
func genesisCmd(codecs *app.App, home string) *cobra.Command {
	cmd := genutilcli.Commands(codecs.TxConfig(), codecs.BasicModuleManager, home)
	cmd.AddCommand(addBeaconKeyCmd(codecs, home), setBeaconSeedCmd(codecs, home))
	for _, sub := range cmd.Commands() {
		run := sub.RunE
		switch sub.Name() {
		case "gentx":
			after(sub, func(cmd *cobra.Command, _ []string) error { return gentxBeaconKey(cmd, codecs) })
		case "collect-gentxs":
			after(sub, func(cmd *cobra.Command, _ []string) error { return collectBeaconKeys(cmd, codecs) })
		case "validate":
			sub.RunE = func(cmd *cobra.Command, args []string) error {
				path := sdkserver.GetServerContextFromCmd(cmd).Config.GenesisFile()
				if len(args) > 0 {
					path = args[0]
				}
				if err := run(cmd, args); err != nil {
					return err
				}
				return withGenesis(path, false, func(_ *genutiltypes.AppGenesis, state app.GenesisState) error {
					return checkBeaconKeys(codecs, state)
				})
			}
		}
	}
	return cmd
}

// after runs a step when the command has succeeded.
func after(cmd *cobra.Command, step func(*cobra.Command, []string) error) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := run(cmd, args); err != nil {
			return err
		}
		return step(cmd, args)
	}
}

// withGenesis reads a genesis file and, if save, writes it back changed.
func withGenesis(path string, save bool, do func(*genutiltypes.AppGenesis, app.GenesisState) error) error {
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	state, err := genutiltypes.GenesisStateFromAppGenesis(genesis)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if err := do(genesis, state); err != nil || !save {
		return err
	}
	if genesis.AppState, err = json.MarshalIndent(state, "", "  "); err != nil {
		return err
	}
	return genutil.ExportGenesisFile(genesis, path)
}

// addToGenesis puts registrations into a genesis file.
func addToGenesis(codecs *app.App, path string, registrations ...beacon.Registration) error {
	return withGenesis(path, true, func(genesis *genutiltypes.AppGenesis, state app.GenesisState) error {
		evmChainID, err := app.EVMChainID(genesis.ChainID)
		if err != nil {
			return err
		}
		for _, r := range registrations {
			if err := app.AddBeaconKey(codecs.AppCodec(), state, evmChainID, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// gentxBeaconKey follows gentx.
func gentxBeaconKey(cmd *cobra.Command, codecs *app.App) error {
	config := sdkserver.GetServerContextFromCmd(cmd).Config
	registration, err := ownRegistration(cmd, codecs)
	if err != nil {
		return err
	}
	if err := addToGenesis(codecs, config.GenesisFile(), registration); err != nil {
		return err
	}
	gentx, _ := cmd.Flags().GetString(flags.FlagOutputDocument)
	if gentx == "" {
		id, _ := cmd.Flags().GetString(stakingcli.FlagNodeID)
		if id == "" {
			if id, _, err = genutil.InitializeNodeValidatorFiles(config); err != nil {
				return err
			}
		}
		gentx = filepath.Join(config.RootDir, "config", "gentx", "gentx-"+id+".json")
	}
	path := strings.TrimSuffix(gentx, ".json") + registrationSuffix
	if err := writeRegistration(path, registration); err != nil {
		return err
	}
	cmd.PrintErrf("Beacon key written to %q, and into this home's genesis: give it away together with the genesis transaction\n", path)
	return nil
}

// collectBeaconKeys follows collect-gentxs.
func collectBeaconKeys(cmd *cobra.Command, codecs *app.App) error {
	config := sdkserver.GetServerContextFromCmd(cmd).Config
	folder, _ := cmd.Flags().GetString("gentx-dir")
	if folder == "" {
		folder = filepath.Join(config.RootDir, "config", "gentx")
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*"+registrationSuffix))
	if err != nil {
		return err
	}
	var registrations []beacon.Registration
	for _, path := range paths {
		registration, err := readRegistration(path)
		if err != nil {
			return err
		}
		registrations = append(registrations, registration)
	}
	if err := addToGenesis(codecs, config.GenesisFile(), registrations...); err != nil {
		return err
	}
	return withGenesis(config.GenesisFile(), false, func(_ *genutiltypes.AppGenesis, state app.GenesisState) error {
		return checkBeaconKeys(codecs, state)
	})
}

func checkBeaconKeys(codecs *app.App, state app.GenesisState) error {
	missing, err := codecs.ValidatorsWithoutBeaconKey(state)
	if err != nil || len(missing) == 0 {
		return err
	}
	return fmt.Errorf("genesis has no beacon key of validator %s, and the chain would not start: put the file %s that `%s genesis gentx` wrote beside the genesis transaction into the same folder and collect again, or run `%s genesis add-beacon-key FILE`",
		strings.Join(missing, ", "), "gentx-ID"+registrationSuffix, app.Name, app.Name)
}

func addBeaconKeyCmd(codecs *app.App, home string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add-beacon-key [registration-file]",
		Short: "Put a validator's beacon key into genesis",
		Long: `Put a validator's beacon key into genesis: that of this home, or the one in a file
that "gentx" or "beacon-key show" wrote elsewhere. The proof that the validator
has the key's secret is checked. "gentx" and "collect-gentxs" do this by
themselves.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var registration beacon.Registration
			var err error
			if len(args) == 1 {
				registration, err = readRegistration(args[0])
			} else {
				registration, err = ownRegistration(cmd, codecs)
			}
			if err != nil {
				return err
			}
			return addToGenesis(codecs, sdkserver.GetServerContextFromCmd(cmd).Config.GenesisFile(), registration)
		},
	}
	cmd.Flags().String(flags.FlagHome, home, "The application home directory")
	addConsensusFlag(cmd)
	return cmd
}

func setBeaconSeedCmd(codecs *app.App, home string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set-beacon-seed [hex]",
		Short: "Set what the chain's randomness starts from",
		Long: `Set what the chain's randomness starts from, 32 bytes in hex. "init" draws it at
random. Validators that want to be sure that nobody has chosen it agree on a
value that none of them knew before, when all beacon keys are in.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := hex.DecodeString(strings.TrimPrefix(args[0], "0x"))
			if err != nil || len(raw) != 32 {
				return fmt.Errorf("seed %.80q, want 32 bytes in hex", args[0])
			}
			return withGenesis(sdkserver.GetServerContextFromCmd(cmd).Config.GenesisFile(), true, func(_ *genutiltypes.AppGenesis, state app.GenesisState) error {
				return app.SetBeaconSeed(codecs.AppCodec(), state, [32]byte(raw))
			})
		},
	}
	cmd.Flags().String(flags.FlagHome, home, "The application home directory")
	return cmd
}

// prepareGenesis follows init: our bounds of a block, and a seed of the beacon.
func prepareGenesis(codecs *app.App, path string) error {
	return withGenesis(path, true, func(genesis *genutiltypes.AppGenesis, state app.GenesisState) error {
		genesis.Consensus.Params.Block = app.DefaultConsensusParams().Block
		var seed [32]byte
		if _, err := rand.Read(seed[:]); err != nil {
			return err
		}
		return app.SetBeaconSeed(codecs.AppCodec(), state, seed)
	})
}

// ownRegistration is that of the home's newest beacon key, which is made if there
// is none, for the home's validator and chain.
func ownRegistration(cmd *cobra.Command, codecs *app.App) (beacon.Registration, error) {
	server := sdkserver.GetServerContextFromCmd(cmd)
	chainID, err := chainIDOf(server.Viper)
	if err != nil {
		return beacon.Registration{}, err
	}
	evmChainID, err := app.EVMChainID(chainID)
	if err != nil {
		return beacon.Registration{}, err
	}
	address, err := consensusAddress(cmd, codecs)
	if err != nil {
		return beacon.Registration{}, err
	}
	signers, err := beaconkey.Ensure(client.GetClientContextFromCmd(cmd).HomeDir)
	if err != nil {
		return beacon.Registration{}, err
	}
	return beacon.Register(signers[len(signers)-1], evmChainID, address)
}

const flagConsensusAddress = "consensus-address"

func addConsensusFlag(cmd *cobra.Command) {
	cmd.Flags().String(flagConsensusAddress, "", "address of the validator's consensus key, 40 hex digits (default: of priv_validator_key.json)")
}

// consensusAddress is the validator's: as --consensus-address or --pubkey says,
// else that of this home's key.
func consensusAddress(cmd *cobra.Command, codecs *app.App) (address [20]byte, err error) {
	if text, _ := cmd.Flags().GetString(flagConsensusAddress); text != "" {
		raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
		if err != nil || len(raw) != len(address) {
			return address, fmt.Errorf("--%s %.60q, want %d bytes in hex", flagConsensusAddress, text, len(address))
		}
		return [20]byte(raw), nil
	}
	if text, _ := cmd.Flags().GetString(stakingcli.FlagPubKey); text != "" {
		var key cryptotypes.PubKey
		if err := codecs.AppCodec().UnmarshalInterfaceJSON([]byte(text), &key); err != nil {
			return address, fmt.Errorf("--%s: %w", stakingcli.FlagPubKey, err)
		}
		return [20]byte(key.Address()), nil
	}
	return addressOfKeyFile(sdkserver.GetServerContextFromCmd(cmd).Config.PrivValidatorKeyFile())
}

// addressOfKeyFile reads a priv_validator_key.json.
func addressOfKeyFile(path string) (address [20]byte, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return address, fmt.Errorf("%s does not exist: run `%s init`, or give --%s", path, app.Name, flagConsensusAddress)
	}
	if err != nil {
		return address, err
	}
	var file struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return address, fmt.Errorf("read %s: %w", path, err)
	}
	if raw, err = hex.DecodeString(file.Address); err != nil || len(raw) != len(address) {
		return address, fmt.Errorf("read %s: address %.60q", path, file.Address)
	}
	return [20]byte(raw), nil
}

func readRegistration(path string) (r beacon.Registration, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("beacon key registration: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("beacon key registration %s: %w", path, err)
	}
	return r, nil
}

func writeRegistration(path string, r beacon.Registration) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
