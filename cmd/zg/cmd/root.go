// Package cmd is the command tree of zg: flags, what is printed, exit codes.
// What is done is in sidecar/client.
//
//	stdout   the result: a root, JSON, or a file's bytes; nothing else
//	stderr   prices, progress, remarks, errors (codes.go)
package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/network"
	da "github.com/zgd-network/zgd/sidecar/da/client"
)

// Opener connects to a network; tests bring their own.
type Opener func(ctx context.Context, opts client.Options) (*client.Client, error)

// app is what the commands share.
type app struct {
	open    Opener
	openDA  DAOpener
	command []string // as typed, for the resume line

	networkFile string
	from        string
	keyFile     string
	keyring     client.Keyring
	grpc        string
	cometRPC    string
	storage     []string
	output      string
	progress    string
}

// NewRootCmd returns the command tree of zg.
func NewRootCmd() *cobra.Command {
	return newRoot(&app{open: client.Dial, openDA: da.Dial, command: os.Args})
}

// Main runs zg with the process's arguments and returns its exit code. The
// first Ctrl-C ends work in good order, the second at once.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	defer stop()
	a := &app{open: client.Dial, openDA: da.Dial, command: args}
	root := newRoot(a)
	root.SetArgs(args[1:])
	return a.execute(ctx, root)
}

// RunWith runs zg against the network that open connects to.
func RunWith(ctx context.Context, open Opener, args []string, prepare func(*cobra.Command)) int {
	return RunOn(ctx, open, da.Dial, args, prepare)
}

// RunOn is RunWith for both lanes.
func RunOn(ctx context.Context, open Opener, openDA DAOpener, args []string, prepare func(*cobra.Command)) int {
	a := &app{open: open, openDA: openDA, command: append([]string{"zg"}, args...)}
	root := newRoot(a)
	root.SetArgs(args)
	prepare(root)
	return a.execute(ctx, root)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "zg",
		Short: "Store files on a zgd network and fetch them back, verified",
		Long: `Store files on a zgd network and fetch them back, verified.

A file, several files or a folder become one root of 32 bytes. Storing pays an
endowment from which miners are rewarded for proving that they hold the data,
and the chain's fee. Fetching needs the root and nothing else.

The network is found by --network, else $ZG_NETWORK, else the ready file of
'zgd devnet' (~/.zg/devnet/network.json). Keys are files of mode 0600, never
arguments.`,
		Example: `  zg put --dry-run big.bin          what would it cost?
  ROOT=$(zg put -y big.bin)         store it; only the root is on stdout
  zg get $ROOT -o copy.bin          fetch and verify it
  zg stat $ROOT                     paid until when, which proofs hit it`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.SetVersionTemplate("zg {{.Version}}\n")
	flags := root.PersistentFlags()
	flags.StringVar(&a.networkFile, "network", "", "ready file of the network (default $ZG_NETWORK, else ~/.zg/devnet/network.json)")
	flags.StringVar(&a.from, "from", "", "account to sign with: a name or address of the network's accounts, or a key file (default the first account)")
	flags.StringVar(&a.keyFile, "key-file", "", "file with the key to sign with: one line of 64 hex digits, mode 0600")
	flags.StringVar(&a.keyring.Backend, "keyring-backend", "", "sign with the key --from of this keyring: os, file, kwallet, pass or test")
	flags.StringVar(&a.keyring.Dir, "keyring-dir", "", "where the keyring lies, as of `zgd keys` (default ~/.zgd)")
	flags.StringVar(&a.grpc, "grpc", "", "gRPC address of a chain node, host:port")
	flags.StringVar(&a.cometRPC, "comet-rpc", "", "CometBFT address of a chain node, http://host:port")
	flags.StringArrayVar(&a.storage, "storage", nil, "URL of a storage node, http://host:port; repeatable")
	flags.StringVar(&a.output, "output", "text", "text or json")
	flags.StringVar(&a.progress, "progress", "", "bar, plain, json or none (default bar on a terminal, else plain)")
	_ = root.MarkPersistentFlagFilename("network", "json")
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = root.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{"bar", "plain", "json", "none"}, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(a.putCmd(), a.getCmd(), a.statCmd(), a.lsCmd(), a.extendCmd(), a.infoCmd(), a.daCmd(), a.versionCmd())
	return root
}

