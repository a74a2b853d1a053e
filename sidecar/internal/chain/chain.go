// Package chain is what the sidecars know of the chain, in their own words.
// It is the only sidecar package that speaks the SDK and CometBFT; engines see
// the types of this file at most.
package chain

import (
	"context"
	"errors"
	"math/big"
	"time"
)

// Hash is a 32-byte digest.
type Hash = [32]byte

// Errors that callers act on. Implementations wrap them.
var (
	// ErrNotFound says that the chain has no such entry, context or miner.
	ErrNotFound = errors.New("not found on chain")
	// ErrUnavailable says that the chain's node did not answer; try again.
	ErrUnavailable = errors.New("chain node unavailable")
	// ErrRejected says that the chain refused a transaction; Rejection has why.
	ErrRejected = errors.New("transaction rejected")
)

// Rejection is the chain's reason for refusing a transaction.
type Rejection struct {
	Codespace string
	Code      uint32
	Log       string
	TxHash    string
}

func (r *Rejection) Error() string { return "transaction rejected: " + r.Log }

// Unwrap makes errors.Is(err, ErrRejected) hold.
func (r *Rejection) Unwrap() error { return ErrRejected }

// Status identifies a chain and says how far its node is.
type Status struct {
	ChainID    string
	EVMChainID uint64
	Height     int64
	BlockHash  Hash
	BlockTime  time.Time
	CatchingUp bool
}

// Node is the root of an aligned subtree of 2^Height sectors.
type Node struct {
	Root   Hash
	Height uint8
}

// Flow is the state of one log.
type Flow struct {
	FlowID        uint64
	LengthSectors uint64
	NextTxSeq     uint64
	Epoch         uint64
	Root          Hash
}

// Entry is one file of the log.
type Entry struct {
	FlowID      uint64
	TxSeq       uint64
	Root        Hash
	Nodes       []Node
	StartSector uint64
	Sectors     uint64 // charged
	SizeBytes   uint64
	Tags        []byte // only when short enough to be kept in state
	Submitter   string
	UnitPrice   *big.Int // azg per sector and period
	EndTime     int64    // Unix seconds
	Height      int64    // block of acceptance
	FlowRoot    Hash     // root of the flow with this entry as its last
}

// MiningContext is the snapshot of a flow at an epoch boundary.
type MiningContext struct {
	FlowID                uint64
	Epoch                 uint64
	StartHeight           int64
	FlowRoot              Hash
	FlowLengthSectors     uint64
	PreviousLengthSectors uint64 // this epoch added [previous, length)
	Digest                Hash
}

// Reward is where an entry's endowment is.
type Reward struct {
	Endowment, Paid, Accrued, Left *big.Int // azg
	EndTime                        int64    // Unix seconds
}

// Price is the least endowment for some sectors.
type Price struct {
	Endowment, UnitPrice *big.Int // azg
	PeriodSeconds        uint64
}

// Limits are the parameters of x/flow and x/pora that clients need.
type Limits struct {
	MaxTagsBytes      uint32
	MaxBatch          uint32
	MaxEntrySectors   uint64
	BlocksPerEpoch    uint64
	PayoutWindowLoads uint64
	MiningRangeLoads  uint64 // of x/pora: most loads per shard that one claim mines
	Paused            bool
}

// Block is a committed block.
type Block struct {
	Height int64
	Hash   Hash
	Time   time.Time
}

// Claim is a miner's claimed range.
type Claim struct {
	FlowID          uint64
	StartLoad       uint64
	NumShard        uint32
	ShardID         uint32
	ActiveFromEpoch uint64
}

// Miner is a registered miner.
type Miner struct {
	MinerID     Hash
	Owner       string
	Beneficiary string
	Seed        uint64
	Claim       *Claim // nil: none
	Proofs      uint64
	Rewards     *big.Int // azg
}

// Work is what a miner searches for; when Open is false Reason says why not
// (see QueryWorkResponse in proto/zg/pora/v1/query.proto).
type Work struct {
	Open              bool
	Reason            string
	FlowID            uint64
	Epoch             uint64
	ContextDigest     Hash
	FlowRoot          Hash
	FlowLengthSectors uint64
	StartLoad         uint64
	LengthLoads       uint64
	NumShard          uint32
	ShardID           uint32
	Target            Hash // big-endian, already divided by the shard scale
	CloseHeight       int64
	Height            int64
}

