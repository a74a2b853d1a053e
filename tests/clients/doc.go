// Package clients runs other people's storage clients, unmodified, against a
// devnet: both npm SDKs of 0G upload and download, and what two generations of
// 0G's Go client sent over the wire is sent again. Its tests carry the build tag
// e2e and need `make build` and Node.js.
package clients
