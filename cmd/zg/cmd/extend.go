package cmd

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
)

func (a *app) extendCmd() *cobra.Command {
	var opts client.ExtendOptions
	var amount, maxPrice string
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
			limit, err := optionalAmount(maxPrice)
			if err != nil {
				return err
			}
			use := keyNeeded
			if opts.DryRun {
				use = keyOptional
			}
			s, err := a.connect(cmd, use, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			opts.Accept = func(quote client.ExtendQuote) error {
				printExtendQuote(cmd.ErrOrStderr(), quote)
				return agreeTotal(cmd, quote.Total(), limit, yes)
			}
			result, err := s.Extend(cmd.Context(), root, opts)
			if err != nil {
				return err
			}
			if opts.DryRun {
				if a.output != "json" {
					printExtendQuote(cmd.ErrOrStderr(), result.Quote)
					fmt.Fprintln(cmd.ErrOrStderr(), "dry run: nothing was signed or sent")
				}
			} else {
				fmt.Fprintf(cmd.ErrOrStderr(), "paid %s and a fee of %s\n", formatText(result.Amount), formatText(result.Fee))
			}
			return a.print(cmd, result, "paid until "+formatTime(result.EndTime)+"\n")
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&amount, "amount", "", "what to pay, like 0.5zg")
	flags.Float64Var(&years, "years", 0, "how many years of 365 days longer")
	flags.Float64Var(&days, "days", 0, "how many days longer")
	flags.StringVar(&maxPrice, "max-price", "", "refuse to pay more than this with the fee, like 0.5zg")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "print the price; sign and send nothing")
	flags.BoolVarP(&yes, "yes", "y", false, "agree to the price without being asked")
	return cmd
}

func printExtendQuote(w io.Writer, q client.ExtendQuote) {
	fmt.Fprintf(w, "price of more time for %d entries\n", q.Entries)
	fmt.Fprintf(w, "  endowment  %s  (to the miners who prove they hold it)\n", formatAmount(q.Amount))
	fmt.Fprintf(w, "  fee        %s  (to the validators, estimated, %d transactions)\n", formatAmount(q.Fee), q.Entries)
	fmt.Fprintf(w, "  total      %s\n", formatAmount(q.Total()))
	if q.Balance != nil {
		fmt.Fprintf(w, "  balance    %s\n", formatAmount(q.Balance))
	}
}
