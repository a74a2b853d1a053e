package cmd

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

func (a *app) getCmd() *cobra.Command {
	var opts client.GetOptions
	var span, name string
	var parallel int
	cmd := &cobra.Command{
		Use:   "get ROOT",
		Short: "Fetch what a root stands for, verified",
		Long: `Fetch what a root stands for, verified.

Every segment is checked against the root before it is kept; a node that gives
wrong data is left and named. A folder's root needs -o FOLDER; of a file -o -
writes to stdout, as does leaving -o out when stdout is not a terminal.

Ctrl-C leaves FILE.zgpart; the same command goes on from there.`,
		Example: `  zg get $ROOT -o copy.bin
  zg get $ROOT --range 0-1024 -o head.bin     bytes 0 to 1023
  zg get $ROOT --path sub/file.txt -o -       one file of a folder`,
		Args: usageArgs(1, 1, "one root"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			root, err := parseRoot(args[0])
			if err != nil {
				return err
			}
			start, end, err := parseRange(span)
			if err != nil {
				return err
			}
			if opts.Out == "" {
				if isTerminal(cmd.OutOrStdout()) {
					return fmt.Errorf("%w: where to? -o FILE, or -o - for this terminal", client.ErrUsage)
				}
				opts.Out = "-"
			}
			s, err := a.connect(cmd, keyNone, func(o *client.Options) { o.Parallel = parallel })
			if err != nil {
				return err
			}
			defer s.Close()
			if opts.Out == "-" || span != "" || name != "" {
				return a.stream(cmd, s, root, name, start, end, opts)
			}
			result, err := s.Get(cmd.Context(), root, opts)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "verified %s to %s in %.1f s, %.0f MB/s\n", formatBytes(result.SizeBytes), result.Path, result.Seconds, result.MBPerS)
			return a.print(cmd, result, "")
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&opts.Out, "out", "o", "", "file or folder to write; - is stdout")
	flags.StringVar(&span, "range", "", "START-END: bytes from START up to, not including, END; START- is to the end")
	flags.StringVar(&name, "path", "", "of a folder's root: which file of it")
	flags.BoolVar(&opts.Force, "force", false, "replace what is there")
	flags.BoolVar(&opts.Raw, "raw", false, "of a folder or large file: the manifest's own bytes")
	parallelFlag(cmd, &parallel)
	return cmd
}

// parseRange reads START-END; "" is everything.
func parseRange(text string) (start, end uint64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	bad := fmt.Errorf("%w: --range %q, want START-END with START below END", client.ErrUsage, text)
	low, high, found := strings.Cut(text, "-")
	if !found {
		return 0, 0, bad
	}
	if start, err = strconv.ParseUint(low, 10, 63); err != nil {
		return 0, 0, bad
	}
	if high == "" {
		return start, 0, nil
	}
	if end, err = strconv.ParseUint(high, 10, 63); err != nil || end <= start || end > math.MaxInt64 {
		return 0, 0, bad
	}
	return start, end, nil
}

// stream writes bytes of one file to stdout or, for a range, to a new file.
func (a *app) stream(cmd *cobra.Command, s *session, root client.Hash, name string, start, end uint64, opts client.GetOptions) error {
	if opts.Out == "-" && a.output == "json" {
		return fmt.Errorf("%w: --output json and the file's bytes cannot both go to stdout; give -o FILE", client.ErrUsage)
	}
	w, finish, err := streamOutput(cmd, opts)
	if err != nil {
		return err
	}
	var written uint64
	var dropped []client.Dropped
	if opts.Raw {
		written, dropped, err = s.StreamRaw(cmd.Context(), root, start, end, w)
	} else {
		written, dropped, err = s.Stream(cmd.Context(), root, name, start, end, w)
	}
	if err = finish(err); err != nil || opts.Out == "-" {
		return err
	}
	return a.print(cmd, map[string]any{"root": nodeapi.Hash(root), "path": opts.Out, "size_bytes": written, "dropped": append([]client.Dropped{}, dropped...)}, "")
}

// streamOutput opens where a stream goes. finish gives a file its name if all
// went well, and removes it if not.
func streamOutput(cmd *cobra.Command, opts client.GetOptions) (w io.Writer, finish func(error) error, err error) {
	if opts.Out == "-" {
		return cmd.OutOrStdout(), func(err error) error { return err }, nil
	}
	if _, err := os.Lstat(opts.Out); err == nil && !opts.Force {
		return nil, nil, fmt.Errorf("%w: %s", client.ErrExists, opts.Out)
	}
	file, err := os.CreateTemp(filepath.Dir(opts.Out), filepath.Base(opts.Out)+".zgpart-*")
	if err != nil {
		return nil, nil, err
	}
	return file, func(err error) error {
		if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
			err = os.Rename(file.Name(), opts.Out)
		}
		if err != nil {
			_ = os.Remove(file.Name())
		}
		return err
	}, nil
}
