package apptest

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Block is what one block did.
type Block struct {
	Height  int64
	Time    time.Time
	Hash    []byte // of the block, 32 bytes
	AppHash []byte
	Txs     []*abci.ExecTxResult
	Events  []abci.Event // of BeginBlock and EndBlock
}

// Deliver makes one block of these transactions and commits it.
func (c *Chain) Deliver(txs ...[]byte) Block {
	c.t.Helper()
	return c.deliverAt(c.Time.Add(c.options.BlockTime), txs)
}

// Skip makes n empty blocks and returns the last.
func (c *Chain) Skip(n int) Block {
	c.t.Helper()
	var last Block
	for range n {
		last = c.Deliver()
	}
	return last
}

// Advance makes one empty block that is later by d.
func (c *Chain) Advance(d time.Duration) Block {
	c.t.Helper()
	return c.deliverAt(c.Time.Add(d), nil)
}

// SignAndDeliver delivers one native transaction in a block of its own and fails
// the test unless it succeeded.
func (c *Chain) SignAndDeliver(from Account, msgs ...sdk.Msg) *abci.ExecTxResult {
	c.t.Helper()
	return c.mustSucceed(c.SignAndTry(from, msgs...))
}

// SignAndTry delivers one native transaction in a block of its own.
func (c *Chain) SignAndTry(from Account, msgs ...sdk.Msg) *abci.ExecTxResult {
	c.t.Helper()
	return c.Deliver(c.Sign(from, msgs...)).Txs[0]
}

// EthAndDeliver delivers one Ethereum transaction in a block of its own and fails
// the test unless it entered the block; a revert is in the result's data, see
// evmtypes.DecodeTxResponse.
func (c *Chain) EthAndDeliver(from Account, call EthCall) *abci.ExecTxResult {
	c.t.Helper()
	return c.mustSucceed(c.Deliver(c.SignEth(from, call)).Txs[0])
}

func (c *Chain) mustSucceed(result *abci.ExecTxResult) *abci.ExecTxResult {
	c.t.Helper()
	if result.Code != 0 {
		c.t.Fatalf("transaction failed at height %d with code %d of %s: %s", c.Height, result.Code, result.Codespace, result.Log)
	}
	return result
}

func (c *Chain) deliverAt(at time.Time, txs [][]byte) Block {
	c.t.Helper()
	height := c.Height + 1
	validator := ConsensusAddress()
	first := c.BeaconTx()
	if first != nil {
		txs = append([][]byte{first}, txs...)
	}
	request := &abci.RequestFinalizeBlock{
		Height: height, Time: at, Txs: txs, Hash: blockHash(height, at), ProposerAddress: validator,
	}
	if c.Height > 0 {
		request.DecidedLastCommit = abci.CommitInfo{Votes: []abci.VoteInfo{{
			Validator: abci.Validator{Address: validator, Power: ValidatorStake().Quo(sdk.DefaultPowerReduction).Int64()}, BlockIdFlag: 2, // commit
		}}}
	}
	response, err := c.App.FinalizeBlock(request)
	if err != nil {
		c.t.Fatalf("block %d: %v", height, err)
	}
	if _, err := c.App.Commit(); err != nil {
		c.t.Fatalf("commit block %d: %v", height, err)
	}
	c.Height, c.Time = height, at
	c.ResetSequences()
	if first != nil {
		response.TxResults = response.TxResults[1:] // the beacon's transaction is not the test's
	}
	return Block{Height: height, Time: at, Hash: request.Hash, AppHash: response.AppHash, Txs: response.TxResults, Events: response.Events}
}

// blockHash stands for CometBFT's. It does not depend on the state, so that two
// chains which are to be compared see the same hashes.
func blockHash(height int64, at time.Time) []byte {
	input := binary.BigEndian.AppendUint64([]byte("apptest block"), uint64(height))
	hash := sha256.Sum256(binary.BigEndian.AppendUint64(input, uint64(at.UnixNano())))
	return hash[:]
}
