//go:build e2e

package e2e

import (
	"testing"

	"github.com/zgd-network/zgd/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// devnet is a running `zgd devnet` with the steps that these tests take.
type devnet struct{ *harness.Devnet }

func newDevnet(t *testing.T, processes int, args ...string) *devnet {
	t.Helper()
	return &devnet{harness.New(t, processes, args...)}
}
