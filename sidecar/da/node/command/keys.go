package command

import (
	"encoding/hex"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func newKeysCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Look at the node's keys, or replace the BLS key"}
	cmd.AddCommand(newKeysShowCmd(), newKeysNewCmd(), newKeysRotateCmd())
	return cmd
}

type shownKey struct {
	File string `json:"file"`
	G1   string `json:"g1"`
	G2   string `json:"g2"`
}

type shownKeys struct {
	Address    string     `json:"address,omitempty"`
	EVMAddress string     `json:"evm_address,omitempty"`
	Keys       []shownKey `json:"keys"`
}

func newKeysShowCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "show", Short: "Show the account's addresses and the public BLS keys", Args: cobra.NoArgs}
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		var out shownKeys
		if config.KeyFile != "" {
			key, err := loadKey(config)
			if err != nil {
				return err
			}
			out.Address, out.EVMAddress = key.Address(), key.EVMAddress()
		}
		keys, err := node.LookKeys(option(cmd, "home"))
		if err != nil {
			return daemon.Exit(daemon.ExitUsage, err)
		}
		for _, k := range keys.List() {
			out.Keys = append(out.Keys, shownKey{k.File, hex.EncodeToString(k.Public.G1), hex.EncodeToString(k.Public.G2)})
		}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), out, func(w io.Writer) {
			if out.Address != "" {
				fmt.Fprintf(w, "%s\n%s\n", out.Address, out.EVMAddress)
			}
			for _, k := range out.Keys {
				fmt.Fprintf(w, "%s\n  g1 %s\n  g2 %s\n", k.File, k.G1, k.G2)
			}
		})
	}
	return cmd
}

func newKeysNewCmd() *cobra.Command {
	return &cobra.Command{
		Use: "new", Short: "Make another BLS key, for a registration after leaving", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, err := node.OpenKeys(option(cmd, "home"))
			if err != nil {
				return daemon.Exit(daemon.ExitUsage, err)
			}
			_, public, err := keys.Make()
			if err != nil {
				return err
			}
			text := hex.EncodeToString(public.G1)
			return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), map[string]string{"g1": text}, textOf("%s\n", text))
		},
	}
}

func newKeysRotateCmd() *cobra.Command {
	return sending(&cobra.Command{
		Use: "rotate", Short: "Make a new BLS key and have it take over two epochs from now", Args: cobra.NoArgs,
		Long: `Rotate makes a key beside the old one, which quorums drawn earlier keep, and
registers it. A running node finds it by itself. Never delete an old key before
the retention of what it signed is over.`,
	}, func(cmd *cobra.Command, _ []string, _ node.Config, a account) error {
		ctx := contextOf(cmd)
		status, err := a.client.Status(ctx)
		if err != nil {
			return err
		}
		keys, err := node.OpenKeys(option(cmd, "home"))
		if err != nil {
			return daemon.Exit(daemon.ExitUsage, err)
		}
		secret, public, err := keys.Make()
		if err != nil {
			return err
		}
		epoch, receipt, err := a.sender.RotateDAKey(ctx, public, node.Possession(secret, a.sender.Bytes(), status.EVMChainID))
		if err != nil {
			return err
		}
		text := hex.EncodeToString(public.G1)
		result := map[string]any{"g1": text, "effective_epoch": epoch, "tx_hash": receipt.TxHash, "height": receipt.Height}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), result,
			textOf("key %s takes over in epoch %d\ntransaction %s\n", text, epoch, receipt.TxHash))
	})
}
