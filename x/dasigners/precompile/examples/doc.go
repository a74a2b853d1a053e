// Package examples holds two small contracts that use data availability, with the
// ABI and bytecode that scripts/solc.sh makes of them: BlobBounty pays once a blob
// is confirmed and a chunk of it was shown; QuorumSignature verifies what a quorum
// signed, by Ethereum's own pairing.
package examples

import _ "embed" // the compiled contracts

// The contracts by name, {"Name": {"abi": [...], "bin": "0x..."}}.
var (
	//go:embed BlobBounty.json
	BlobBounty []byte
	//go:embed QuorumSignature.json
	QuorumSignature []byte
)
