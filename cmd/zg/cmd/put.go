package cmd

import (
	"fmt"
	"io"
	"math/big"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
)

func (a *app) putCmd() *cobra.Command {
	var opts client.PutOptions
	var yes, each bool
	var tags, maxPrice, unitPrice string
	var replicas, parallel int
	cmd := &cobra.Command{
		Use:   "put PATH...",
		Short: "Store a file, several files or a folder; prints the root",
		Long: `Store a file, several files or a folder; prints the root.

One file becomes one entry of the chain. A folder, several paths, or a file
larger than one entry become several entries and a manifest, and the root is
the manifest's. What is on the chain already, from whomever, is not paid again.

Ctrl-C leaves everything so that the same command goes on from there.`,
		Example: `  zg put --dry-run big.bin
  zg put -y --output json folder/`,
		Args: usageArgs(1, -1, "at least one path"),
		RunE: run(func(cmd *cobra.Command, paths []string) error {
			opts.Tags = []byte(tags)
			limit, err := optionalAmount(maxPrice)
			if err != nil {
				return err
			}
			if opts.UnitPrice, err = optionalAmount(unitPrice); err != nil {
				return err
			}
			use := keyNeeded
			if opts.DryRun {
				use = keyOptional
			}
			s, err := a.connect(cmd, use, func(o *client.Options) { o.Replicas, o.Parallel = replicas, parallel })
			if err != nil {
				return err
			}
			defer s.Close()
			opts.Accept = func(quote client.Quote) error { return agree(cmd, quote, limit, yes) }
			groups := [][]string{paths}
			if each {
				groups = nil
				for _, path := range paths {
					groups = append(groups, []string{path})
				}
			}
			for _, group := range groups {
				result, err := s.Put(cmd.Context(), group, opts)
				if err != nil {
					return err
				}
				if err := a.printPut(cmd, result); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	flags := cmd.Flags()
	flags.BoolVarP(&yes, "yes", "y", false, "agree to the price without being asked")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "print the price; sign and send nothing")
	flags.BoolVar(&opts.Force, "force", false, "pay for a new entry even if the same data is on the chain")
	flags.BoolVar(&each, "each", false, "store each path by itself and print one root per line")
	flags.StringVar(&tags, "tags", "", "text noted with the entry of a single file")
	flags.StringVar(&maxPrice, "max-price", "", "refuse to pay more than this, like 0.5zg")
	flags.StringVar(&unitPrice, "unit-price", "", "pay this per sector and period, like 40000000000azg, to draw more miners (default the floor)")
	flags.IntVar(&replicas, "replicas", 1, "copies to upload to the storage nodes given")
	parallelFlag(cmd, &parallel)
	return cmd
}

// parallelFlag is --parallel, bounded so that memory stays below 256 MiB.
func parallelFlag(cmd *cobra.Command, value *int) {
	cmd.Flags().IntVar(value, "parallel", 0, "segments of 256 KiB under way at once (default 16)")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *value < 0 || *value > 1024 {
			return fmt.Errorf("%w: --parallel %d, want 1 to 1024", client.ErrUsage, *value)
		}
		return nil
	}
}

// optionalAmount parses a flag that may be empty.
func optionalAmount(text string) (*big.Int, error) {
	if text == "" {
		return nil, nil
	}
	return parseAmount(text)
}

// agree shows a price and asks for consent; called before anything is signed.
func agree(cmd *cobra.Command, quote client.Quote, limit *big.Int, yes bool) error {
	printQuote(cmd.ErrOrStderr(), quote)
	return agreeTotal(cmd, quote.Total(), limit, yes)
}

// agreeTotal holds a total against --max-price, if there is one, and asks.
func agreeTotal(cmd *cobra.Command, total, limit *big.Int, yes bool) error {
	if limit != nil && total.Cmp(limit) > 0 {
		return fmt.Errorf("%w: %s is more than --max-price %s", client.ErrDeclined, formatAmount(total), formatAmount(limit))
	}
	return confirm(cmd, yes, "Pay "+formatAmount(total)+"?")
}

func printQuote(w io.Writer, q client.Quote) {
	fmt.Fprintf(w, "price of %s: %d entries, %d sectors, for %s\n", formatBytes(q.SizeBytes), q.Entries, q.Sectors, formatSeconds(q.PeriodSeconds))
	fmt.Fprintf(w, "  endowment  %s  (to the miners who prove they hold it)\n", formatAmount(q.Endowment))
	fmt.Fprintf(w, "  fee        %s  (to the validators, estimated, %d transactions)\n", formatAmount(q.Fee), q.Transactions)
	fmt.Fprintf(w, "  total      %s\n", formatAmount(q.Total()))
	if q.Balance != nil {
		fmt.Fprintf(w, "  balance    %s\n", formatAmount(q.Balance))
	}
	if q.Reused > 0 {
		fmt.Fprintf(w, "  %d entries are on the chain already and cost nothing\n", q.Reused)
	}
}

func (a *app) printPut(cmd *cobra.Command, result *client.PutResult) error {
	stderr := cmd.ErrOrStderr()
	if result.DryRun {
		if a.output != "json" {
			printQuote(stderr, result.Quote)
			fmt.Fprintln(stderr, "dry run: nothing was signed or sent")
		}
		return a.print(cmd, result, result.Root.String()+"\n")
	}
	paid := fmt.Sprintf("paid %s and a fee of %s", formatText(result.Endowment), formatText(result.Fee))
	if result.Quote.Entries == 0 {
		paid = "nothing paid: it is on the chain already (--force pays for a new entry)"
	}
	fmt.Fprintf(stderr, "stored %s as entry %d in %.1f s, %s; kept until %s\n",
		formatBytes(result.SizeBytes), result.TxSeq, result.Seconds, paid, formatTime(result.EndTime))
	return a.print(cmd, result, result.Root.String()+"\n")
}
