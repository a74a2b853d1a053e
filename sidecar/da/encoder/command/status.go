package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func statusCmd() *cobra.Command {
	command := &cobra.Command{
		Use: "status", Short: "One screen about a running encoder", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			url, err := cmd.Flags().GetString("node")
			if err != nil {
				return err
			}
			if url == "" {
				_, cfg, err := tree.Load(cmd)
				if err != nil {
					return err
				}
				url = "http://" + cfg.HTTPListen
			}
			status, err := daemon.FetchStatus[encoder.Status](cmd.Context(), url+"/v1/status")
			if err != nil {
				return daemon.Exit(daemon.ExitNetwork, err)
			}
			return daemon.PrintFor(cmd, status, func(w io.Writer) { printStatus(w, url, status) })
		},
	}
	command.Flags().String("node", "", "URL of the encoder's HTTP door; empty: the one of --home")
	return command
}

func printStatus(w io.Writer, url string, s encoder.Status) {
	fmt.Fprintf(w, "encoder   %s  up %s  (%s)\n", url, time.Duration(s.Uptime)*time.Second, s.Version)
	fmt.Fprintf(w, "chain     EVM %d, epoch %d, profile %d, at most %d bytes a blob\n", s.EVMChainID, s.Epoch, s.Profile, s.MaxBytes)
	fmt.Fprintf(w, "account   %s  %s azg\n", s.Address, s.BalanceAzg)
	fmt.Fprintf(w, "blobs     %d on their way, %.1f MiB in the spool, %.1f MiB in memory\n", s.Pending, float64(s.SpoolBytes)/(1<<20), float64(s.MemoryBytes)/(1<<20))
	if s.Trouble != "" {
		fmt.Fprintf(w, "trouble   %s\n", s.Trouble)
	}
}
