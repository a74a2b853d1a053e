package devnet

import "github.com/zgd-network/zgd/sidecar/client/network"

// readyFile describes the running network to its clients.
func readyFile(plan Plan, accounts []Account, pids map[string]int) network.Ready {
	first := plan.Validators[0].Ports
	ready := network.Ready{
		ChainID:    ChainID,
		EVMChainID: EVMChainID,
		EVMRPC:     "http://" + loopback(first.EVM),
		EVMWS:      "ws://" + loopback(first.EVMWS),
		CometRPC:   "http://" + loopback(first.CometRPC),
		GRPC:       loopback(first.GRPC),
		REST:       "http://" + loopback(first.REST),
		Storage:    []string{},
		Miners:     []string{},
		PIDs:       pids,

		Precompiles: precompiles(),
	}
	for _, p := range plan.Faucets {
		ready.Faucet = "http://" + loopback(p.Ports.Web) + "/faucet"
		ready.ABIs = "http://" + loopback(p.Ports.Web) + "/abi"
	}
	for _, p := range plan.Storage {
		ready.Storage = append(ready.Storage, "http://"+loopback(p.Ports.Public))
	}
	for _, p := range plan.Miners {
		ready.Miners = append(ready.Miners, "http://"+loopback(p.Ports.Status))
	}
	ready.DA = readyDA(plan, pids)
	for _, a := range accounts {
		ready.Accounts = append(ready.Accounts, network.Account{
			Name: a.Name, Address: a.Address, EVMAddress: a.EVMAddress,
			PrivateKeyFile: keyFile(plan.Options.Home, a.Name),
		})
	}
	return ready
}
