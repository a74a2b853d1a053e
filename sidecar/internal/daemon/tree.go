package daemon

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Tree is what command trees of daemons with a home share. C is the configuration.
type Tree[C interface{ Validate() error }] struct {
	EnvPrefix string // of variables that overlay the file
	Folder    string // of the usual home below ~/.zg
	Defaults  func() C
	Path      func(home string) string // of the configuration file
}

// Flags adds those of every command: --home and --output.
func (t Tree[C]) Flags(root *cobra.Command) {
	root.PersistentFlags().String("home", DefaultHome(t.EnvPrefix, t.Folder), "directory of configuration and data")
	root.PersistentFlags().String("output", "text", "text or json")
}

// Load reads the configuration of the command's home.
func (t Tree[C]) Load(cmd *cobra.Command) (home string, cfg C, err error) {
	home, err = cmd.Flags().GetString("home")
	if err != nil {
		return "", cfg, err
	}
	cfg = t.Defaults()
	if err := LoadConfig(t.Path(home), t.EnvPrefix, cmd.Flags(), &cfg); err != nil {
		return "", cfg, Exit(ExitUsage, err)
	}
	return home, cfg, Exit(ExitUsage, cfg.Validate())
}

// Bind makes each setting a flag of a command.
func (t Tree[C]) Bind(cmd *cobra.Command) *cobra.Command {
	defaults := t.Defaults()
	BindFlags(cmd.Flags(), &defaults)
	return cmd
}

// InitCmd writes the settings it is given to the home.
func (t Tree[C]) InitCmd() *cobra.Command {
	return t.Bind(&cobra.Command{
		Use: "init", Short: "Write a commented config.toml with these settings", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, cfg, err := t.Load(cmd)
			if err != nil {
				return err
			}
			path := t.Path(home)
			if err := SaveConfig(path, cfg); err != nil {
				return err
			}
			return PrintFor(cmd, map[string]string{"config": path}, func(w io.Writer) { fmt.Fprintln(w, path) })
		},
	})
}

// VersionCmd prints the version.
func VersionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return PrintFor(cmd, map[string]string{"version": Version()}, func(w io.Writer) { fmt.Fprintln(w, Version()) })
		},
	}
}

// PrintFor prints a result as --output says.
func PrintFor(cmd *cobra.Command, result any, text func(w io.Writer)) error {
	format, err := cmd.Flags().GetString("output")
	if err != nil {
		return err
	}
	return Print(cmd.OutOrStdout(), format, result, text)
}
