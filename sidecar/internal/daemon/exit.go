package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes of all our binaries (people.md §2.4).
const (
	ExitOK       = 0
	ExitFailure  = 1
	ExitUsage    = 2
	ExitNotFound = 3
	ExitVerify   = 4 // data or proof does not verify
	ExitPayment  = 5 // price or funds
	ExitNetwork  = 6 // unreachable or partial: trying again can help
	ExitRejected = 7 // refused by the chain
)

// codedError is an error that ends the process with its code.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// ExitCode tells a foreign command tree, zgd's, what the process ends with.
func (e *codedError) ExitCode() int { return e.code }

// Exit gives an error a process exit code; nil stays nil.
func Exit(code int, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{code, err}
}

// ExitCode returns the code an error ends a process with.
func ExitCode(err error) int {
	var coded *codedError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &coded):
		return coded.code
	}
	return ExitFailure
}

// Execute runs a command tree and returns the process's exit code; the error
// goes to the command's error output. Wrong flags and arguments are code 2.
func Execute(root *cobra.Command) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return Exit(ExitUsage, err) })
	command, err := root.ExecuteC()
	if err == nil {
		return ExitOK
	}
	fmt.Fprintf(command.ErrOrStderr(), "%s: %v\n", root.Name(), err)
	if ExitCode(err) == ExitFailure && isUsage(err) {
		err = Exit(ExitUsage, err)
	}
	if ExitCode(err) == ExitUsage {
		fmt.Fprintf(command.ErrOrStderr(), "Run '%s --help' for usage.\n", command.CommandPath())
	}
	return ExitCode(err)
}

// isUsage knows cobra's own complaints, which have no type.
func isUsage(err error) bool {
	text := err.Error()
	for _, start := range []string{"unknown command", "accepts ", "requires at least", "required flag", "invalid argument", "unknown shorthand"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

// Print writes a result as JSON or by its text function.
func Print(w io.Writer, format string, result any, text func(w io.Writer)) error {
	switch format {
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	case "text":
		text(w)
		return nil
	}
	return Exit(ExitUsage, fmt.Errorf("output format %q, want text or json", format))
}
