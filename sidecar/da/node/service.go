package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// service answers the calls of zg.da.v1.Signer.
type service struct {
	pb.UnimplementedSignerServer

	config     Config
	log        *slog.Logger
	version    string
	chainID    string
	evmChainID uint64
	address    chain.Address
	keys       *Keys
	store      *Store
	view       *view
	limits     *limits
	gate       gate
	counts     *counters
	cores      *semaphore.Weighted // of verification

	mu     *sync.Mutex
	taking map[uint64]bool // blobs under way
}

// clone is the same service behind another gate.
func (s *service) clone() *service {
	out := *s
	return &out
}

// gate tells who calls.
type gate interface {
	Submitter(ctx context.Context) (chain.Address, error)
}

// counters are since the start.
type counters struct {
	signed, signedBlobs        atomic.Uint64
	accepted, refused          atomic.Uint64 // submissions
	acceptedRows, checkedBytes atomic.Uint64
	servedRows, servedBytes    atomic.Uint64
	servedChunks, lost         atomic.Uint64
	busy                       atomic.Uint64

	sampledRows, sampleWinners, samplesPaid atomic.Uint64
	challengesAnswered, challengesFailed    atomic.Uint64
}

// incoming is a submission's stream.
type incoming interface {
	// next returns the next message, io.EOF after the last; it waits no longer than
	// patience. The message is good until next is called again.
	next(patience time.Duration) (*pb.SubmitRowsRequest, error)
}

// submit takes the rows of one blob: every check of protocol-da.md §6c, in its
// order, then the disk. Who has not ordered the blob gets no place among the
// submissions: to hold one costs a blob's fee.
func (s *service) submit(ctx context.Context, peer string, submitter chain.Address, in incoming) (*pb.SubmitRowsResponse, error) {
	first, blob, err := s.ordered(ctx, peer, submitter, in)
	if err != nil {
		return nil, s.refuse(submitter, err)
	}
	done, err := s.limits.submission(ctx, submitter)
	if err != nil {
		return nil, err
	}
	defer done()
	response, err := s.take(ctx, submitter, blob, first, in)
	if errors.Is(err, ErrInvalid) {
		s.limits.bad(submitter)
	}
	if err != nil {
		return nil, s.refuse(submitter, err)
	}
	s.counts.accepted.Add(1)
	return response, nil
}

// refuse counts and logs a refusal that is not for want of room or of the chain.
func (s *service) refuse(submitter chain.Address, err error) error {
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrState) || errors.Is(err, ErrDenied) {
		s.counts.refused.Add(1)
		s.log.Info("submission refused", "submitter", submitter, "err", err)
	}
	return err
}

// ordered reads the header and finds the blob, which the caller must have ordered.
func (s *service) ordered(ctx context.Context, peer string, submitter chain.Address, in incoming) (*pb.SubmitRowsRequest, chain.DABlob, error) {
	first, blob, err := s.look(ctx, peer, in)
	if errors.Is(err, chain.ErrNotFound) {
		blob, err = s.await(ctx, peer, first.GetHeader().GetBlobId())
	}
	if err != nil {
		return nil, blob, err
	}
	if blob.Submitter != submitter {
		return nil, blob, fmt.Errorf("%w: blob %d was ordered by %s, the caller is %s", ErrDenied, blob.ID, blob.Submitter, submitter)
	}
	return first, blob, nil
}

// look reads the header and asks the chain once; chain.ErrNotFound comes through.
func (s *service) look(ctx context.Context, peer string, in incoming) (first *pb.SubmitRowsRequest, blob chain.DABlob, err error) {
	done, err := s.limits.lookup(peer)
	if err != nil {
		return nil, blob, err
	}
	defer done()
	if first, err = in.next(min(headerTimeout, time.Duration(s.config.Limits.IdleTimeout))); err != nil {
		return nil, blob, err
	}
	if first.GetHeader() == nil {
		return nil, blob, invalid("the first message has no header")
	}
	id := first.GetHeader().GetBlobId()
	blob, err = s.view.reader.DABlob(ctx, id)
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		err = fmt.Errorf("%w: blob %d: %w", ErrUnseen, id, err)
	}
	return first, blob, err
}

// await waits for a blob that the chain's node has not seen, if there is a place
// to wait.
func (s *service) await(ctx context.Context, peer string, id uint64) (chain.DABlob, error) {
	done, ok := s.limits.waiters.take(peer)
	if !ok {
		return chain.DABlob{}, fmt.Errorf("%w: blob %d is not on this node's chain", ErrUnseen, id)
	}
	defer done()
	return s.view.blob(ctx, id, time.Duration(s.config.Limits.UnseenWait))
}

func (s *service) take(ctx context.Context, submitter chain.Address, blob chain.DABlob, first *pb.SubmitRowsRequest, in incoming) (*pb.SubmitRowsResponse, error) {
	header := first.GetHeader()
	height, err := s.view.tip(ctx)
	if err != nil {
		return nil, err
	}
	commitment, err := CheckBlob(blob, height, s.evmChainID, header.GetPreimage())
	if err != nil {
		return nil, err
	}
	assignment, err := s.assign(ctx, blob)
	if err != nil {
		return nil, err
	}
	answer := &pb.SubmitRowsResponse{StoredRows: uint32(len(assignment.Own)), CheckedRows: uint32(len(assignment.All))}
	leave, held, err := s.begin(ctx, blob)
	if err != nil || held {
		return answer, err
	}
	defer leave()
	if got, want := int(header.GetRows()), len(assignment.All); got != want {
		return nil, invalid("%d rows announced, want the %d of this member: %d to keep, %d to check", got, want, len(assignment.Own), want-len(assignment.Own))
	}
	rows, err := s.receive(ctx, submitter, commitment, assignment, first, in)
	if err != nil {
		return nil, err
	}
	defer rows.done()
	r := &Record{BlobID: blob.ID, Commitment: commitment, Epoch: blob.Epoch, QuorumID: blob.QuorumID, Rows: assignment.Own}
	if err := s.keep(ctx, r, rows.extent); err != nil {
		return nil, err
	}
	s.counts.acceptedRows.Add(uint64(len(assignment.Own)))
	return answer, nil
}

