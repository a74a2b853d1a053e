package app

import (
	"fmt"
	"sync"

	corevm "github.com/ethereum/go-ethereum/core/vm"

	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// x/vm keeps chain config, coin info and opcode activators in process globals
// and refuses to set them twice. A process may still build several apps of one
// chain: the command line builds one for its codecs, tests build many. Rules:
//
//   - apps of one process share one EVM chain id; another one is refused;
//   - activators are registered here once, and x/vm's own list is emptied, so
//     that the second app's genesis does not fail on "duplicate activation".
var evmGlobals struct {
	sync.Mutex
	activated bool
}

// libraryEVMChainID is x/vm's default; an app that only lends its codecs uses it.
const libraryEVMChainID uint64 = 262144

// prepareEVMGlobals allows one more app with this EVM chain id in this process.
func prepareEVMGlobals(evmChainID uint64) error {
	evmGlobals.Lock()
	defer evmGlobals.Unlock()
	if !evmGlobals.activated {
		if err := corevm.ExtendActivators(evmtypes.DefaultCosmosEVMActivators); err != nil {
			return fmt.Errorf("register EVM activators: %w", err)
		}
		if err := corevm.ExtendActivators(ourActivators()); err != nil {
			return fmt.Errorf("register our EVM activators: %w", err)
		}
		evmtypes.DefaultCosmosEVMActivators = nil
		evmGlobals.activated = true
	}
	current := evmtypes.GetChainConfig()
	if current == nil || current.ChainId == libraryEVMChainID {
		return nil // not set, or by an app that lends codecs: x/vm allows to set it
	}
	if current.ChainId != evmChainID {
		return fmt.Errorf("%w: this process runs EVM chain id %d already and cannot run %d: use a process of its own",
			ErrEVMChainIDMismatch, current.ChainId, evmChainID)
	}
	evmtypes.DefaultEVMChainID = evmChainID // x/vm lets a default chain id be set again
	return nil
}

// currentEVMChainID is that of the chain which this process runs already, else
// the library's.
func currentEVMChainID() uint64 {
	evmGlobals.Lock()
	defer evmGlobals.Unlock()
	if current := evmtypes.GetChainConfig(); current != nil {
		return current.ChainId
	}
	return libraryEVMChainID
}
