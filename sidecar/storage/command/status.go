package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/storage"
)

// statusReport is what `status` prints.
type statusReport struct {
	Node    string             `json:"node"`
	Healthy bool               `json:"healthy"`
	Reasons []string           `json:"reasons"`
	Details []string           `json:"details"`
	Status  nodeapi.NodeStatus `json:"status"`
}

func statusCmd() *cobra.Command {
	command := &cobra.Command{
		Use: "status", Short: "One screen about a running node", Args: cobra.NoArgs,
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
				url = "http://" + cfg.Listen
			}
			report, err := askStatus(cmd, url)
			if err != nil {
				return daemon.Exit(daemon.ExitNetwork, err)
			}
			return daemon.PrintFor(cmd, report, report.print)
		},
	}
	command.Flags().String("node", "", "URL of the node; empty: the one of --home")
	return command
}

func askStatus(cmd *cobra.Command, url string) (statusReport, error) {
	report := statusReport{Node: url, Reasons: []string{}, Details: []string{}}
	client, err := nodeapi.New(url, nodeapi.Options{Timeout: 5 * time.Second})
	if err != nil {
		return report, err
	}
	if report.Status, err = client.GetNodeStatus(cmd.Context()); err != nil {
		return report, err
	}
	request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return report, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return report, err
	}
	defer response.Body.Close()
	report.Healthy = response.StatusCode == http.StatusOK
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	var health struct{ Reasons, Details []string }
	err = errors.Join(err, json.Unmarshal(body, &health))
	report.Reasons = append(report.Reasons, health.Reasons...)
	report.Details = append(report.Details, health.Details...)
	return report, err
}

func (r statusReport) print(w io.Writer) {
	s := r.Status
	health := "ok"
	if !r.Healthy {
		health = "NOT WELL"
	}
	fmt.Fprintf(w, "node      %s  %s  (%s)\n", r.Node, health, s.Version)
	for _, line := range slices.Concat(r.Reasons, r.Details) {
		fmt.Fprintf(w, "          %s\n", line)
	}
	fmt.Fprintf(w, "chain     height %d, %d blocks behind, next entry %d\n", s.ChainHeight, s.LagBlocks, s.NextTxSeq)
	fmt.Fprintf(w, "files     %d known, %d complete, %d waiting for data\n", s.Files.Known, s.Files.Finalized, s.Files.Waiting)
	fmt.Fprintf(w, "data      %d loads, %.3f GiB; %.1f GiB free\n", s.Loads, float64(s.Bytes)/(1<<30), float64(s.DiskFree)/(1<<30))
	fmt.Fprintf(w, "scrub     %.3f GiB checked, %d loads rotten; last full pass %s\n", float64(s.Scrub.Bytes)/(1<<30), s.Scrub.Rotten, passText(s.Scrub.LastFullPass))
	fmt.Fprintf(w, "shard     %d of %d\n", s.Shard.ShardID, s.Shard.NumShard)
}

func passText(unix int64) string {
	if unix == 0 {
		return "not yet"
	}
	return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05 UTC")
}

func inspectCmd() *cobra.Command {
	return &cobra.Command{
		Use: "inspect", Short: "What a home holds (node stopped)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, cfg, err := tree.Load(cmd)
			if err != nil {
				return err
			}
			node, err := storage.OpenOffline(home, cfg)
			if err != nil {
				return err
			}
			summary, err := node.Summary(home)
			if err = errors.Join(err, node.Close()); err != nil {
				return err
			}
			return daemon.PrintFor(cmd, summary, func(w io.Writer) {
				fmt.Fprintf(w, "home      %s\nchain     %s (EVM %d)\n", summary.Home, summary.ChainID, summary.EVMChainID)
				fmt.Fprintf(w, "flow      next entry %d, %d sectors, root %s\n", summary.NextTxSeq, summary.LengthSectors, summary.FlowRoot)
				fmt.Fprintf(w, "files     %d complete\n", summary.Finalized)
				fmt.Fprintf(w, "engine    %d loads (%d partial, %d quarantined) in %d packs of %d slots; %.3f GiB\n",
					summary.Loads, summary.Partial, summary.Quarantined, summary.Packs, summary.PackSlots, float64(summary.Bytes)/(1<<30))
			})
		},
	}
}

func fsckCmd() *cobra.Command {
	command := &cobra.Command{
		Use: "fsck", Short: "Check a home for contradictions and rot (node stopped)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			full, err := cmd.Flags().GetBool("full")
			if err != nil {
				return err
			}
			home, cfg, err := tree.Load(cmd)
			if err != nil {
				return err
			}
			node, err := storage.OpenOffline(home, cfg)
			if err != nil {
				return err
			}
			report, err := node.Check(cmd.Context(), full, nil)
			if err = errors.Join(err, node.Close()); err != nil {
				return err
			}
			if err := daemon.PrintFor(cmd, report, func(w io.Writer) { printCheck(w, report) }); err != nil {
				return err
			}
			if !report.OK() {
				return daemon.Exit(daemon.ExitVerify, errors.New("the store has damage; start the node and upload what is lost again"))
			}
			return nil
		},
	}
	command.Flags().Bool("full", false, "read and hash every byte")
	return command
}

func printCheck(w io.Writer, r storage.CheckReport) {
	fmt.Fprintf(w, "%d entries, %d segments, %d files complete; %d loads, %.3f GiB\n", r.Entries, r.Segments, r.Finalized, r.Loads, float64(r.Bytes)/(1<<30))
	for _, line := range append(r.Lost, r.Problems...) {
		fmt.Fprintln(w, "  "+line)
	}
	if r.OK() {
		fmt.Fprintln(w, "ok")
		return
	}
	fmt.Fprintf(w, "  corrupt loads %v, unreadable %v, quarantined %d\n", r.Corrupt, r.Unreadable, r.Quarantined)
}