// Proof is an accepted proof.
type Proof struct {
	ProofID      uint64
	FlowID       uint64
	Epoch        uint64
	MinerID      Hash
	Beneficiary  string
	RecallSector uint64
	Reward       *big.Int // azg
	Height       int64
	Time         int64 // Unix seconds
}

// Answer is a solution of the puzzle.
type Answer struct {
	MinerID           Hash
	FlowID            uint64
	ContextDigest     Hash
	Nonce             Hash
	RecallSector      uint64
	SealContextDigest Hash
	SealedPiece       []byte // 4096 bytes
	Proof             []Hash
}

// Reader reads the chain's state. Every call is bounded by its context.
type Reader interface {
	Status(ctx context.Context) (Status, error)
	Limits(ctx context.Context) (Limits, error)
	Flow(ctx context.Context, flowID uint64) (Flow, error)
	// Entries returns up to limit entries from txSeq on, and the flow's next txSeq.
	Entries(ctx context.Context, flowID, fromTxSeq uint64, limit uint32) (entries []Entry, nextTxSeq uint64, err error)
	Entry(ctx context.Context, flowID, txSeq uint64) (Entry, error)
	EntriesByRoot(ctx context.Context, root Hash) ([]Entry, error)
	// Context returns the context of an epoch; 0 means the newest.
	Context(ctx context.Context, flowID, epoch uint64) (MiningContext, error)
	// ContextAt returns the context whose epoch added the sector.
	ContextAt(ctx context.Context, flowID, sector uint64) (MiningContext, error)
	Price(ctx context.Context, sectors uint64) (Price, error)
	Reward(ctx context.Context, flowID, txSeq uint64) (Reward, error)
	Miner(ctx context.Context, minerID Hash) (Miner, error)
	MinersOf(ctx context.Context, owner string) ([]Miner, error)
	Work(ctx context.Context, minerID Hash) (Work, error)
	// Proofs lists accepted proofs over loads [startLoad, endLoad), newest first.
	Proofs(ctx context.Context, flowID, startLoad, endLoad uint64, limit uint32) ([]Proof, error)
	Balance(ctx context.Context, address string) (*big.Int, error)
}

// Watcher tells of new blocks. The channel closes with the context; between
// connections blocks may be missed, so a block means "look again", never "one
// more".
type Watcher interface {
	Blocks(ctx context.Context) <-chan Block
}

// Submission is one file to be entered into a flow.
type Submission struct {
	SizeBytes uint64
	Tags      []byte
	Nodes     []Node
	Endowment *big.Int // azg offered
}

// Placed is where a submission landed.
type Placed struct {
	TxSeq       uint64
	Root        Hash
	StartSector uint64
	Sectors     uint64
	Endowment   *big.Int // azg taken
	EndTime     int64
}

// Receipt is a committed transaction.
type Receipt struct {
	TxHash  string
	Height  int64
	GasUsed uint64
	Fee     *big.Int // azg
}

// Sender signs and sends with one account; calls may come from several
// goroutines, and a few of their transactions are under way at once. What needs
// another's effect is sent after that has returned. A call returns when its
// transaction is committed, retries what is safe to retry, and reports a refusal
// as *Rejection. After another error whose receipt has a hash, the transaction
// may yet come in.
type Sender interface {
	Address() string
	// EstimateFee simulates the submissions and returns the fee in azg.
	EstimateFee(ctx context.Context, flowID uint64, items []Submission) (*big.Int, error)
	Submit(ctx context.Context, flowID uint64, items []Submission) ([]Placed, Receipt, error)
	// EstimateRechargeFee simulates a recharge and returns the fee in azg.
	EstimateRechargeFee(ctx context.Context, flowID, txSeq uint64, amount *big.Int) (*big.Int, error)
	Recharge(ctx context.Context, flowID, txSeq uint64, amount *big.Int) (endTime int64, r Receipt, err error)
	RegisterMiner(ctx context.Context, beneficiary string, seed uint64) (Hash, Receipt, error)
	ClaimRange(ctx context.Context, minerID Hash, claim Claim) (activeFromEpoch uint64, r Receipt, err error)
	ReleaseRange(ctx context.Context, minerID Hash) (Receipt, error)
	SubmitProof(ctx context.Context, answer Answer) (reward *big.Int, r Receipt, err error)
	Withdraw(ctx context.Context, recipient string) (*big.Int, Receipt, error)
}

// Client is all a sidecar needs of a chain.
type Client interface {
	Reader
	Watcher
	Close() error
}
