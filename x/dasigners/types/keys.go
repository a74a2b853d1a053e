// Package types holds the words of x/dasigners: messages, state records,
// parameters and errors.
package types

import (
	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/address"
)

const (
	// ModuleName is the module's name and its account. The account holds deposits,
	// fees and endowments of blobs that wait, pools, rewards and bonds.
	ModuleName = "dasigners"
	// StoreKey is the name of the module's store.
	StoreKey = ModuleName
	// Denom is the base denom of fees and deposits, 10^-18 zg.
	Denom = "azg"
	// TokenExponent: one token is 10^18 base units.
	TokenExponent = 18
)

// ModuleAddress is the module's account.
var ModuleAddress = sdk.AccAddress(address.Module(ModuleName))

// Prefixes of the collections. A number is never reused; TestPrefixesArePinned
// lists them.
var (
	ParamsPrefix            = collections.NewPrefix(0)
	BeaconPrefix            = collections.NewPrefix(1)
	EpochPrefix             = collections.NewPrefix(2)
	SignersPrefix           = collections.NewPrefix(3)
	UsedKeysPrefix          = collections.NewPrefix(4)
	BeaconKeysPrefix        = collections.NewPrefix(5)
	RegistrationsPrefix     = collections.NewPrefix(6)
	RegistrationOrderPrefix = collections.NewPrefix(7)
	RegistrationCountPrefix = collections.NewPrefix(8)
	SnapshotsPrefix         = collections.NewPrefix(9)
	FrozenPrefix            = collections.NewPrefix(10)
	QuorumsPrefix           = collections.NewPrefix(11)
	TalliesPrefix           = collections.NewPrefix(12)
	PoolsPrefix             = collections.NewPrefix(13)
	UnsettledPrefix         = collections.NewPrefix(14)
	BlobsPrefix             = collections.NewPrefix(15)
	BlobByRootPrefix        = collections.NewPrefix(16)
	NextBlobIDPrefix        = collections.NewPrefix(17)
	PendingPrefix           = collections.NewPrefix(18)
	BlockConfirmedPrefix    = collections.NewPrefix(19)
	ConfirmedRootsPrefix    = collections.NewPrefix(20)
	RewardsPrefix           = collections.NewPrefix(21)
	SampleRoundPrefix       = collections.NewPrefix(22)
	LeavingPrefix           = collections.NewPrefix(23)
	BlobBySubmitterPrefix   = collections.NewPrefix(24)
	SampleHitsPrefix        = collections.NewPrefix(25)
	NextChallengeIDPrefix   = collections.NewPrefix(26)
	ChallengesPrefix        = collections.NewPrefix(27)
	ChallengeByChunkPrefix  = collections.NewPrefix(28)
	ChallengeQueuePrefix    = collections.NewPrefix(29)
	ChallengesOfPrefix      = collections.NewPrefix(30)
)
