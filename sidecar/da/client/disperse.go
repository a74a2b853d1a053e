package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// inFlightBytes bounds what is on its way to all members together; each has one
// message on its way, of at most wire.RowsMessageBytes.
const inFlightBytes = 64 << 20

// DisperserOptions say how long members are waited for. Zero values are good.
type DisperserOptions struct {
	SignTimeout time.Duration // 60 s; the whole of one dispersal
	TryTimeout  time.Duration // 15 s, and a second more for each 4 MiB sent
	Grace       time.Duration // 500 ms; for late members once two thirds have signed
	RetryWait   time.Duration // 250 ms; doubled at each try
	Retries     int           // 3; of a member that does not answer in time
	MinRows     int           // 8; min_verify_rows of the chain
	Sent        func(uint64)  // is told of bytes of rows given to connections; nil: nobody
}

func (o DisperserOptions) withDefaults() DisperserOptions {
	or := func(d *time.Duration, fallback time.Duration) {
		if *d <= 0 {
			*d = fallback
		}
	}
	or(&o.SignTimeout, 60*time.Second)
	or(&o.TryTimeout, 15*time.Second)
	or(&o.Grace, 500*time.Millisecond)
	or(&o.RetryWait, 250*time.Millisecond)
	if o.Retries <= 0 {
		o.Retries = 3
	}
	if o.MinRows <= 0 {
		o.MinRows = 8
	}
	if o.Sent == nil {
		o.Sent = func(uint64) {}
	}
	return o
}

// Disperser brings rows to the members of a quorum and collects what they sign.
// It is safe for concurrent use and keeps its connections until Close.
type Disperser struct {
	options    DisperserOptions
	evmChainID uint64
	peers      *peers
}

// NewDisperser returns one for blobs of one submitter, who authorizes each
// connection (wire.Authorizer).
func NewDisperser(evmChainID uint64, auth wire.Authorizer, options DisperserOptions) *Disperser {
	return &Disperser{options: options.withDefaults(), evmChainID: evmChainID, peers: newPeers(evmChainID, auth)}
}

// Close ends the connections.
func (d *Disperser) Close() { d.peers.close() }

// Piece is a blob that was ordered on chain.
type Piece struct {
	ID   uint64
	Root chain.Hash
	Blob *erasure.Blob
}

// Certificate is what confirms a batch: the arguments of MsgConfirmBatch.
type Certificate struct {
	IDs                  []uint64 // ascending
	Bitmap, Signature    []byte
	HitSeats, TotalSeats int
}

// Dispersal is what came of bringing blobs to a quorum.
type Dispersal struct {
	Certificates []Certificate // one, or several when members accepted different blobs
	Faults       []Fault       // members that are in none of them, and why
	Sent         time.Duration // the whole, with the grace
}

// Disperse brings blobs of one quorum, ascending by id, to its members, in
// parallel, and collects signatures until members with two thirds of the seats
// have signed and a short grace for the others is over. Blobs that too few
// members accept are left out of the batch; then, and when none is left, the
// error is *InsufficientSignatures beside what could be certified. No blob is
// used any more when it returns.
func (d *Disperser) Disperse(ctx context.Context, q chain.DAQuorum, pieces []Piece) (*Dispersal, error) {
	b, err := d.newBatch(q, pieces)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.SignTimeout)
	defer cancel()
	began := time.Now()
	all := make([]int, len(pieces))
	for i := range all {
		all[i] = i
	}
	first, stop := context.WithTimeout(ctx, b.options.SignTimeout*2/3) // what is left is for smaller batches
	defer stop()
	if len(pieces) == 1 {
		first = ctx
	}
	round := b.collect(first, all, len(pieces) > 1, b.bringAndSign)
	out := &Dispersal{}
	if round.enough {
		out.Certificates = append(out.Certificates, b.certify(all, round))
	} else if len(pieces) > 1 && ctx.Err() == nil {
		b.split(ctx, all, out)
	}
	out.Sent = time.Since(began)
	return out, b.finish(out, round)
}

// batch is one dispersal under way.
type batch struct {
	*Disperser
	quorum  chain.DAQuorum
	pieces  []Piece
	rows    [][][]uint16 // of a piece and member
	members []memberKey
	total   int

	mu       sync.Mutex // guards the rest
	accepted [][]bool   // of a piece by a member
	faults   []*Fault   // the last of each member
}

func (d *Disperser) newBatch(q chain.DAQuorum, pieces []Piece) (*batch, error) {
	b := &batch{Disperser: d, quorum: q, pieces: pieces, total: len(q.Seats), faults: make([]*Fault, len(q.Members))}
	if len(pieces) == 0 {
		return nil, fmt.Errorf("%w: nothing to disperse", ErrUsage)
	}
	for i, p := range pieces {
		if i > 0 && p.ID <= pieces[i-1].ID {
			return nil, fmt.Errorf("%w: blob %d after blob %d, want them ascending", ErrUsage, p.ID, pieces[i-1].ID)
		}
		if p.Blob.Profile.N != len(q.Seats) {
			return nil, fmt.Errorf("%w: blob %d has %d rows, its quorum %d seats", ErrUsage, p.ID, p.Blob.Profile.N, len(q.Seats))
		}
		rows := rowsOfMembers(p.Blob.Commitment, p.Root, q)
		for m := range rows {
			rows[m] = withExtra(p.Blob.Commitment, p.Root, q, m, rows[m], d.options.MinRows)
		}
		b.rows = append(b.rows, rows)
		b.accepted = append(b.accepted, make([]bool, len(q.Members)))
	}
	var err error
	b.members, err = memberKeys(q)
	return b, err
}

// finish names who is in no certificate, and says whether blobs are left over.
func (b *batch) finish(out *Dispersal, first *round) error {
	certified := make(map[uint64]bool)
	signed := make([]bool, len(b.quorum.Members))
	for _, c := range out.Certificates {
		for _, id := range c.IDs {
			certified[id] = true
		}
		for m := range signed {
			signed[m] = signed[m] || c.Bitmap[m/8]>>(m%8)&1 == 1
		}
	}
	for m, fault := range b.faults {
		if !signed[m] && fault != nil {
			out.Faults = append(out.Faults, *fault)
		}
	}
	lacking := &InsufficientSignatures{TotalSeats: b.total, HitSeats: first.hit, Faults: out.Faults}
	for _, p := range b.pieces {
		if !certified[p.ID] {
			lacking.IDs = append(lacking.IDs, p.ID)
		}
	}
	if len(lacking.IDs) > 0 {
		return lacking
	}
	return nil
}
