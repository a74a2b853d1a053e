package cmd

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// print writes a result to stdout: as JSON, or the text.
func (a *app) print(cmd *cobra.Command, value any, text string) error {
	if a.output == "json" {
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	}
	_, err := io.WriteString(cmd.OutOrStdout(), text)
	return err
}

// isTerminal says whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// parseRoot reads a root from the command line.
func parseRoot(text string) (client.Hash, error) {
	hash, err := nodeapi.ParseHash(text)
	if err != nil {
		return client.Hash{}, fmt.Errorf("%w: root %q: %w", client.ErrUsage, text, err)
	}
	return client.Hash(hash), nil
}

// confirm asks on a terminal; without one the price shown is agreed to.
func confirm(cmd *cobra.Command, yes bool, question string) error {
	if yes || !isTerminal(cmd.InOrStdin()) {
		return nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", question)
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return client.ErrDeclined
}
