package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/miner"
)

func newStatusCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Ask a running miner what it does", Args: cobra.NoArgs}
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		status, err := daemon.FetchStatus[miner.Status](cmd.Context(), "http://"+config.StatusListen+"/v1/status")
		if err != nil {
			return daemon.Exit(daemon.ExitNetwork, err)
		}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), status, func(w io.Writer) { printStatus(w, status) })
	}
	return cmd
}

func printStatus(w io.Writer, s miner.Status) {
	fmt.Fprintf(w, "state      %s", s.State)
	if s.Reason != "" {
		fmt.Fprintf(w, " (%s)", s.Reason)
	}
	if s.Detail != "" {
		fmt.Fprintf(w, ": %s", s.Detail)
	}
	fmt.Fprintf(w, "\nminer      %s\nowner      %s, balance %s azg\n", s.MinerID, s.Owner, s.BalanceAzg)
	fmt.Fprintf(w, "claim      flow %d from load %d, shard %d/%d, active from epoch %d\n",
		s.Claim.FlowID, s.Claim.StartLoad, s.Claim.ShardID, s.Claim.NumShard, s.Claim.ActiveFromEpoch)
	fmt.Fprintf(w, "epoch      %d at height %d\n", s.Epoch, s.Height)
	fmt.Fprintf(w, "sealed     %d/%d loads (%d failing), %.1f MB/s", s.Loads.Sealed, s.Loads.Wanted, s.Loads.Failing, s.Loads.MBPerSecond)
	if s.Loads.EtaSeconds > 0 {
		fmt.Fprintf(w, ", ready in %v", time.Duration(s.Loads.EtaSeconds)*time.Second)
	}
	fmt.Fprintf(w, "\nsearch     %d iterations, %.0f/s, %d nonces skipped\n", s.Search.Iterations, s.Search.IterationsPerSecond, s.Search.Skipped)
	fmt.Fprintf(w, "proofs     %d accepted, %d late, %d refused, %d not sent; %s azg since the start\n",
		s.Proofs.Accepted, s.Proofs.Late, s.Proofs.Refused, s.Proofs.Unproven, s.Proofs.RewardAzg)
	fmt.Fprintf(w, "scrub      %.3f GiB checked, %d loads rotten\n", float64(s.Scrub.Bytes)/(1<<30), s.Scrub.Rotten)
	fmt.Fprintf(w, "chain      %s\nstorage    %s\n", link(s.Chain), link(s.Storage))
	if s.LastError != "" {
		fmt.Fprintf(w, "last error %s\n", s.LastError)
	}
}

func link(l miner.StatusLink) string {
	if l.Reachable {
		return "ok"
	}
	return "unreachable: " + l.Error
}

func textOf(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintf(w, format, args...) }
}
