// Package testnet writes the files of a network of validators on one machine:
// keys (beacon keys, too), one genesis, app.toml and config.toml of each node. Everything listens
// on 127.0.0.1 and every node has ports of its own.
//
//	network, err := testnet.Init(testnet.Options{
//		OutputDir:  dir,
//		ChainID:    "zg-devnet-1",
//		Validators: 4,
//		BlockTime:  time.Second,
//		Accounts:   []testnet.Account{{Name: "alice", Address: "zg1...", Coins: coins}},
//		Genesis:    []testnet.GenesisMutator{func(cdc codec.Codec, state app.GenesisState) error { ... }},
//	})
//	for _, node := range network.Nodes { /* zgd start --home node.Home */ }
//
// The operator keys lie in each node's test keyring (not encrypted) under the
// name "operator", and belong to nobody outside this machine.
package testnet
