// Package types holds the words of x/pora: messages, state records, parameters
// and errors.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name, its store key and its account. The account
	// holds credits only: rewards whose push to the beneficiary was refused.
	ModuleName = "pora"
	// StoreKey is the name of the module's store.
	StoreKey = ModuleName
	// MiningFlowID is the flow that is mined. Records carry a flow id, so that
	// others can follow.
	MiningFlowID uint64 = 0
)

// Prefixes of the collections. A number is never reused; TestPrefixesArePinned
// lists them.
var (
	ParamsPrefix      = collections.NewPrefix(0)
	MinersPrefix      = collections.NewPrefix(1)
	OwnerSeedsPrefix  = collections.NewPrefix(2)
	ClaimCountPrefix  = collections.NewPrefix(3)
	TargetsPrefix     = collections.NewPrefix(4)
	EpochsPrefix      = collections.NewPrefix(5)
	ProofsPrefix      = collections.NewPrefix(6)
	NextProofIDPrefix = collections.NewPrefix(7)
	UsedOutputsPrefix = collections.NewPrefix(8)
	CreditsPrefix     = collections.NewPrefix(9)
	ReplicasPrefix    = collections.NewPrefix(10)
)
