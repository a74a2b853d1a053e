package nodeconfig

import "fmt"

const clientTemplate = `# Settings of zgd tx and zgd query on this machine.

# The network chain ID
chain-id = %q
# The keyring's backend, where the keys are stored (os|file|kwallet|pass|test|memory)
keyring-backend = %q
# Default key name, if set, defines the default key to use for signing transaction when the --from flag is not specified
keyring-default-keyname = ""
# CLI output format (text|json)
output = "text"
# <host>:<port> to CometBFT RPC interface for this chain
node = %q
# Transaction broadcasting mode (sync|async)
broadcast-mode = "sync"
`

// Client is the content of client.toml. node is tcp://host:port of CometBFT.
func Client(chainID, keyringBackend, node string) string {
	return fmt.Sprintf(clientTemplate, chainID, keyringBackend, node)
}
