package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
)

func (a *app) infoCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "info",
		Short: "Show the network: chain, prices with examples, storage nodes",
		Args:  usageArgs(0, 0, "none"),
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			use := keyNone
			if a.keyFile != "" {
				use = keyNeeded // only to learn its address
			}
			s, err := a.connect(cmd, use, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			info, err := s.Info(cmd.Context(), s.account(a.from))
			if err != nil {
				return err
			}
			return a.print(cmd, info, infoText(info))
		}),
	}
}

func infoText(info *client.Info) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "chain\t%s (EVM %d), block %d, %s\n", info.ChainID, info.EVMChainID, info.Height, formatTime(info.BlockTime))
	if info.CatchingUp {
		fmt.Fprintf(w, "\tthe node asked is still catching up\n")
	}
	fmt.Fprintf(w, "flow\tepoch %d (every %d blocks), %d entries, %s\n", info.Epoch, info.BlocksPerEpoch, info.Entries, formatBytes(info.LengthSectors*256))
	if info.Paused {
		fmt.Fprintf(w, "\tsubmissions are paused by governance\n")
	}
	fmt.Fprintf(w, "one entry\tat most %s\n", formatBytes(info.MaxEntrySectors*256))
	fmt.Fprintf(w, "price floor\t%s per sector of 256 B and %s\n", formatText(info.UnitPrice), formatSeconds(info.PeriodSeconds))
	for _, example := range info.Examples {
		fmt.Fprintf(w, "  %s\t%s for %s\n", formatBytes(example.SizeBytes), formatText(example.Endowment), formatSeconds(info.PeriodSeconds))
	}
	if info.Account != "" {
		fmt.Fprintf(w, "account\t%s has %s\n", info.Account, formatText(info.Balance))
	}
	for _, node := range info.Nodes {
		if !node.OK {
			fmt.Fprintf(w, "node\t%s DOES NOT ANSWER: %s\n", node.URL, node.Error)
			continue
		}
		fmt.Fprintf(w, "node\t%s ok, %.1f ms, %d blocks behind, shard %d/%d\n", node.URL, node.LatencyMS, node.LagBlocks, node.Shard.ShardID, node.Shard.NumShard)
	}
	_ = w.Flush() // into memory
	return out.String()
}