func (s *service) assign(ctx context.Context, blob chain.DABlob) (Assignment, error) {
	quorum, err := s.view.quorum(ctx, blob.Epoch, blob.QuorumID)
	if err != nil {
		return Assignment{}, err
	}
	params, err := s.view.parameters(ctx)
	if err != nil {
		return Assignment{}, fmt.Errorf("%w: %w", ErrUnseen, err)
	}
	return Assign(blob, quorum, s.address, params.MinVerifyRows)
}

// begin claims a blob for one submission; held when it is on disk already.
func (s *service) begin(ctx context.Context, blob chain.DABlob) (leave func(), held bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taking[blob.ID] {
		return nil, false, &Busy{fmt.Sprintf("blob %d is being taken", blob.ID), time.Second}
	}
	r, err := s.store.Record(blob.ID)
	switch {
	case err == nil && r.Root() == blob.Root:
		return nil, true, nil
	case err == nil:
		s.log.Warn("blob of another history of this chain deleted", "blob", blob.ID, "root", fmt.Sprintf("%x", r.Root()))
		err = s.store.Drop(ctx, blob.ID)
	case errors.Is(err, ErrNotHeld):
		err = nil
	}
	if err != nil {
		return nil, false, err
	}
	s.taking[blob.ID] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.taking, blob.ID)
	}, false, nil
}

type received struct {
	extent []byte
	done   func()
}

// receive reads and checks the rows. Memory is taken for as long as they are.
func (s *service) receive(ctx context.Context, submitter chain.Address, c erasure.Commitment, a Assignment, first *pb.SubmitRowsRequest, in incoming) (received, error) {
	done, err := s.limits.room(ctx, submitter, extentOf(c, len(a.Own)).bytes())
	if err != nil {
		return received{}, err
	}
	extent, err := s.checked(ctx, c, a, first, in)
	if err != nil {
		done()
		return received{}, err
	}
	return received{extent, func() { Recycle(extent); done() }}, nil
}

func (s *service) checked(ctx context.Context, c erasure.Commitment, a Assignment, first *pb.SubmitRowsRequest, in incoming) ([]byte, error) {
	combinations, err := wire.UnpackCombinations(c.Profile, first.GetHeader().GetCombinations())
	if err != nil {
		return nil, invalid("%v", err)
	}
	verifier, err := erasure.NewVerifier(erasure.CPU, c, combinations)
	if err != nil {
		return nil, invalid("%v", err)
	}
	intake := NewIntake(c, combinations, a, func(rows []erasure.Row) ([]error, error) { return s.verify(ctx, verifier, rows) })
	unpacker := wire.NewUnpacker(c)
	for message := first; ; {
		for _, packed := range message.GetRows() {
			row, err := unpacker.Unpack(packed)
			if err != nil {
				return nil, invalid("%v", err)
			}
			if err := intake.Add(row); err != nil {
				return nil, err
			}
		}
		message, err = in.next(time.Duration(s.config.Limits.IdleTimeout))
		if errors.Is(err, errEnd) {
			return intake.Finish()
		}
		if err != nil {
			return nil, err
		}
		if message.GetHeader() != nil {
			return nil, invalid("a second header")
		}
	}
}

// verifyShare is the fewest rows worth a core of their own: a pass looks its
// multipliers up again, however few the rows.
const verifyShare = 1024

// verify checks rows on the cores that are free: one at least.
func (s *service) verify(ctx context.Context, v *erasure.Verifier, rows []erasure.Row) ([]error, error) {
	if err := s.cores.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	cores := 1
	for cores < len(rows)/verifyShare && cores < runtime.GOMAXPROCS(0) && s.cores.TryAcquire(1) {
		cores++
	}
	defer s.cores.Release(int64(cores))
	s.counts.checkedBytes.Add(uint64(len(rows) * v.RowSize))
	errs := make([]error, len(rows))
	var all sync.WaitGroup
	for core := range cores {
		from, to := core*len(rows)/cores, (core+1)*len(rows)/cores
		all.Go(func() { copy(errs[from:to], v.CheckAll(rows[from:to])) })
	}
	all.Wait()
	return errs, nil
}

// keep makes a blob durable. Rot found under the sectors it shares is given up
// by the engine, and the blob lands elsewhere.
func (s *service) keep(ctx context.Context, r *Record, extent []byte) error {
	ctx = context.WithoutCancel(ctx) // the bytes are in use until the engine has answered
	err := s.store.Put(ctx, r, extent)
	if errors.Is(err, flowlog.ErrCorrupt) {
		err = s.store.Put(ctx, r, extent)
	}
	if errors.Is(err, flowlog.ErrFull) {
		s.log.Warn("no room for rows", "blob", r.BlobID, "err", err)
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
