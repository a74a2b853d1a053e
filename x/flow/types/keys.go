// Package types holds the words of x/flow: messages, state records, parameters
// and errors.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name, its store key and its account.
	ModuleName = "flow"
	// StoreKey is the name of the module's store.
	StoreKey = ModuleName
	// Denom is the base denom of fees and endowments, 10^-18 zg.
	Denom = "azg"
	// MainFlowID is the flow that takes every submission which names none.
	MainFlowID uint64 = 0
)

// Prefixes of the collections. A number is never reused; TestPrefixesArePinned
// lists them.
var (
	ParamsPrefix          = collections.NewPrefix(0)
	PayoutWindowPrefix    = collections.NewPrefix(1)
	FlowsPrefix           = collections.NewPrefix(2)
	EntriesPrefix         = collections.NewPrefix(3)
	EntryByStartPrefix    = collections.NewPrefix(4)
	EntryByRootPrefix     = collections.NewPrefix(5)
	EntryByEndPrefix      = collections.NewPrefix(6)
	ContextsPrefix        = collections.NewPrefix(7)
	ContextByDigestPrefix = collections.NewPrefix(8)
	ContextByEndPrefix    = collections.NewPrefix(9)
	WindowsPrefix         = collections.NewPrefix(10)
	ExpiriesPrefix        = collections.NewPrefix(11)
	TotalsPrefix          = collections.NewPrefix(12)
	LastBlockPrefix       = collections.NewPrefix(13)
	// 14 is kept for the queue of pending submissions, 15 for the admission
	// rules of specialised flows.
)
