package cmd

import (
	"fmt"
	"math/big"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
)

func (a *app) extendCmd() *cobra.Command {
	var opts client.ExtendOptions
	var amount string
	var years, days float64
	var yes bool
	cmd := &cobra.Command{
		Use:   "extend ROOT",
		Short: "Pay for more time, of a root and all it consists of",
		Example: `  zg extend $ROOT --years 2 --dry-run
  zg extend $ROOT --amount 0.5zg -y`,
		Args: usageArgs(1, 1, "one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			root, err := parseRoot(args[0])
			if err != nil {
				return err
			}
			if years < 0 || days < 0 || years > 1000 || days > 365000 {
				return fmt.Errorf("%w: --years and --days want a positive number", client.ErrUsage)
			}
			opts.Seconds = uint64(years*secondsPerYear + days*86400)
			if opts.Amount, err = optionalAmount(amount); err != nil {
				return err
			}
			use := keyNeeded
			if opts.DryRun {
				use = keyNone
			}
			s, err := a.connect(cmd, use, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			opts.Accept = func(total *big.Int, entries int) error {
				fmt.Fprintf(cmd.ErrOrStderr(), "price: %s for %d entries, and the fees of %d transactions\n", formatAmount(total), entries, entries)
				return confirm(cmd, yes, "Pay "+formatAmount(total)+"?")
			}
			result, err := s.Extend(cmd.Context(), root, opts)
			if err != nil {
				return err
			}
			if opts.DryRun {
				fmt.Fprintf(cmd.ErrOrStderr(), "price: %s for %d entries; dry run: nothing was signed or sent\n", formatText(result.Amount), len(result.Entries))
			}
			return a.print(cmd, result, "paid until "+formatTime(result.EndTime)+"\n")
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&amount, "amount", "", "what to pay, like 0.5zg")
	flags.Float64Var(&years, "years", 0, "how many years of 365 days longer")
	flags.Float64Var(&days, "days", 0, "how many days longer")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "print the price; sign and send nothing")
	flags.BoolVarP(&yes, "yes", "y", false, "agree to the price without being asked")
	return cmd
}
