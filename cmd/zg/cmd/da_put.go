package cmd

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client/network"
	da "github.com/zgd-network/zgd/sidecar/da/client"
)

func (a *app) daPutCmd() *cobra.Command {
	var opts da.PutOptions
	var yes bool
	var maxPrice, encoder string
	var signTimeout time.Duration
	var workers, memoryMiB int
	cmd := &cobra.Command{
		Use:   "put FILE",
		Short: "Put a file on the lane; prints the root",
		Long: `Put a file on the lane; prints the root.

Through the network's disperser, if it has one, which then pays and confirms; zg
computes the root itself and reads the confirmation from the chain. With --direct,
or where there is no disperser, zg does all of it with your key: it encodes, pays,
brings the rows to the quorum, collects the signatures and confirms.

A file above one blob becomes several and a list of them, whose root is printed.

Ctrl-C leaves everything so that the same command goes on from there.`,
		Example: `  zg da put --dry-run --direct batch.bin
  zg da put -y --direct --output json batch.bin`,
		Args: usageArgs(1, 1, "one file"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			limit, err := optionalAmount(maxPrice)
			if err != nil {
				return err
			}
			use := keyOptional // a disperser's client has no need of one
			if (opts.Direct || opts.Archive) && !opts.DryRun {
				use = keyNeeded
			}
			s, err := a.connectDA(cmd, use, func(o *da.Options, ready network.Ready) {
				o.Encoder, o.Workers, o.Disperser.SignTimeout = encoderOf(encoder, ready), workers, signTimeout
				o.MemoryMiB = memoryMiB
			})
			if err != nil {
				return err
			}
			defer s.Close()
			opts.Accept = func(quote da.Quote) error { return daAgree(cmd, quote, limit, yes) }
			result, err := s.Put(cmd.Context(), args[0], opts)
			if err != nil {
				return err
			}
			return a.printDAPut(cmd, result)
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.Direct, "direct", false, "encode, disperse and confirm here, with your key")
	flags.BoolVar(&opts.Archive, "archive", false, "enter it into the storage log as well, to be mined; implies --direct")
	flags.BoolVarP(&yes, "yes", "y", false, "agree to the price without being asked")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "print root and price; sign and send nothing")
	flags.StringVar(&encoder, "encoder", "", "gRPC address of a disperser, host:port, https://host:port with TLS (default the network's)")
	flags.StringVar(&maxPrice, "max-price", "", "refuse to pay more than this, like 0.5zg")
	flags.DurationVar(&signTimeout, "sign-timeout", time.Minute, "how long to wait for two thirds of the seats")
	flags.IntVar(&memoryMiB, "memory-mib", 528, "coded rows held at once, four times their payload; more keeps more blobs on their way")
	flags.IntVar(&workers, "workers", 0, "cores to encode on (default all)")
	return cmd
}

func printDAQuote(w io.Writer, q da.Quote) {
	fmt.Fprintf(w, "price of %s: %d blobs\n", formatBytes(q.SizeBytes), q.Blobs)
	fmt.Fprintf(w, "  blobs      %s  (to the signers who hold them, the lottery and the community pool)\n", formatAmount(q.Fee))
	if q.Endowment.Sign() > 0 {
		fmt.Fprintf(w, "  endowment  %s  (to the miners who prove they hold it, as of 'zg put')\n", formatAmount(q.Endowment))
	}
	fmt.Fprintf(w, "  gas        %s  (to the validators, estimated, %d transactions)\n", formatAmount(q.Gas), q.Transactions)
	fmt.Fprintf(w, "  total      %s\n", formatAmount(q.Total()))
	if q.Balance != nil {
		fmt.Fprintf(w, "  balance    %s\n", formatAmount(q.Balance))
	}
}

func (a *app) printDAPut(cmd *cobra.Command, result *da.PutResult) error {
	stderr := cmd.ErrOrStderr()
	switch {
	case result.DryRun:
		if a.output != "json" && result.Quote != nil {
			printDAQuote(stderr, *result.Quote)
		}
		fmt.Fprintln(stderr, "dry run: nothing was signed or sent")
	case result.Quote == nil:
		fmt.Fprintf(stderr, "confirmed %s in %.1f s, through %s\n", formatBytes(result.SizeBytes), result.Seconds, result.Via)
	case result.Reused == len(result.Blobs):
		fmt.Fprintf(stderr, "nothing paid: all of it is confirmed already\n")
	default:
		archived := ""
		if result.Endowment != "0" {
			archived = ", an endowment of " + formatText(result.Endowment)
		}
		fmt.Fprintf(stderr, "confirmed %s in %.1f s, paid %s%s and %s for gas\n", formatBytes(result.SizeBytes), result.Seconds, formatText(result.Fee), archived, formatText(result.Gas))
	}
	return a.print(cmd, result, result.Root+"\n")
}
