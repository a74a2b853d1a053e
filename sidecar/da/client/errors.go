package client

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Errors that callers act on; those of the chain and of the code pass through.
var (
	// ErrUsage: the request makes no sense as given.
	ErrUsage = errors.New("bad request")
	// ErrNoKey: an operation that signs, and no key.
	ErrNoKey = errors.New("no key to sign with")
	// ErrDeclined: the price was not agreed to.
	ErrDeclined = errors.New("price not accepted")
	// ErrPayment: the account cannot pay.
	ErrPayment = errors.New("payment")
	// ErrExists: the output is there already.
	ErrExists = errors.New("output exists")
	// ErrNotFound: no blob with this root that anybody can prove.
	ErrNotFound = errors.New("blob not found")
	// ErrInsufficientSignatures: members with two thirds of the seats did not sign.
	ErrInsufficientSignatures = errors.New("insufficient signatures")
	// ErrTooFewRows: too few rows of the blob could be had.
	ErrTooFewRows = errors.New("too few rows could be fetched")
	// ErrNotShown: the samples do not show that the blob is available.
	ErrNotShown = errors.New("availability not shown")
	// ErrManifest: a manifest that does not decode, or whose parts do not fit.
	ErrManifest = errors.New("invalid manifest")
	// ErrVerify: an answer contradicts the root or the chain.
	ErrVerify = errors.New("verification failed")
	// ErrDisperser: the disperser did not do what it was asked for.
	ErrDisperser = errors.New("disperser failed")
	// ErrLapsed: the time to confirm ran out.
	ErrLapsed = errors.New("blob lapsed")
)

// Errors of the chain and of the code, for callers outside sidecar/.
var (
	ErrChainUnavailable = chain.ErrUnavailable
	ErrChainRejected    = chain.ErrRejected
	ErrUntrusted        = chain.ErrUntrusted
	ErrMalformedBlob    = erasure.ErrMalformedBlob
)

// FaultKind says what a member did.
type FaultKind string

// What members do.
const (
	FaultSilent   FaultKind = "silent"        // no answer
	FaultLate     FaultKind = "late"          // the others were enough before it answered
	FaultRefused  FaultKind = "refused"       // it said no
	FaultBadShare FaultKind = "bad-signature" // what it signed does not verify
	FaultBadRows  FaultKind = "wrong-rows"    // it served what is not of the blob
	FaultNotFound FaultKind = "not-found"     // it does not hold what it signed for
	FaultIdentity FaultKind = "wrong-peer"    // another answers in its place
)

// Fault names a member that did not do its part.
type Fault struct {
	Member string    `json:"member"` // zg1…
	Socket string    `json:"socket"`
	Seats  uint32    `json:"seats"`
	Kind   FaultKind `json:"kind"`
	Reason string    `json:"reason"`
}

func (f Fault) String() string {
	return fmt.Sprintf("%s (%s, %d seats): %s: %s", f.Member, f.Socket, f.Seats, f.Kind, f.Reason)
}

func faultOf(m chain.DAMember, kind FaultKind, reason string) *Fault {
	return &Fault{Member: m.Address.String(), Socket: m.Socket, Seats: m.Seats, Kind: kind, Reason: reason}
}

// InsufficientSignatures says who did not sign which blobs.
type InsufficientSignatures struct {
	IDs                  []uint64
	HitSeats, TotalSeats int // of the best attempt
	Faults               []Fault
}

func (e *InsufficientSignatures) Error() string {
	return fmt.Sprintf("%v: blobs %v: members with %d of %d seats signed, want two thirds; %s",
		ErrInsufficientSignatures, e.IDs, e.HitSeats, e.TotalSeats, names(e.Faults))
}

// mostNames is how many members an error's text names; Faults has all.
const mostNames = 5

func names(faults []Fault) string {
	var texts []string
	for _, f := range faults[:min(mostNames, len(faults))] {
		texts = append(texts, f.String())
	}
	if more := len(faults) - mostNames; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}

// addFaults adds faults that are not known yet: of each member one of a kind.
// told hears of those that are new.
func addFaults(known []Fault, more []Fault, told func(string)) []Fault {
	for _, f := range more {
		same := func(other Fault) bool { return other.Member == f.Member && other.Kind == f.Kind }
		if !slices.ContainsFunc(known, same) {
			known = append(known, f)
			told("signer " + f.String())
		}
	}
	return known
}

// Unwrap makes errors.Is(err, ErrInsufficientSignatures) hold.
func (e *InsufficientSignatures) Unwrap() error { return ErrInsufficientSignatures }
