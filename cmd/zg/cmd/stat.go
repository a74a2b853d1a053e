package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
)

func (a *app) statCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "stat ROOT",
		Short: "Show an entry: place, endowment, end, copies, proofs",
		Args:  usageArgs(1, 1, "one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			root, err := parseRoot(args[0])
			if err != nil {
				return err
			}
			s, err := a.connect(cmd, keyNone, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			stat, err := s.Stat(cmd.Context(), root)
			if err != nil {
				return err
			}
			return a.print(cmd, stat, statText(stat))
		}),
	}
}

func statText(stat *client.Stat) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "root\t%s\n", stat.Root)
	fmt.Fprintf(w, "kind\t%s\n", stat.Kind)
	fmt.Fprintf(w, "size\t%s (%d bytes)\n", formatBytes(stat.SizeBytes), stat.SizeBytes)
	fmt.Fprintf(w, "entry\t%d, submitted by %s in block %d\n", stat.TxSeq, stat.Submitter, stat.Height)
	fmt.Fprintf(w, "sectors\t[%d, %d)\n", stat.StartSector, stat.StartSector+stat.Sectors)
	fmt.Fprintf(w, "paid until\t%s\n", formatTime(stat.EndTime))
	fmt.Fprintf(w, "price\t%s per sector and period\n", formatText(stat.UnitPrice))
	fmt.Fprintf(w, "endowment\t%s: %s paid to miners, %s accrued, %s left\n",
		formatText(stat.Endowment), formatText(stat.EndowmentPaid), formatText(stat.EndowmentAccrued), formatText(stat.EndowmentLeft))
	if m := stat.Manifest; m != nil {
		fmt.Fprintf(w, "holds\t%d files, %s in %d entries, the first paid until %s\n", m.Files, formatBytes(m.SizeBytes), m.Entries, formatTime(m.FirstEndTime))
		fmt.Fprintf(w, "in all\t%s: %s paid to miners, %s accrued, %s left\n",
			formatText(m.Endowment), formatText(m.EndowmentPaid), formatText(m.EndowmentAccrued), formatText(m.EndowmentLeft))
	}
	for _, node := range stat.Nodes {
		fmt.Fprintf(w, "node\t%s %s\n", node.URL, nodeState(node))
	}
	fmt.Fprintf(w, "proofs\t%d\n", len(stat.Proofs))
	for _, proof := range stat.Proofs {
		fmt.Fprintf(w, "\t%d by miner %.10s in block %d, %s, sector %d, reward %s\n",
			proof.ProofID, proof.MinerID, proof.Height, formatTime(proof.Time), proof.RecallSector, formatText(proof.Reward))
	}
	_ = w.Flush() // into memory
	return out.String()
}

func nodeState(node client.NodeHolds) string {
	switch {
	case node.Error != "":
		return "does not answer: " + node.Error
	case node.Finalized:
		return "has it"
	case node.Known:
		return fmt.Sprintf("has %d segments of it", node.Segments)
	}
	return "does not know it"
}
