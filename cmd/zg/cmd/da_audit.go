package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	da "github.com/zgd-network/zgd/sidecar/da/client"
)

func (a *app) daAuditCmd() *cobra.Command {
	var opts da.AuditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Fetch and check blobs of the past that the beacon draws",
		Long: `Fetch and check blobs of the past that the beacon draws.

The chain's randomness after a block says which of the blobs on record are looked
at, so nobody can choose easy ones and anybody who names the same block looks at the
same. Each is fetched whole, a list of blobs with all of them, and checked against
its root. A confirmed blob that cannot be had fails the audit.`,
		Example: `  zg da audit --count 5
  zg da audit --height 120000 --output json`,
		Args: usageArgs(0, 0, "no arguments"),
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			s, err := a.connectDA(cmd, keyNone, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			result, err := s.Audit(cmd.Context(), opts)
			if err != nil && !errors.Is(err, da.ErrAudit) {
				return err
			}
			return errors.Join(a.print(cmd, result, daAuditText(result)), err)
		}),
	}
	flags := cmd.Flags()
	flags.Int64Var(&opts.Height, "height", 0, "block whose beacon draws (default the newest)")
	flags.IntVar(&opts.Count, "count", 3, "blobs to look at")
	return cmd
}

func daAuditText(r *da.Audited) string {
	var b strings.Builder
	fmt.Fprintf(&b, "beacon of block %d drew %d of blobs %d to %d\n", r.Height, len(r.Blobs), r.First, r.Next-1)
	for _, blob := range r.Blobs {
		switch {
		case blob.Reason != "":
			fmt.Fprintf(&b, "blob %d  %s  FAILED: %s\n", blob.BlobID, blob.Root, blob.Reason)
		case blob.SizeBytes == 0:
			fmt.Fprintf(&b, "blob %d  %s  %s, not looked at\n", blob.BlobID, blob.Root, blob.Status)
		default:
			fmt.Fprintf(&b, "blob %d  %s  %s, %s in %.2f s\n", blob.BlobID, blob.Root, blob.Kind, formatBytes(blob.SizeBytes), blob.Seconds)
		}
	}
	fmt.Fprintf(&b, "%d right, %d failed\n", r.Passed, r.Failed)
	return b.String()
}
