// Package apptest runs the real app in memory, block by block, for tests that
// need several modules together. There is no CometBFT, no mempool and no clock:
// a test delivers transactions and gets their results.
//
//	chain := apptest.New(t)                       // one validator, 10 funded accounts
//	alice, bob := chain.Accounts[0], chain.Accounts[1]
//
//	result := chain.SignAndDeliver(alice, msg)    // one native transaction in one block; fails the test unless code 0
//	result := chain.SignAndTry(alice, msg)        // the same, whatever the code
//	result := chain.EthAndDeliver(alice, apptest.Call(to, value, data))
//
//	block := chain.Deliver(                       // several transactions in one block
//		chain.Sign(alice, msg1),
//		chain.SignEth(bob, apptest.Call(to, nil, data)))
//	chain.Skip(600)                               // empty blocks
//	chain.Advance(24 * time.Hour)                 // one empty block, later
//
//	ctx := chain.Ctx()                            // committed state, for keepers and queries
//	chain.App.FlowKeeper ...                      // every keeper is a field of the app
//	chain.Balance(alice.Address)                  // azg
//
// Options change the start:
//
//	apptest.New(t, apptest.Options{
//		Accounts: 20,
//		Genesis:  []apptest.Mutator{apptest.Mutate(flowtypes.ModuleName, func(g *flowtypes.GenesisState) { g.Params.BlocksPerEpoch = 5 })},
//		AppOptions: map[string]any{"block-executor": "block-stm"},
//	})
//
// [Chain.Export] writes the state, and [Options].State starts a chain from it.
// Keys, accounts and times are the same in every run. Accounts hold
// eth_secp256k1 keys, so the same account signs native and Ethereum
// transactions. Sequence numbers are read from committed state and counted up
// within a block; a transaction that is signed and never delivered leaves a gap,
// see [Chain.ResetSequences].
//
// Each block begins with the validator's beacon transaction, as on a network;
// results do not list it. [Chain.BeaconTx] is for tests that make blocks
// themselves.
//
// All chains of one process share one EVM chain id (app/evm_globals.go); give
// the second chain of a test another zg-ibctest-N id, or the same id.
package apptest
