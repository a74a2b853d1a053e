package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func newStatusCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Ask a running node how it is doing", Args: cobra.NoArgs}
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		status, err := daemon.FetchStatus[node.Status](cmd.Context(), "http://"+config.StatusListen+"/v1/status")
		if err != nil {
			return daemon.Exit(daemon.ExitNetwork, err)
		}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), status, func(w io.Writer) { printStatus(w, status) })
	}
	return cmd
}

func printStatus(w io.Writer, s node.Status) {
	fmt.Fprintf(w, "state      %s", s.State)
	if s.Reason != "" {
		fmt.Fprintf(w, " (%s)", s.Reason)
	}
	fmt.Fprintf(w, "\nsigner     %s  %s at %s\n", s.Address, s.EVMAddress, s.Socket)
	fmt.Fprintf(w, "chain      %s (EVM %d), height %d\n", s.ChainID, s.EVMChainID, s.Height)
	next := "not registered for the next"
	if s.NextEpoch {
		next = "registered for the next"
	}
	fmt.Fprintf(w, "epoch      %d with %d seats; %s, which begins at height %d\n", s.Epoch, s.Seats, next, s.NextHeight)
	fmt.Fprintf(w, "deposit    %s azg; balance %s azg\n", s.DepositAzg, s.BalanceAzg)
	switch {
	case s.Tombstoned:
		fmt.Fprintln(w, "jailed     for good: it attested falsely")
	case s.Jailed > s.Epoch:
		fmt.Fprintf(w, "jailed     until epoch %d: it signed too little\n", s.Jailed)
	}
	fmt.Fprintf(w, "blobs      %d held (%d wait for confirmation), %.3f GiB\n", s.Blobs.Held, s.Blobs.Waiting, float64(s.Blobs.Bytes)/(1<<30))
	fmt.Fprintf(w, "signed     %d blobs in %d batches; %d submissions accepted, %d refused\n", s.Blobs.Signed, s.Blobs.Batches, s.Blobs.Accepted, s.Blobs.Refused)
	fmt.Fprintf(w, "served     %d rows, %d chunks, %.3f GiB; %d lost to rot\n", s.Served.Rows, s.Served.Chunks, float64(s.Served.Bytes)/(1<<30), s.Served.Lost)
	fmt.Fprintf(w, "sampling   round %d: %d winners of %d paid, %s azg; %d challenges answered, %d not\n",
		s.Sampling.Round, s.Sampling.Paid, s.Sampling.Winners, s.Sampling.RewardAzg, s.Sampling.ChallengesAnswered, s.Sampling.ChallengesFailed)
	fmt.Fprintf(w, "scrub      %.3f GiB checked, %d loads rotten\n", float64(s.Scrub.Bytes)/(1<<30), s.Scrub.Rotten)
	if s.LastError != "" {
		fmt.Fprintf(w, "last error %s\n", s.LastError)
	}
}
