// Package examples holds two small contracts that use what the chain knows of
// its storage, with the ABI and bytecode that scripts/solc.sh makes of them:
// ReplicaBounty pays miners that take on data too few hold; StorageGatedNFT
// mints to whom a stored file names, against an inclusion proof.
package examples

import _ "embed" // the compiled contracts

// The contracts by name, {"Name": {"abi": [...], "bin": "0x..."}}.
var (
	//go:embed ReplicaBounty.json
	ReplicaBounty []byte
	//go:embed StorageGatedNFT.json
	StorageGatedNFT []byte
)