// execute runs the tree and prints an error as codes.go says.
func (a *app) execute(ctx context.Context, root *cobra.Command) int {
	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return a.printError(ran, err)
}

// session is one command's connection and the network it is to.
type session struct {
	*client.Client
	ready network.Ready
}

// keyUse says what a command does with a key.
type keyUse int

const (
	keyNone     keyUse = iota // never loads one
	keyOptional               // is better with one: a dry run's fee
	keyNeeded
)

// connect finds the network and opens it.
func (a *app) connect(cmd *cobra.Command, use keyUse, tune func(*client.Options)) (*session, error) {
	if a.output != "text" && a.output != "json" {
		return nil, fmt.Errorf("%w: --output %q, want text or json", client.ErrUsage, a.output)
	}
	ready, err := a.findNetwork()
	if err != nil {
		return nil, err
	}
	opts := client.Options{GRPC: ready.GRPC, CometRPC: ready.CometRPC, Storage: ready.Storage}
	if opts.Progress, err = a.newProgress(cmd.ErrOrStderr()); err != nil {
		return nil, err
	}
	if use != keyNone {
		if err = a.findKey(&opts, ready, cmd.InOrStdin()); err != nil && use == keyNeeded {
			return nil, err
		}
	}
	if tune != nil {
		tune(&opts)
	}
	c, err := a.open(cmd.Context(), opts)
	if err != nil {
		return nil, err
	}
	return &session{Client: c, ready: ready}, nil
}

// findNetwork reads the ready file and lets flags override it. With addresses
// given, a ready file in the default place is not needed.
func (a *app) findNetwork() (network.Ready, error) {
	given := a.grpc != "" || a.cometRPC != "" || len(a.storage) > 0
	path, err := network.Find(a.networkFile)
	if err != nil {
		return network.Ready{}, err
	}
	ready, err := network.Load(path)
	chosen := a.networkFile != "" || os.Getenv(network.EnvFile) != ""
	if err != nil && (!given || chosen) {
		return network.Ready{}, fmt.Errorf("%w: %w", errNoNetwork, err)
	}
	if given && !chosen && err == nil && a.grpc != "" {
		ready = network.Ready{} // all of another network; nothing of the devnet's leaks in
	}
	if a.grpc != "" {
		ready.GRPC = a.grpc
	}
	if a.cometRPC != "" {
		ready.CometRPC = a.cometRPC
	}
	if len(a.storage) > 0 {
		ready.Storage = a.storage
	}
	return ready, nil
}

// findKey says what to sign with: a key of a keyring, a key file, or an account
// of the network.
func (a *app) findKey(opts *client.Options, ready network.Ready, prompt io.Reader) (err error) {
	switch {
	case a.keyring.Backend != "" && a.from == "":
		return fmt.Errorf("%w: --keyring-backend wants the key's name in --from", client.ErrNoKey)
	case a.keyring.Backend != "":
		opts.Keyring = a.keyring
		opts.Keyring.Name, opts.Keyring.Prompt = a.from, prompt
		if opts.Keyring.Dir == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return fmt.Errorf("%w: %w", client.ErrNoKey, err)
			}
			opts.Keyring.Dir = filepath.Join(home, ".zgd")
		}
		return nil
	case a.keyFile != "":
		opts.KeyFile = a.keyFile
		return nil
	default:
		if opts.KeyFile, err = ready.KeyFile(a.from); err != nil {
			return fmt.Errorf("%w: %w", client.ErrNoKey, err)
		}
		return nil
	}
}

// usageArgs makes a wrong number of arguments a usage error with a hint.
func usageArgs(least, most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || (most >= 0 && len(args) > most) {
			return fmt.Errorf("%w: got %d arguments, want %s", client.ErrUsage, len(args), what)
		}
		return nil
	}
}

// run marks the errors of a command's work, so that every other error of the
// tree is one of usage.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return &runError{err}
		}
		return nil
	}
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: usageArgs(0, 0, "none"),
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return a.print(cmd, map[string]string{"version": version()}, "zg "+version()+"\n")
		}),
	}
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && (text == "" || text == "(devel)") {
			text = "devel-" + setting.Value[:min(12, len(setting.Value))]
		}
	}
	return text
}
