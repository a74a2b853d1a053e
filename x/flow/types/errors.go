package types

import "cosmossdk.io/errors"

// Errors a client can act on. A code is never reused.
var (
	ErrInvalidSubmission = errors.Register(ModuleName, 2, "invalid submission")
	ErrUnderpaid         = errors.Register(ModuleName, 3, "endowment below the price floor")
	ErrPaused            = errors.Register(ModuleName, 4, "submissions are paused")
	ErrFlowNotFound      = errors.Register(ModuleName, 5, "flow not found")
	ErrEntryNotFound     = errors.Register(ModuleName, 6, "entry not found")
	ErrContextNotFound   = errors.Register(ModuleName, 7, "mining context not found")
	ErrExpired           = errors.Register(ModuleName, 8, "entry expired, resubmit")
	ErrInvalidRecharge   = errors.Register(ModuleName, 9, "invalid recharge")
	ErrFlowFull          = errors.Register(ModuleName, 10, "flow is full")
	ErrInvalidParams     = errors.Register(ModuleName, 11, "invalid params")
	ErrBatchTooLarge     = errors.Register(ModuleName, 12, "batch too large")
	ErrInvalidGenesis    = errors.Register(ModuleName, 13, "invalid genesis")
	ErrInvalidState      = errors.Register(ModuleName, 14, "inconsistent state")
)
