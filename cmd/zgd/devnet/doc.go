// Package devnet starts a whole network on one machine: validators, storage
// nodes, miners and a faucet, each a process of its own of this executable, on loopback.
//
//	options.go   what was asked for, and what is refused
//	plan.go      who runs with which files, ports and arguments (pure)
//	accounts.go  the well-known accounts and their key files
//	contracts.go the addresses and ABIs of our contracts
//	home.go      what lies in the home folder; the lock; the record of its shape
//	process.go   one supervised process: start, heal, stop
//	logfile.go   its log, bounded
//	probe.go     does it answer?
//	run.go       the order of it all; the ready file
//	banner.go    what the user sees
//	ask.go       money from a running devnet's faucet
package devnet
