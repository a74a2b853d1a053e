// Package encoder is the disperser: it takes payloads at an HTTP and a gRPC door,
// codes them on all cores, orders them on chain in batches, has the quorum's
// members hold and sign, confirms, and reads blobs back for clients that do not
// check themselves. What it has acknowledged is on disk and is finished after a
// crash (README.md).
package encoder

import (
	"errors"
	"fmt"
	"time"
)

// Errors that callers act on.
var (
	// ErrNotFound says that there is no such blob, here or on chain.
	ErrNotFound = errors.New("no such blob")
	// ErrNotConfirmed says that a blob is known but not confirmed (yet).
	ErrNotConfirmed = errors.New("blob is not confirmed")
	// ErrUnauthorized says that a request has no token, or one nobody gave.
	ErrUnauthorized = errors.New("no valid access token")
	// ErrBadCommitment says that bytes are no commitment of ours.
	ErrBadCommitment = errors.New("not a commitment of this server")
	// ErrCorrupt says that a file of the home is damaged.
	ErrCorrupt = errors.New("file is corrupt")
	// ErrUnavailable says that chain or quorum do not answer; try again.
	ErrUnavailable = errors.New("unavailable")
)

// Busy refuses work that cannot be held now.
type Busy struct {
	What  string // that is used up
	After time.Duration
	Quota bool // the client's own allowance, not the daemon's room
}

func (b *Busy) Error() string {
	return fmt.Sprintf("%s: try again in %d s", b.What, b.seconds())
}

// seconds rounds up, so that who waits that long is not refused again.
func (b *Busy) seconds() int64 { return max(1, int64((b.After+time.Second-1)/time.Second)) }
