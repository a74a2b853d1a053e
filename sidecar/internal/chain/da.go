package chain

import (
	"context"
	"math/big"

	"github.com/zgd-network/zgd/x/dasigners/quorum"
)

// Address is the 20 bytes of an account, shown as zg1… and as 0x….
type Address [20]byte

// DALimits are the parameters of x/dasigners that sidecars need.
type DALimits struct {
	Profile               uint8 // shape of the blobs of new epochs
	MaxBlobBytes          uint64
	MaxBatch              uint32
	EpochBlocks           uint64
	ConfirmWindowBlocks   uint64
	RecordRetentionEpochs uint64
	RetentionEpochs       uint64
	MinVerifyRows         uint32
	SignerDeposit         *big.Int // azg
}

// DAEpoch is the running quorum epoch.
type DAEpoch struct {
	Number       uint64
	StartHeight  int64
	FreezeHeight int64 // first height at which the votes of the next epoch are fixed
	NextHeight   int64 // first height of the next epoch
	Quorums      uint32
	Votes        uint64   // frozen, of all signers
	BondedTokens *big.Int // of all validators at the freeze, azg
	VotePrice    *big.Int // stake behind one vote, azg
}

// DAKey is a BN254 key in the wire form of x/dasigners/bls.
type DAKey struct {
	G1 []byte // 64 bytes
	G2 []byte // 128 bytes
}

// DAMember is a member of a quorum.
type DAMember struct {
	Address Address
	Socket  string // host:port; empty: it has left
	Key     DAKey  // of the epoch of the quorum
	Seats   uint32
}

// DAQuorum is one drawn quorum.
type DAQuorum struct {
	Epoch   uint64
	ID      uint32
	Profile uint8
	Members []DAMember
	Seats   []uint16 // seat → index into Members
}

// Drawn is the quorum in the words of x/dasigners/quorum.
func (q DAQuorum) Drawn() quorum.Quorum {
	drawn := quorum.Quorum{Members: make([][20]byte, len(q.Members)), Seats: q.Seats}
	for i, member := range q.Members {
		drawn.Members[i] = member.Address
	}
	return drawn
}

// DASigner is a registered signer.
type DASigner struct {
	Address          Address
	Socket           string
	Key, NextKey     DAKey // NextKey has no bytes without a rotation
	NextKeyEpoch     uint64
	ActivationEpoch  uint64
	JailedUntilEpoch uint64
	Tombstoned       bool
	Leaving          bool
	Deposit          *big.Int // azg
}

// DABlobStatus is where a blob stands on chain.
type DABlobStatus uint8

// What a blob goes through.
const (
	DABlobSubmitted DABlobStatus = iota + 1
	DABlobConfirmed
	DABlobLapsed
)

func (s DABlobStatus) String() string {
	switch s {
	case DABlobSubmitted:
		return "submitted"
	case DABlobConfirmed:
		return "confirmed"
	case DABlobLapsed:
		return "lapsed"
	default:
		return "unknown"
	}
}

// DABlob is the record of a blob.
type DABlob struct {
	ID             uint64
	Root           Hash
	DataLen        uint64 // bytes of payload
	Profile        uint8
	Epoch          uint64
	QuorumID       uint32
	Submitter      Address
	SubmitHeight   int64
	DeadlineHeight int64 // last height of a confirmation
	ConfirmHeight  int64 // 0 until confirmed
	Status         DABlobStatus
	Fee            *big.Int // azg
}

// DABeacon is the chain's randomness after a block.
type DABeacon struct {
	Height int64
	Value  Hash
}

// DAQuote is the price of a blob.
type DAQuote struct {
	Fee     *big.Int // azg
	Profile uint8    // to name in the submission
	RowSize uint32   // bytes
}

// DASubmission orders blobs.
type DASubmission struct {
	Profile      uint8
	Roots        []Hash
	DataLens     []uint64 // bytes of payload, one per root
	StorageRoots []byte   // empty, or what enters the payloads into the log
	MaxFee       *big.Int // azg, of fees and endowments
}

// DAPlaced is where ordered blobs landed.
type DAPlaced struct {
	FirstBlobID uint64 // the others follow
	Epoch       uint64
	QuorumID    uint32
	Fee         *big.Int // azg
}

// DAConfirmation is what a confirmation came to.
type DAConfirmation struct {
	Confirmed            uint32 // that were not confirmed before
	HitSeats, TotalSeats uint32
}

