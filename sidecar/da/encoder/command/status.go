package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
				_, cfg, err := load(cmd)
				if err != nil {
					return err
				}
				url = "http://" + cfg.HTTPListen
			}
			status, err := ask(cmd, url)
			if err != nil {
				return daemon.Exit(daemon.ExitNetwork, err)
			}
			return print(cmd, status, func(w io.Writer) { printStatus(w, url, status) })
		},
	}
	command.Flags().String("node", "", "URL of the encoder's HTTP door; empty: the one of --home")
	return command
}

func ask(cmd *cobra.Command, url string) (status encoder.Status, err error) {
	request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url+"/v1/status", nil)
	if err != nil {
		return status, err
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return status, fmt.Errorf("encoder unavailable: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	err = errors.Join(err, response.Body.Close())
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %.200s", url, response.Status, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &status)
	}
	return status, err
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
