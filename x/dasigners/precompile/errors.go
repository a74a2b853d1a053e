package precompile

import (
	"errors"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// named are errors of the module under the names of the ABI.
var named = []struct {
	err  error
	name string
}{
	{types.ErrInvalidMessage, "InvalidMessage"},
	{types.ErrInvalidKey, "InvalidKey"},
	{types.ErrKeyUsed, "KeyUsed"},
	{types.ErrInvalidSignature, "InvalidSignature"},
	{types.ErrSignerExists, "SignerExists"},
	{types.ErrSignerNotFound, "SignerNotFound"},
	{types.ErrSignerJailed, "SignerJailed"},
	{types.ErrSignerLeaving, "SignerLeaving"},
	{types.ErrDepositTooSmall, "DepositTooSmall"},
	{types.ErrNoVotes, "NoVotes"},
	{types.ErrRegistrationClosed, "RegistrationClosed"},
	{types.ErrRegistered, "AlreadyRegistered"},
	{types.ErrEpochFull, "EpochFull"},
	{types.ErrNoQuorum, "NoQuorum"},
	{types.ErrQuorumNotFound, "QuorumNotFound"},
	{types.ErrWrongProfile, "WrongProfile"},
	{types.ErrEmptyBlob, "EmptyBlob"},
	{types.ErrBlobTooLarge, "BlobTooLarge"},
	{types.ErrDuplicateBlob, "DuplicateBlob"},
	{types.ErrFeeTooHigh, "FeeTooHigh"},
	{types.ErrBlobNotFound, "BlobNotFound"},
	{types.ErrLapsed, "BlobLapsed"},
	{types.ErrMixedBatch, "MixedBatch"},
	{types.ErrInvalidBitmap, "InvalidBitmap"},
	{types.ErrTooFewSeats, "TooFewSeats"},
	{types.ErrNothingToConfirm, "NothingToConfirm"},
	{types.ErrNoRewards, "NoRewards"},
	{types.ErrNotAvailable, "NotAvailable"},
	{types.ErrRoundFull, "RoundFull"},
	{types.ErrSampleTwice, "SampledTwice"},
	{types.ErrNoWin, "NoWin"},
	{types.ErrNotConfirmed, "NotConfirmed"},
	{types.ErrPromiseOver, "PromiseOver"},
	{types.ErrChunkMismatch, "ChunkMismatch"},
	{types.ErrNotSigned, "NotSigned"},
	{types.ErrNoStake, "NoDeposit"},
	{types.ErrChallenged, "AlreadyChallenged"},
	{types.ErrChallengeLimit, "ChallengeLimit"},
	{types.ErrChallengeNotFound, "ChallengeNotFound"},
	{types.ErrChallengeOver, "ChallengeOver"},
	{types.ErrNoFault, "NoFault"},
	{bls.ErrPoint, "InvalidPoint"},
}

// typing gives every refusal of a table its name in the ABI, with its text.
func (c contracts) typing(functions table) table {
	out := table{}
	for signature, f := range functions { // deterministic: fills a map, the order is not seen
		run := f.Run
		f.Run = func(call contract.Call, args []any) ([]any, error) {
			results, err := run(call, args)
			return results, c.typed(err)
		}
		out[signature] = f
	}
	return out
}

func (c contracts) typed(err error) error {
	for _, known := range named {
		if errors.Is(err, known.err) {
			return contract.NewRevert(c.abi.Errors[known.name], err.Error())
		}
	}
	return err
}
