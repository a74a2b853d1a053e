package precompile

import "github.com/zgd-network/zgd/x/contract"

// Gas of the functions; README.md shows it beside what the work costs. Calldata
// is paid on top, 4 a byte, by the door.
const (
	gasConstant = 200    // touches no state
	gasParams   = 2_000  // reads the parameters
	gasFlow     = 3_000  // reads the flow
	gasContext  = 5_000  // reads a context through an index
	gasEntry    = 5_000  // reads an entry
	gasReward   = 20_000 // reads an entry and its reward windows
	// gasContains pays for a look at the last 1000 entries.
	gasContains = 1_500_000

	gasBatch      = 10_000 // the value's way back, the parameters
	gasSubmission = 60_000 // placement, endowment, 8 keys, event
	gasNode       = 8_000  // one Merkle node of a submission
	gasTagByte    = 8      // tags are hashed and repeated in the log
	gasRecharge   = 60_000
)

// gasOf is what one submission costs beyond its calldata.
func gasOf(s SubmissionData) uint64 {
	return gasSubmission + gasNode*uint64(len(s.Nodes)) + gasTagByte*uint64(len(s.Tags))
}

// gasOfAll is the gas of a function that enters submissions. Most of it is charged
// once the arguments are decoded: malformed ones cost little.
func gasOfAll(base uint64, unpack func(arg any) []item) contract.Gas {
	return contract.Gas{Base: base, Extra: func(args []any) (sum uint64) {
		for _, entered := range unpack(args[0]) {
			sum += gasOf(entered.data)
		}
		return sum
	}}
}
