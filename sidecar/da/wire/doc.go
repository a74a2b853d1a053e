// Package wire is what the DA sidecars agree on below their messages: rows that
// share the siblings of their paths, certificates that a signer's BLS key vouches
// for, and the submitter's authorization (protocol-da.md §6l).
package wire

import "errors"

// Errors that callers act on.
var (
	// ErrMalformed says that bytes from outside are not what they should be.
	ErrMalformed = errors.New("malformed")
	// ErrIdentity says that whoever answers is not the member it should be.
	ErrIdentity = errors.New("peer is not the member it should be")
	// ErrUnauthorized says that a call comes without the submitter's word.
	ErrUnauthorized = errors.New("not authorized")
)
