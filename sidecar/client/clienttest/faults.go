package clienttest

import (
	"fmt"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

// NewDefault starts a network with the fake chain's defaults.
func NewDefault(nodes int) *Network { return New(chaintest.Params{}, nodes) }

// ChainFault makes the chain misbehave: "down" and "up" again, "poor" (the
// account has nothing), "refuse" transactions and "accept" them again.
func (n *Network) ChainFault(kind string) error {
	switch kind {
	case "down", "up":
		n.Chain.SetDown(kind == "down")
	case "poor":
		n.Chain.SetBalance(Address, 1)
	case "refuse":
		n.Chain.Refuse(&chain.Rejection{Codespace: "flow", Code: 2, Log: "invalid submission: told to refuse"})
	case "accept":
		n.Chain.Refuse(nil)
	default:
		return fmt.Errorf("unknown fault of the chain %q", kind)
	}
	return nil
}
