package devnet

import (
	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/sidecar/faucet"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
	poraprecompile "github.com/zgd-network/zgd/x/pora/precompile"
	"github.com/zgd-network/zgd/x/pora/precompile/verify"
)

// Contracts are our contracts in code that this binary has: what a developer may
// call besides Ethereum's own and cosmos/evm's. A module that gains one adds its
// row here; the address itself lies in app/precompiles.go.
func Contracts() []faucet.Contract {
	return []faucet.Contract{
		{Name: "dasigners", Address: app.PrecompileDASigners, ABI: daprecompile.ABI, About: "data availability: signers, quorums, order, confirm and check blobs"},
		{Name: "flow", Address: app.PrecompileFlow, ABI: flowprecompile.FlowABI, About: "the storage log: submit files, read entries and roots"},
		{Name: "market", Address: app.PrecompileMarket, ABI: flowprecompile.MarketABI, About: "prices and periods of storage"},
		{Name: "pora", Address: app.PrecompilePora, ABI: poraprecompile.PoraABI, About: "mining: register, claim a range, submit proofs"},
		{Name: "reward", Address: app.PrecompileReward, ABI: poraprecompile.RewardABI, About: "endowments and what miners are paid"},
		{Name: "verify", Address: app.PrecompileVerify, ABI: verify.ABI, About: "inclusion proofs and replicas, for contracts"},
	}
}

// precompiles maps the names to the addresses, for the ready file.
func precompiles() map[string]string {
	byName := make(map[string]string)
	for _, c := range Contracts() {
		byName[c.Name] = c.Address
	}
	return byName
}
