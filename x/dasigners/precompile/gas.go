package precompile

import "github.com/zgd-network/zgd/x/contract"

// Gas of the functions; README.md shows it beside what the work costs. Calldata
// is paid on top, 4 a byte, by the door. Where 0G's contract has a function, its
// figure is the least here: callers that were made for it budget by that.
const (
	gasEpoch       = 2_000     // params, epoch, beacon: one small record
	gasQuorumCount = 8_000     // looks for the last quorum of an epoch
	gasIsSigner    = 10_000    // 0G's
	gasSigners     = 100_000   // 0G's, and so much a signer:
	gasSigner      = 5_000     // a record and its points
	gasQuorum      = 100_000   // 0G's; up to 4096 seats are written
	gasSeat        = 10_000    // 0G's; a quorum is read
	gasRowHolder   = 20_000    // a quorum is read, 4096 rows are shuffled
	gasAggregate   = 1_000_000 // 0G's, and so much a member:
	gasMemberG1    = 600       // a record of the snapshot, a point of G1

	gasPairing    = 113_000                // two pairs, EIP-1108
	gasRegister   = 100_000 + 2*gasPairing // 0G's, and what it left unchecked
	gasNextEpoch  = 100_000 + gasPairing + 16*gasDelegation
	gasDelegation = 5_000  // of the caller, read for its votes
	gasSocket     = 50_000 // 0G's
	gasRotate     = gasRegister
	gasLeave      = 80_000 // a registration is taken back, a deposit may return
	gasTransfer   = 60_000 // deposit, claim
	gasRead       = 3_000  // one or two records

	gasQuote        = 6_000  // the parameters, those of the log
	gasByRoot       = 8_000  // looks at up to 100 records of one root
	gasSubmit       = 80_000 // the fee, a quorum is read, the pool
	gasSubmitBlob   = 30_000 // a record, two indexes, its part of the log
	gasSubmitNode   = 10_000 // a subtree of its log entry
	gasConfirm      = gasPairing + 87_000
	gasConfirmBlob  = 30_000 // the record, and an entry of the log where it asks for one
	gasMember       = 600    // a key of the snapshot is read and added
	gasMemberTally  = 200    // and the tally written
	gasVerify       = gasPairing + 12_000
	gasHashToG1     = 12_000 // two maps to the curve
	gasHash         = 2_000
	gasHashWord     = 12  // SHA-256 of 32 bytes, as the EVM's own
	gasHashSibling  = 100 // one hash
	gasBatchMessage = 3_000

	gasPromise   = 100_000   // a confirmed blob, its quorum, the shuffle of its rows
	gasChallenge = 160_000   // and four records, a bond
	gasFault     = 1_000_000 // the coefficients, the combinations encoded anew
	gasFaultByte = 12        // of the row
)

func words(bytes []byte) uint64 { return uint64(len(bytes)+31) / 32 }

// eachOf is a price that grows with the elements of a list.
func eachOf[T any](base uint64, argument int, gas uint64) contract.Gas {
	return contract.Gas{Base: base, Extra: func(args []any) uint64 {
		return gas * uint64(len(args[argument].([]T)))
	}}
}

// ofMembers is a price for every member that a bitmap may name. The bitmap must
// have the length of the quorum, so that it cannot be cheaper than its members.
func ofMembers(bitmap any, gas uint64) uint64 { return 8 * gas * uint64(len(bitmap.([]byte))) }

// ofChunk is a price for the hashes of a chunk.
func ofChunk(data []byte, path [][32]byte) uint64 {
	return gasHashWord*words(data) + gasHashSibling*uint64(len(path))
}

// ofAttestation is the price of a signed batch; absent, it is free.
func ofAttestation(a Attestation) uint64 {
	if a.BatchCount == 0 {
		return 0
	}
	return gasPairing + ofMembers(a.MemberBitmap, gasMember) + gasHashSibling*uint64(len(a.BatchPath))
}
