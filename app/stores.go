package app

import (
	"slices"

	erc20types "github.com/cosmos/evm/x/erc20/types"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	ibctransfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// kvStoreNames are the stores that make up the app hash. Ours are in
// keepers_zg.go.
func kvStoreNames() []string {
	return append([]string{
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, minttypes.StoreKey,
		distrtypes.StoreKey, slashingtypes.StoreKey, govtypes.StoreKey, consensustypes.StoreKey,
		upgradetypes.StoreKey, feegrant.StoreKey, evidencetypes.StoreKey, authzkeeper.StoreKey,
		ibcexported.StoreKey, ibctransfertypes.StoreKey,
		evmtypes.StoreKey, feemarkettypes.StoreKey, erc20types.StoreKey,
	}, zgStoreNames()...)
}

// objectStoreNames hold per-block data (virtual fees, EVM bookkeeping) that is
// dropped at commit. They take the place of transient stores, which BlockSTM
// cannot version; the app mounts no transient and no memory store.
func objectStoreNames() []string {
	return []string{banktypes.ObjectStoreKey, evmtypes.ObjectKey}
}

// stores are the keys of every mounted store.
type stores struct {
	kv     map[string]*storetypes.KVStoreKey
	object map[string]*storetypes.ObjectStoreKey
	// tracked lists every key, sorted by name. x/vm snapshots exactly these
	// around a precompile call, and BlockSTM versions exactly these: a store
	// that is missing here is neither reverted from Solidity nor seen by the
	// parallel executor.
	tracked []storetypes.StoreKey
}

func newStores(withoutStorage bool) stores {
	names := kvStoreNames()
	if withoutStorage {
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(zgStoreNames(), name) })
	}
	s := stores{
		kv:     storetypes.NewKVStoreKeys(names...),
		object: storetypes.NewObjectStoreKeys(objectStoreNames()...),
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		s.tracked = append(s.tracked, s.kv[name])
	}
	for _, name := range slices.Sorted(slices.Values(objectStoreNames())) {
		s.tracked = append(s.tracked, s.object[name])
	}
	return s
}
