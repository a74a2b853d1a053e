package command

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/miner"
)

func newBenchCmd() *cobra.Command {
	o := miner.BenchOptions{}
	var sizeMiB int64
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure this machine: disk, sealing, searching, and which of them is the bottleneck", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Dir, o.SizeBytes = option(cmd, "home"), sizeMiB<<20
			if err := os.MkdirAll(o.Dir, 0o700); err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			report, err := miner.Bench(cmd.Context(), o, func(step string) { fmt.Fprintln(cmd.ErrOrStderr(), step) })
			if err != nil {
				return err
			}
			return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), report, func(w io.Writer) { printBench(w, report) })
		},
	}
	cmd.Flags().Int64Var(&sizeMiB, "size-mib", 1024, "size of the file that is read below --home, in MiB; larger than the disk's cache")
	cmd.Flags().IntVar(&o.Threads, "threads", runtime.GOMAXPROCS(0), "search workers")
	cmd.Flags().IntVar(&o.Depth, "read-ahead", 8, "reads under way")
	cmd.Flags().DurationVar(&o.Spell, "spell", 3*time.Second, "length of each measurement")
	return cmd
}

func printBench(w io.Writer, r miner.BenchReport) {
	cache := "past the page cache"
	if !r.Direct {
		cache = "through the page cache: this file system has no direct reads"
	}
	fmt.Fprintf(w, "reads of 256 KiB, %s\n", cache)
	fmt.Fprintf(w, "  in order, one at a time     %8.1f MB/s\n", r.SequentialMB)
	fmt.Fprintf(w, "  at random, one at a time    %8.1f MB/s   %.0f %% of in order\n", r.RandomMB, 100*r.RandomShare)
	fmt.Fprintf(w, "  at random, %3d at a time    %8.1f MB/s   %.0f iterations/s\n", r.Depth, r.RandomDeepMB, r.DiskIterations)
	fmt.Fprintf(w, "sealing, one core             %8.1f MB/s   1 TB in %.1f hours\n", r.SealMB, 1e6/r.SealMB/3600)
	fmt.Fprintf(w, "searching, one core           %8.1f iterations/s\n", r.IterationsPerCore)
	fmt.Fprintf(w, "searching, %3d threads        %8.1f iterations/s, which read %.1f MB/s\n", r.Threads, r.Iterations, r.SearchMB)
	fmt.Fprintf(w, "bottleneck                    %s\n", r.Bottleneck)
}
