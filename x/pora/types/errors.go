package types

import "cosmossdk.io/errors"

// Errors a client can act on. A code is never reused.
var (
	ErrInvalidMessage = errors.Register(ModuleName, 2, "invalid message")
	ErrMinerNotFound  = errors.Register(ModuleName, 3, "miner not registered")
	ErrSeedUsed       = errors.Register(ModuleName, 4, "owner has a miner with this seed")
	ErrNotOwner       = errors.Register(ModuleName, 5, "not the miner's owner")
	ErrClaimExists    = errors.Register(ModuleName, 6, "miner holds a claim already")
	ErrNoClaim        = errors.Register(ModuleName, 7, "miner holds no claim")
	ErrInvalidClaim   = errors.Register(ModuleName, 8, "invalid claim")
	ErrClaimTooYoung  = errors.Register(ModuleName, 9, "claim is too young to release")
	ErrClaimNotActive = errors.Register(ModuleName, 10, "claim is not active yet")
	ErrNoEpoch        = errors.Register(ModuleName, 11, "flow has no mining epoch")
	ErrStaleContext   = errors.Register(ModuleName, 12, "context is not the current one")
	ErrEpochClosed    = errors.Register(ModuleName, 13, "mining epoch is closed")
	ErrWindowOver     = errors.Register(ModuleName, 14, "mining window is over")
	ErrFlowTooShort   = errors.Register(ModuleName, 15, "flow has no full load to mine")
	ErrRangeShort     = errors.Register(ModuleName, 16, "claimed range is too short")
	ErrEmptyLoad      = errors.Register(ModuleName, 17, "load holds no data")
	ErrRecall         = errors.Register(ModuleName, 18, "wrong recall position")
	ErrSealContext    = errors.Register(ModuleName, 19, "wrong seal context")
	ErrInvalidProof   = errors.Register(ModuleName, 20, "invalid merkle proof")
	ErrQuality        = errors.Register(ModuleName, 21, "output exceeds the target")
	ErrReplay         = errors.Register(ModuleName, 22, "proof was accepted before")
	ErrNoCredit       = errors.Register(ModuleName, 23, "nothing to withdraw")
	ErrInvalidParams  = errors.Register(ModuleName, 24, "invalid params")
	ErrInvalidGenesis = errors.Register(ModuleName, 25, "invalid genesis")
)
