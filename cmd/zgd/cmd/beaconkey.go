package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// beaconKeyCmd is about a validator's key to the chain's randomness.
func beaconKeyCmd(codecs *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "beacon-key",
		Short: "A validator's key to the chain's randomness",
		Long: `A validator's key to the chain's randomness, config/beacon_key.json. Every block
begins with its proposer's signature by this key. It is as secret as the
validator's consensus key and has to be kept as well: a validator that has lost it
cannot propose until a new one is effective, two epochs after its registration.

A new key: "add" makes it beside the old one, "register" sends it to the chain;
restart the node after "add". The old one signs until the new one takes over.`,
		RunE: client.ValidateCmd,
	}
	cmd.AddCommand(showBeaconKeyCmd(codecs), addKeyCmd(), registerBeaconKeyCmd(codecs), beaconKeyStatusCmd(codecs))
	return cmd
}

func showBeaconKeyCmd(codecs *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the newest key with the proof of its possession; nothing secret",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			registration, err := ownRegistration(cmd, codecs)
			if err != nil {
				return err
			}
			raw, err := json.MarshalIndent(registration, "", "  ")
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), string(raw))
			return nil
		},
	}
	addConsensusFlag(cmd)
	return cmd
}

func addKeyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "add",
		Short: "Make a new key beside those that are there",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home := client.GetClientContextFromCmd(cmd).HomeDir
			signers, err := beaconkey.Add(home)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s holds %d keys now, the newest is %.8x…\n", beaconkey.Path(home), len(signers), publicKey(signers[len(signers)-1]))
			return nil
		},
	}
}

func registerBeaconKeyCmd(codecs *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "register",
		Short:   "Send the newest key to the chain, signed by the validator's operator",
		Example: "  zgd beacon-key register --from operator",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			clientCtx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			registration, err := ownRegistration(cmd, codecs)
			if err != nil {
				return err
			}
			return clienttx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), &datypes.MsgSetBeaconKey{
				Operator:   clientCtx.GetFromAddress().String(),
				Key:        datypes.Key{G1: bls.EncodeG1(&registration.Public.G1), G2: bls.EncodeG2(&registration.Public.G2)},
				Possession: registration.Possession,
			})
		},
	}
	addConsensusFlag(cmd)
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

func beaconKeyStatusCmd(codecs *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Compare this home's keys with the one that is effective on chain",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			clientCtx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			address, err := consensusAddress(cmd, codecs)
			if err != nil {
				return err
			}
			signers, err := beaconkey.Load(clientCtx.HomeDir)
			if err != nil && !errors.Is(err, beaconkey.ErrMissing) {
				return err
			}
			response, err := datypes.NewQueryClient(clientCtx).BeaconKey(cmd.Context(), &datypes.QueryBeaconKeyRequest{ConsensusAddress: fmt.Sprintf("0x%x", address)})
			if status.Code(err) == codes.NotFound {
				response, err = &datypes.QueryBeaconKeyResponse{}, nil
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "validator %x: %s\n", address, beaconKeyState(signers, response.EffectiveG2, response.Key))
			return nil
		},
	}
	addConsensusFlag(cmd)
	flags.AddQueryFlagsToCmd(cmd)
	return cmd
}

// beaconKeyState says in a sentence whether a validator can propose.
func beaconKeyState(signers []beacon.Signer, effective []byte, record datypes.BeaconKey) string {
	next := ""
	switch {
	case len(record.NextG2) > 0 && !bytes.Equal(record.NextG2, effective):
		next = fmt.Sprintf("; key %.8x… takes over in epoch %d, %s", record.NextG2, record.NextEpoch, held(signers, record.NextG2))
	case len(record.G2) > 0 && len(effective) == 0:
		next = fmt.Sprintf("; key %.8x… takes over in epoch %d, %s", record.G2, record.EffectiveEpoch, held(signers, record.G2))
	}
	switch {
	case len(effective) == 0:
		return "no effective key, its blocks mix a constant" + next
	case held(signers, effective) == here:
		return fmt.Sprintf("key %.8x… is effective and in this home", effective) + next
	default:
		return fmt.Sprintf("CANNOT PROPOSE: key %.8x… is effective and not in this home: give it back config/beacon_key.json, or register a new key and wait two epochs", effective) + next
	}
}

const (
	here    = "which is in this home"
	notHere = "which is NOT in this home"
)

func held(signers []beacon.Signer, g2 []byte) string {
	for _, signer := range signers {
		if bytes.Equal(publicKey(signer), g2) {
			return here
		}
	}
	return notHere
}

// publicKey is what the chain knows of a signer, 128 bytes.
func publicKey(signer beacon.Signer) []byte {
	public := signer.Public()
	return bls.EncodeG2(&public.G2)
}
