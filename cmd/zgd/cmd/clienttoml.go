package cmd

import (
	"fmt"
	"os"
	"regexp"
)

var chainIDLine = regexp.MustCompile(`(?m)^chain-id = ".*"$`)

// setClientChainID writes the chain id into client.toml, so that tx and query
// need no --chain-id on this machine.
func setClientChainID(path, chainID string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read client settings: %w", err)
	}
	raw = chainIDLine.ReplaceAll(raw, []byte(fmt.Sprintf("chain-id = %q", chainID)))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return fmt.Errorf("write client settings: %w", err)
	}
	return nil
}
