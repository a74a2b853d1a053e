package integration_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
)

// TestAForwarderShowsAnotherAddressAndSender measures the alternative to payable
// native contracts, a contract at the public address that calls one: clients
// would look for logs of the address that they called, from the one who called.
// Figures and decision: x/contract/README.md.
func TestAForwarderShowsAnotherAddressAndSender(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, price := s.Accounts[0], s.price().BigInt()
	forwarder := s.deploy(alice, fixtures(t, "Forwarder")["Forwarder"], nil, flowAt)
	direct := s.mustEth(alice, apptest.Call(flowAt, price, s.one()))
	forwarded := s.mustEth(alice, apptest.Call(forwarder, price, s.one()))
	sender, _, _, _, _, _ := submitLog(t, direct.Logs[0])
	require.Equal(t, alice.EVM, sender)
	sender, _, _, _, _, _ = submitLog(t, forwarded.Logs[0])
	require.Equal(t, forwarder, sender, "the forwarder, not the user")
	require.NotEqual(t, forwarder, common.HexToAddress(forwarded.Logs[0].Address), "nor is the log's address the one that was called")
	t.Logf("gas: direct %d, forwarded %d, +%d", direct.GasUsed, forwarded.GasUsed, forwarded.GasUsed-direct.GasUsed)
	require.Greater(t, forwarded.GasUsed, direct.GasUsed)
	s.requireSound()
}
