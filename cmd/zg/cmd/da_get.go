package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	da "github.com/zgd-network/zgd/sidecar/da/client"
)

func (a *app) daGetCmd() *cobra.Command {
	var opts da.GetOptions
	var out string
	cmd := &cobra.Command{
		Use:   "get ROOT",
		Short: "Fetch what a root stands for, verified",
		Long: `Fetch what a root stands for, verified.

Rows come from the members of the quorum that signed for the blob; each is checked
against the root, and against the coding, before it is used. Any quarter of them
is enough. Members that do not answer, or answer with something else, are named.`,
		Example: `  zg da get $ROOT -o copy.bin
  zg da get $ROOT -o - | sha256sum`,
		Args: usageArgs(1, 1, "one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			root, err := parseRoot(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				if isTerminal(cmd.OutOrStdout()) {
					return fmt.Errorf("%w: where to? -o FILE, or -o - for this terminal", client.ErrUsage)
				}
				out = "-"
			}
			if out == "-" && a.output == "json" {
				return fmt.Errorf("%w: --output json and the file's bytes cannot both go to stdout; give -o FILE", client.ErrUsage)
			}
			s, err := a.connectDA(cmd, keyNone, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			if out == "-" {
				_, err := s.GetTo(cmd.Context(), root, cmd.OutOrStdout(), opts)
				return err
			}
			result, err := s.Get(cmd.Context(), root, out, opts)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "verified %s to %s in %.1f s, %.0f MB/s, %d rows rebuilt\n", formatBytes(result.SizeBytes), result.Path, result.Seconds, result.MBPerS, result.Rebuilt)
			return a.print(cmd, result, "")
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&out, "out", "o", "", "file to write; - is stdout")
	flags.BoolVar(&opts.Force, "force", false, "replace what is there")
	flags.BoolVar(&opts.Raw, "raw", false, "of a large file: the list's own bytes")
	return cmd
}

func (a *app) daStatusCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "status ROOT",
		Short: "Show where a blob stands: submitted, confirmed, until when",
		Args:  usageArgs(1, 1, "one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			root, err := parseRoot(args[0])
			if err != nil {
				return err
			}
			s, err := a.connectDA(cmd, keyNone, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			status, err := s.Status(cmd.Context(), root)
			if err != nil {
				return err
			}
			return a.print(cmd, status, daStatusText(status))
		}),
	}
}

func daStatusText(s *da.Status) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "root\t%s\n", s.Root)
	fmt.Fprintf(w, "status\t%s\n", s.Status)
	switch s.Kind {
	case da.KindManifest:
		fmt.Fprintf(w, "kind\tlist of %d blobs, a file of %s (%d bytes)\n", s.Parts, formatBytes(s.FileBytes), s.FileBytes)
	case da.KindBlob:
		fmt.Fprintf(w, "kind\tone blob\n")
	default:
		fmt.Fprintf(w, "kind\tunknown: the holder of its first row does not tell\n")
	}
	fmt.Fprintf(w, "size\t%s (%d bytes)\n", formatBytes(s.SizeBytes), s.SizeBytes)
	fmt.Fprintf(w, "blob\t%d, of quorum %d in epoch %d (profile %d)\n", s.BlobID, s.QuorumID, s.Epoch, s.Profile)
	if s.Proven {
		fmt.Fprintf(w, "record\tgone; proven by the blobs confirmed in block %d\n", s.ConfirmHeight)
	} else {
		fmt.Fprintf(w, "submitted\tin block %d by %s, fee %s\n", s.SubmitHeight, s.Submitter, formatText(s.Fee))
	}
	switch s.Status {
	case "submitted":
		fmt.Fprintf(w, "deadline\tblock %d\n", s.DeadlineHeight)
	case "confirmed":
		fmt.Fprintf(w, "confirmed\tin block %d; %d members hold it until the end of epoch %d\n", s.ConfirmHeight, s.Members, s.LastEpoch)
	}
	_ = w.Flush() // into memory
	return out.String()
}

func (a *app) daSignersCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "signers",
		Short: "Show the running quorums and the stake they stand for",
		Args:  usageArgs(0, 0, "none"),
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			s, err := a.connectDA(cmd, keyNone, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			signers, err := s.Signers(cmd.Context())
			if err != nil {
				return err
			}
			return a.print(cmd, signers, daSignersText(signers))
		}),
	}
}

func daSignersText(s *da.Signers) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "epoch\t%d, the next one at block %d\n", s.Epoch, s.NextHeight)
	fmt.Fprintf(w, "registered\t%d votes of %s: %.1f %% of the %s bonded\n", s.Votes, formatText(s.VotePrice), 100*s.Share, formatText(s.Bonded))
	fmt.Fprintf(w, "\twhat two thirds promise holds while less than a third of the registered stake is hostile\n")
	for _, q := range s.Quorums {
		fmt.Fprintf(w, "quorum\t%d: %d members on %d seats (profile %d)\n", q.ID, len(q.Members), q.Seats, q.Profile)
		for _, m := range q.Members {
			fmt.Fprintf(w, "\t%s  %d seats  %s\n", m.Address, m.Seats, m.Socket)
		}
	}
	_ = w.Flush() // into memory
	return out.String()
}
