package examples_test

import (
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/dasigners/precompile/examples"
)

// The committed bytecode can be deployed: below the limit of EIP-170.
func TestTheContractsCanBeDeployed(t *testing.T) {
	for name, raw := range map[string][]byte{"BlobBounty": examples.BlobBounty, "QuorumSignature": examples.QuorumSignature} {
		var all map[string]struct{ Bin string }
		require.NoError(t, json.Unmarshal(raw, &all))
		code := common.FromHex(all[name].Bin)
		require.NotEmpty(t, code, name)
		require.Less(t, len(code), 24_576, name)
	}
}