// DAConfirmedRoot is the root over the blobs that one block confirmed.
type DAConfirmedRoot struct {
	Height int64
	Root   Hash
	Blobs  uint32
}

// DAStanding returns the blob with a root that serves a submitter: one that is
// confirmed, whoever ordered it, else its own newest, else ErrNotFound. Orders of
// others that wait say nothing: anybody can order any root, with any length, and
// never bring a row.
func DAStanding(ctx context.Context, r DAReader, submitter Address, root Hash) (DABlob, error) {
	blob, err := r.DABlobByRoot(ctx, root)
	if err != nil || blob.Status == DABlobConfirmed || blob.Submitter == submitter {
		return blob, err
	}
	return r.DABlobOf(ctx, submitter, root)
}

// DAReader reads the state of data availability. Every call is bounded by its
// context; what the chain does not have is ErrNotFound.
type DAReader interface {
	DALimits(ctx context.Context) (DALimits, error)
	DAEpoch(ctx context.Context) (DAEpoch, error)
	DAQuorum(ctx context.Context, epoch uint64, id uint32) (DAQuorum, error)
	DASigner(ctx context.Context, address Address) (DASigner, error)
	// DARegistered says whether a signer takes part in an epoch, and its votes.
	DARegistered(ctx context.Context, epoch uint64, address Address) (registered bool, votes uint32, err error)
	DABlob(ctx context.Context, id uint64) (DABlob, error)
	// DABlobByRoot returns a blob with a root, whoever submitted it: the newest that
	// is confirmed, else the newest.
	DABlobByRoot(ctx context.Context, root Hash) (DABlob, error)
	// DABlobOf returns the newest blob of one submitter with a root.
	DABlobOf(ctx context.Context, submitter Address, root Hash) (DABlob, error)
	// DABeaconAt returns the chain's randomness after a block; 0: the newest.
	DABeaconAt(ctx context.Context, height int64) (DABeacon, error)
	// DABlobRange returns the ids [first, next) on record after a block; 0: the newest.
	DABlobRange(ctx context.Context, height int64) (first, next uint64, err error)
	// DAConfirmedIn returns the blobs that a block confirmed, ascending by id; it
	// needs their records.
	DAConfirmedIn(ctx context.Context, height int64) ([]DABlob, error)
	DAConfirmedRoot(ctx context.Context, height int64) (DAConfirmedRoot, error)
	DAQuote(ctx context.Context, dataLen uint64) (DAQuote, error)
	DARewards(ctx context.Context, address Address) (*big.Int, error)
	Balance(ctx context.Context, address string) (*big.Int, error)
	Status(ctx context.Context) (Status, error)
}

// DASender signs and sends for one account; see Sender.
type DASender interface {
	Address() string
	Bytes() Address
	// SignDigest signs 32 bytes with the account's key; 65 bytes.
	SignDigest(digest Hash) ([]byte, error)
	RegisterDASigner(ctx context.Context, socket string, key DAKey, possession []byte) (activationEpoch uint64, r Receipt, err error)
	UpdateDASocket(ctx context.Context, socket string) (Receipt, error)
	RotateDAKey(ctx context.Context, key DAKey, possession []byte) (effectiveEpoch uint64, r Receipt, err error)
	RegisterDAEpoch(ctx context.Context, signature []byte) (epoch uint64, r Receipt, err error)
	UnregisterDASigner(ctx context.Context) (lockedUntilEpoch uint64, r Receipt, err error)
	AddDADeposit(ctx context.Context, amount *big.Int) (deposit *big.Int, r Receipt, err error)
	// EstimateDAFee simulates a submission and returns the fee of its transaction, azg.
	EstimateDAFee(ctx context.Context, s DASubmission) (*big.Int, error)
	SubmitBlobs(ctx context.Context, s DASubmission) (DAPlaced, Receipt, error)
	// ConfirmBatch brings the aggregate signature over blobs, ascending by id.
	ConfirmBatch(ctx context.Context, ids []uint64, memberBitmap, signature []byte) (DAConfirmation, Receipt, error)
	ClaimDARewards(ctx context.Context) (*big.Int, Receipt, error)
}

// DAClient is all that a DA sidecar needs of a chain.
type DAClient interface {
	DAReader
	Watcher
	Close() error
}
