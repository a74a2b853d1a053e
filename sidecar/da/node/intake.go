package node

import (
	"fmt"
	"slices"

	"github.com/zgd-network/zgd/sidecar/da/slab"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Assignment is what a quorum gives a member of one blob.
type Assignment struct {
	Member int      // number among the quorum's members
	Own    []uint16 // rows to check, keep and serve, ascending
	All    []uint16 // with those that are only checked, ascending
}

// Assign places a blob's rows. leastRows is the parameter min_verify_rows.
// ErrState when the address has no seat.
func Assign(blob chain.DABlob, quorum chain.DAQuorum, address chain.Address, leastRows uint32) (Assignment, error) {
	profile, err := erasure.ProfileByID(blob.Profile)
	if err != nil || quorum.Profile != blob.Profile || len(quorum.Seats) != profile.N {
		return Assignment{}, state("blob %d has profile %d, its quorum profile %d and %d seats", blob.ID, blob.Profile, quorum.Profile, len(quorum.Seats))
	}
	member := slices.IndexFunc(quorum.Members, func(m chain.DAMember) bool { return m.Address == address })
	if member < 0 {
		return Assignment{}, state("%s is no member of quorum %d of epoch %d, where blob %d lies", address, quorum.ID, quorum.Epoch, blob.ID)
	}
	a := Assignment{Member: member}
	rows := erasure.Placement(profile, blob.Root, blob.Epoch, blob.QuorumID)
	for seat, holder := range quorum.Seats {
		if int(holder) == member {
			a.Own = append(a.Own, rows[seat])
		}
	}
	extra := erasure.Extra(profile, blob.Root, blob.Epoch, blob.QuorumID, address, a.Own, int(leastRows))
	a.All = append(slices.Clone(a.Own), extra...)
	slices.Sort(a.Own)
	slices.Sort(a.All)
	return a, nil
}

// CheckBlob says whether rows of a blob can be taken: what the chain knows of it
// is open and agrees with the preimage. height is the chain's.
func CheckBlob(blob chain.DABlob, height int64, evmChainID uint64, preimage []byte) (erasure.Commitment, error) {
	if err := checkOpen(blob, height); err != nil {
		return erasure.Commitment{}, err
	}
	c, err := erasure.ParseCommitment(preimage)
	switch {
	case err != nil:
		return c, invalid("preimage: %v", err)
	case c.EVMChainID != evmChainID:
		return c, invalid("preimage is of chain %d, this is %d", c.EVMChainID, evmChainID)
	case c.Profile.ID != blob.Profile:
		return c, invalid("preimage has profile %d, the chain %d", c.Profile.ID, blob.Profile)
	case c.DataLen != blob.DataLen:
		return c, invalid("preimage has %d bytes of payload, the chain %d", c.DataLen, blob.DataLen)
	case c.DataRoot() != blob.Root:
		return c, invalid("preimage hashes to %x, blob %d is %x", c.DataRoot(), blob.ID, blob.Root)
	}
	return c, nil
}

// checkOpen says whether the chain still takes a confirmation of a blob.
func checkOpen(blob chain.DABlob, height int64) error {
	if blob.Status != chain.DABlobSubmitted {
		return state("blob %d is %s", blob.ID, blob.Status)
	}
	if height >= blob.DeadlineHeight {
		return state("blob %d lapses at height %d, the chain is at %d", blob.ID, blob.DeadlineHeight, height)
	}
	return nil
}

// intakeGroup is how many rows are checked together: a pass has costs of its own
// that do not grow with the rows.
const intakeGroup = 1024

// extents has the memory of extents that are on disk.
var extents = slab.NewPool(256 << 20)

// Recycle gives the memory of an extent that is on disk to the next one.
func Recycle(extent []byte) { extents.Give(extent) }

// Intake takes the rows of one submission, checks them and lays them out as they
// will be stored. It holds them once: memory is the extent and one group's paths.
type Intake struct {
	assignment Assignment
	verify     Verify
	extent     extent
	bytes      []byte // of the extent
	taken      int    // rows, of assignment.All
	kept       int    // rows, of assignment.Own
	group      []erasure.Row
}

// Verify checks rows together: one verdict for each, or an error that is not the
// sender's.
type Verify func(rows []erasure.Row) (verdicts []error, err error)

// NewIntake expects the rows of an assignment.
func NewIntake(c erasure.Commitment, combinations []erasure.Combination, a Assignment, verify Verify) *Intake {
	e := extentOf(c, len(a.Own))
	in := &Intake{assignment: a, verify: verify, extent: e, bytes: extents.Make(e.bytes())}
	clear(in.bytes[e.rowAt(e.rows):])
	for i := range combinations {
		copy(in.bytes[i*erasure.CombinationSize:], combinations[i][:])
	}
	return in
}

// Add takes the next row; its bytes may be reused when Add returns.
func (in *Intake) Add(row erasure.Row) error {
	if in.taken == len(in.assignment.All) {
		return invalid("row %d comes after all %d rows of this member", row.Index, in.taken)
	}
	if want := int(in.assignment.All[in.taken]); row.Index != want {
		return invalid("%s", in.wrong(row.Index, want))
	}
	if len(row.Data) != in.extent.rowSize || len(row.Path) != pathLen(in.extent.profile, row.Index) {
		return invalid("row %d has %d bytes and %d siblings, want %d and %d",
			row.Index, len(row.Data), len(row.Path), in.extent.rowSize, pathLen(in.extent.profile, row.Index))
	}
	in.taken++
	if _, own := slices.BinarySearch(in.assignment.Own, uint16(row.Index)); own {
		in.extent.put(in.bytes, in.kept, row)
		at := in.extent.rowAt(in.kept)
		row.Data = in.bytes[at : at+in.extent.rowSize]
		in.kept++
	} else {
		row.Data = slices.Clone(row.Data)
	}
	in.group = append(in.group, row)
	if len(in.group) == intakeGroup {
		return in.check()
	}
	return nil
}

// wrong says what is amiss with a row out of turn.
func (in *Intake) wrong(got, want int) string {
	_, ours := slices.BinarySearch(in.assignment.All, uint16(got))
	switch {
	case got < 0 || got > 1<<16-1 || !ours:
		return fmt.Sprintf("row %d is not one of this member's", got)
	case got < want:
		return fmt.Sprintf("row %d comes twice, or after a higher one", got)
	default:
		return fmt.Sprintf("row %d is missing, row %d came", want, got)
	}
}

func (in *Intake) check() error {
	rows := in.group
	in.group = in.group[:0]
	if len(rows) == 0 {
		return nil
	}
	verdicts, err := in.verify(rows)
	if err != nil {
		return err
	}
	for i, err := range verdicts {
		if err != nil {
			return invalid("row %d: %v", rows[i].Index, err)
		}
	}
	clear(rows)
	return nil
}

// Finish returns the checked extent, which may be recycled when it is stored, or
// says what is missing or wrong.
func (in *Intake) Finish() ([]byte, error) {
	if in.taken < len(in.assignment.All) {
		return nil, invalid("row %d is missing, %d of %d rows came", in.assignment.All[in.taken], in.taken, len(in.assignment.All))
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return in.bytes, nil
}
