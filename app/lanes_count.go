package app

import (
	"encoding/binary"
	"fmt"
	"sync"

	evmmempool "github.com/cosmos/evm/mempool"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// staleRounds is after how many blocks without a recheck a transaction counts as
// gone: the pool drops some without asking, and a round of rechecks that a new
// block cuts short leaves some for the next.
const staleRounds = 8

// laneCount knows the submissions in one half of the pool, by their first signer
// and sequence. It belongs to one node and to no block.
type laneCount struct {
	pool string // name of the half
	all  uint64 // slots of the half

	mu      sync.Mutex
	limit   uint64 // slots of the lane
	used    uint64
	round   uint64
	waiting map[string]waitingTx
}

type waitingTx struct{ slots, round uint64 }

func newLaneCount(pool string, slots uint64) *laneCount {
	return &laneCount{pool: pool, all: slots, limit: slots, waiting: map[string]waitingTx{}}
}

// admit refuses one more when the lane is full; one that takes the place of
// another with its sequence is not one more.
func (c *laneCount) admit(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.waiting[key]; known || c.used < c.limit {
		return nil
	}
	return sdkerrors.ErrMempoolIsFull.Wrap(fmt.Sprintf(
		"%d of the %d %s slots of this node's pool are for submissions to the log, and all are taken; try again in some blocks or at another node",
		c.limit, c.all, c.pool))
}

// newRound begins with the state after a block.
func (c *laneCount) newRound(shareBps uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = max(1, c.all*shareBps/flowtypes.BlockShareUnit)
	if shareBps >= flowtypes.BlockShareUnit {
		c.limit = unlimited // no lanes
	}
	c.round++
	for key, tx := range c.waiting { // deterministic: drops by age alone, and never in a block
		if tx.round+staleRounds < c.round {
			c.remove(key, tx)
		}
	}
}

// heard is told the outcome of a recheck.
func (c *laneCount) heard(key string, slots uint64, err error) {
	if err != nil {
		c.drop(key)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, known := c.waiting[key]; known {
		c.used -= before.slots
	}
	c.waiting[key] = waitingTx{slots, c.round}
	c.used += slots
}

func (c *laneCount) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if tx, known := c.waiting[key]; known {
		c.remove(key, tx)
	}
}

func (c *laneCount) remove(key string, tx waitingTx) {
	c.used -= tx.slots
	delete(c.waiting, key)
}

// countKey is empty for a transaction without an ordered signer; those share one
// place, and fees alone bound them.
func countKey(tx sdk.Tx) string {
	signers, err := poolSigners{}.GetSigners(tx)
	if err != nil || len(signers) == 0 {
		return ""
	}
	return signerKey(signers[0].Signer, signers[0].Sequence)
}

func signerKey(signer []byte, sequence uint64) string {
	return string(binary.BigEndian.AppendUint64(append([]byte{}, signer...), sequence))
}

func isEthereum(msg sdk.Msg) bool {
	_, is := msg.(*evmtypes.MsgEthereumTx)
	return is
}

// poolSigners tells whose sequences a transaction uses up. The adapter of
// cosmos/evm behind it calls the public key of each signature, which a native
// transaction need not carry.
type poolSigners struct{}

// GetSigners implements sdkmempool.SignerExtractionAdapter.
func (poolSigners) GetSigners(tx sdk.Tx) ([]sdkmempool.SignerData, error) {
	if signed, ok := tx.(authsigning.SigVerifiableTx); ok {
		keys, err := signed.GetPubKeys()
		if err != nil {
			return nil, err
		}
		for i, key := range keys {
			if key == nil {
				return nil, fmt.Errorf("signer %d carries no public key: the pool needs it to order transactions; put it into signer_infos", i)
			}
		}
	}
	return evmmempool.NewEthSignerExtractionAdapter(sdkmempool.NewDefaultSignerExtractionAdapter()).GetSigners(tx)
}
