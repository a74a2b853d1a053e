// Package tools runs other people's programs against one devnet: ethers, viem,
// foundry (forge, cast), cosmjs and OpenZeppelin's contracts, as a developer or
// a wallet does. What each check shows is in README.md.
//
// The tests carry the build tag e2e and need `make build` and Node.js:
//
//	go test -tags e2e -count=1 ./tests/tools
package tools
