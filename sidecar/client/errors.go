package client

import "errors"

// Errors callers act on; every error of the package wraps one of them, or one
// of the chain's (chain.ErrUnavailable, chain.ErrRejected).
var (
	// ErrUsage: the request makes no sense as given (a path, a range, a name).
	ErrUsage = errors.New("bad request")
	// ErrNotFound: no entry with this root on the chain.
	ErrNotFound = errors.New("not found")
	// ErrVerify: data does not match the root asked for, and no node had better.
	ErrVerify = errors.New("verification failed")
	// ErrPayment: the account cannot pay, or the offer is below the floor.
	ErrPayment = errors.New("payment")
	// ErrDeclined: the user did not agree to the price.
	ErrDeclined = errors.New("price not accepted")
	// ErrPartial: not all of the data arrived; doing the same again goes on from there.
	ErrPartial = errors.New("incomplete")
	// ErrNoNode: no storage node answered.
	ErrNoNode = errors.New("no storage node")
	// ErrExists: the output is there already.
	ErrExists = errors.New("output exists")
	// ErrManifest: a manifest that does not decode.
	ErrManifest = errors.New("invalid manifest")
	// ErrChanged: a file changed between hashing and uploading.
	ErrChanged = errors.New("file changed while it was being stored")
	// ErrNoKey: an operation that signs, and no key.
	ErrNoKey = errors.New("no key to sign with")
	// ErrPaused: the chain takes no submissions for now.
	ErrPaused = errors.New("submissions are paused")
)
