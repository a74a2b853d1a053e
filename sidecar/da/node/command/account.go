package command

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// sending wraps a command that sends one transaction.
func sending(cmd *cobra.Command, run func(cmd *cobra.Command, args []string, config node.Config, a account) error) *cobra.Command {
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		config, err := load()
		if err != nil {
			return err
		}
		a, err := open(contextOf(cmd), config)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		return exitOf(run(cmd, args, config, a))
	}
	return cmd
}

// exitOf gives the chain's refusals their exit codes.
func exitOf(err error) error {
	switch {
	case errors.Is(err, chain.ErrRejected):
		return daemon.Exit(daemon.ExitRejected, err)
	case errors.Is(err, chain.ErrUnavailable):
		return daemon.Exit(daemon.ExitNetwork, err)
	case errors.Is(err, chain.ErrNotFound):
		return daemon.Exit(daemon.ExitNotFound, err)
	}
	return err
}

func newRegisterCmd() *cobra.Command {
	return sending(&cobra.Command{
		Use: "register", Short: "Register the account as a signer; start does so by itself", Args: cobra.NoArgs,
		Long: `Register registers the account with the newest BLS key of HOME and takes the
deposit. A key can be registered once, ever: after unregistering, make a new one
with "keys new" first.`,
	}, func(cmd *cobra.Command, _ []string, config node.Config, a account) error {
		ctx := contextOf(cmd)
		status, err := a.client.Status(ctx)
		if err != nil {
			return err
		}
		keys, err := node.OpenKeys(option(cmd, "home"))
		if err != nil {
			return err
		}
		secret, public := keys.Newest()
		epoch, receipt, err := a.sender.RegisterDASigner(ctx, config.Advertised(), public, node.Possession(secret, a.sender.Bytes(), status.EVMChainID))
		if err != nil {
			return err
		}
		result := map[string]any{"address": a.sender.Address(), "socket": config.Advertised(), "from_epoch": epoch, "tx_hash": receipt.TxHash, "height": receipt.Height}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), result,
			textOf("%s is a signer at %s and takes part from epoch %d\ntransaction %s\n", a.sender.Address(), config.Advertised(), epoch, receipt.TxHash))
	})
}

func newUnregisterCmd() *cobra.Command {
	return sending(&cobra.Command{
		Use: "unregister", Short: "Leave; the deposit returns when retention is over", Args: cobra.NoArgs,
		Long: `Unregister gives up being a signer. Keep the node running with --register=false
until the epoch that is printed: what it signed for must stay available.`,
	}, func(cmd *cobra.Command, _ []string, _ node.Config, a account) error {
		epoch, receipt, err := a.sender.UnregisterDASigner(contextOf(cmd))
		if err != nil {
			return err
		}
		result := map[string]any{"address": a.sender.Address(), "locked_until_epoch": epoch, "tx_hash": receipt.TxHash, "height": receipt.Height}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), result,
			textOf("%s leaves; its deposit returns after epoch %d\ntransaction %s\n", a.sender.Address(), epoch, receipt.TxHash))
	})
}

func newDepositCmd() *cobra.Command {
	return sending(&cobra.Command{Use: "deposit AZG", Short: "Add to the signer's deposit", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, args []string, _ node.Config, a account) error {
			amount, ok := new(big.Int).SetString(args[0], 10)
			if !ok || amount.Sign() <= 0 {
				return daemon.Exit(daemon.ExitUsage, fmt.Errorf("amount %q, want a whole number of azg above 0", args[0]))
			}
			deposit, receipt, err := a.sender.AddDADeposit(contextOf(cmd), amount)
			if err != nil {
				return err
			}
			result := map[string]any{"address": a.sender.Address(), "deposit_azg": deposit.String(), "tx_hash": receipt.TxHash, "height": receipt.Height}
			return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), result,
				textOf("deposit of %s is %v azg\ntransaction %s\n", a.sender.Address(), deposit, receipt.TxHash))
		})
}
