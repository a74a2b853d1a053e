package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/network"
	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	da "github.com/zgd-network/zgd/sidecar/da/client"
)

func (a *app) daSampleCmd() *cobra.Command {
	var opts da.SampleOptions
	var trustHash string
	cmd := &cobra.Command{
		Use:   "sample ROOT",
		Short: "Ask for a few random chunks; prints the confidence that the blob is there",
		Long: `Ask for a few random chunks; prints the confidence that the blob is there.

If too few rows can be had to rebuild the blob, random samples succeed with a small
probability that falls with each one. A confidence of 99.9999 % takes 11 samples of
2 KiB when all succeed, about 40 when a third of the rows is missing, as may be.

That the blob was confirmed is proven from a header you name, else from the newest
one that an earlier run trusted, else the node's newest (kept in light/ beside
the network's ready file, without one in ~/.zg/light).

What is shown: rows enough to rebuild are served to whoever asks like this, and two
thirds of the seats signed that they decode to one payload. Not shown: that they are
served to everybody, or what the payload means.`,
		Args: usageArgs(1, 1, "one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			root, err := parseRoot(args[0])
			if err != nil {
				return err
			}
			if opts.Trust, err = trustOf(opts.Trust.Height, trustHash); err != nil {
				return err
			}
			s, err := a.connectDA(cmd, keyNone, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			opts.Trust.Dir = lightDir(s.ready)
			result, err := s.Sample(cmd.Context(), root, opts)
			if err != nil && !errors.Is(err, da.ErrNotShown) {
				return err
			}
			return errors.Join(a.print(cmd, result, daSampleText(result)), err)
		}),
	}
	flags := cmd.Flags()
	flags.Float64Var(&opts.Confidence, "confidence", 0.999999, "how sure to be, below 1")
	flags.Int64Var(&opts.Trust.Height, "trust-height", 0, "height of a header that you know to be right")
	flags.StringVar(&trustHash, "trust-hash", "", "and its hash, 64 hex digits")
	flags.BoolVar(&opts.TrustNode, "trust-node", false, "take the node's word that the blob was confirmed")
	flags.IntVar(&opts.MaxSamples, "max-samples", 256, "samples after which it is not shown")
	return cmd
}

func daSampleText(s *da.Sampled) string {
	verdict := "available"
	if !s.Shown {
		verdict = "NOT SHOWN to be available"
	}
	text := fmt.Sprintf("%s with confidence %s\n", verdict, percent(s.Confidence))
	text += fmt.Sprintf("%d samples of %d rows, %d failed; %d of the rows rebuild it\n", s.Samples, s.Rows, s.Failed, s.DataRows)
	text += fmt.Sprintf("%s from %d members in %.2f s\n", formatBytes(s.Bytes), s.Peers, s.Seconds)
	switch s.Header {
	case da.HeaderNode:
		text += "that it was confirmed is the word of the chain node that was asked\n"
	case da.HeaderFirstUse:
		text += fmt.Sprintf("that it was confirmed is proven by the header of block %d, the first one seen of this chain: the node's word, kept for the next time\n", s.Height)
	default:
		text += fmt.Sprintf("that it was confirmed is proven by the header of block %d\n", s.Height)
	}
	for _, f := range s.Faults {
		text += "signer " + f.String() + "\n"
	}
	return text
}

// trustOf reads what is trusted to begin with.
func trustOf(height int64, hash string) (da.LightTrust, error) {
	trust := da.LightTrust{Height: height}
	if (height > 0) != (hash != "") {
		return trust, fmt.Errorf("%w: --trust-height and --trust-hash go together", client.ErrUsage)
	}
	if hash == "" {
		return trust, nil
	}
	parsed, err := nodeapi.ParseHash("0x" + strings.ToLower(strings.TrimPrefix(hash, "0x")))
	if err != nil {
		return trust, fmt.Errorf("%w: --trust-hash: %w", client.ErrUsage, err)
	}
	trust.Hash = parsed
	return trust, nil
}

// lightDir is where the trusted headers of a network are kept: beside its ready
// file, which goes with the network when 'zgd devnet --reset' makes a new one of the
// same name, else in the home folder.
func lightDir(ready network.Ready) string {
	if ready.Dir != "" {
		return filepath.Join(ready.Dir, "light")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".zg", "light")
}

// percent writes a confidence with all its nines.
func percent(confidence float64) string {
	if confidence >= 1 {
		return "100 %"
	}
	return strconv.FormatFloat(100*confidence, 'f', 8, 64) + " %"
}
