package precompile

import (
	"math/bits"

	"github.com/zgd-network/zgd/x/contract"
)

// Gas of the functions; README.md shows it beside what the work costs. Calldata
// is paid on top, 4 a byte, by the door.
const (
	gasConstant    = 200    // touches no state
	gasRead        = 3_000  // one or two records
	gasAccrued     = 20_000 // settles a reward window, up to 64 expiries
	gasWork        = 12_000 // params, epoch, context, miner, target
	gasRegister    = 45_000 // two new records, event
	gasBeneficiary = 20_000
	gasClaim       = 40_000
	gasReplicaNode = 6_000 // a node of the replica index, read and written for the claim and for its release
	gasRelease     = 40_000
	gasWithdraw    = 60_000 // a transfer

	// gasProof is what the table takes for a proof, whether it is accepted or
	// not: the default of params.proof_gas, and the state and the payout.
	gasProof      = gasPuzzle + 100_000
	gasPuzzle     = 400_000
	maxReplicaGas = 48 * gasReplicaNode
)

// claimGas grows with the nodes of the replica index that the start touches.
func claimGas(args []any) uint64 {
	nodes := uint64(bits.OnesCount64(args[1].(uint64)+1) + 1)
	return min(nodes*gasReplicaNode, maxReplicaGas)
}

// flat is a function of a constant price.
func flat(gas uint64, run func(call contract.Call, args []any) ([]any, error)) contract.Function {
	return contract.Function{Gas: contract.Gas{Base: gas}, Run: run}
}

// constant answers always the same.
func constant(values ...any) contract.Function {
	return flat(gasConstant, func(contract.Call, []any) ([]any, error) { return values, nil })
}
