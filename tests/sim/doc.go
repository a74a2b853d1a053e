// Package sim lets the SDK's simulator use the app: random messages of every
// module that has them, ours too, against random genesis states. Ethereum
// transactions are not among them; tests/integration mixes those with the rest.
package sim
