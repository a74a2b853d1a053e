package clienttest

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Behaviour is what a signer does wrong.
type Behaviour struct {
	Silent     bool          // takes calls and never answers
	SignBlind  bool          // signs for blobs without keeping, or looking at, a row
	WrongRows  bool          // serves rows with a bit changed
	WrongWords bool          // serves combinations with a bit changed
	Garbage    bool          // signs something else
	Refuse     bool          // refuses rows
	RefuseBlob uint64        // refuses the rows of this one blob
	Lost       bool          // has lost its disk: knows nothing any more
	Slow       time.Duration // before each answer
	NotYet     int           // so many first calls are UNAVAILABLE
}

// Signer is one signer. It holds rows in memory.
type Signer struct {
	pb.UnimplementedSignerServer
	Address chain.Address
	Socket  string

	net     *Net
	secret  bls.SecretKey
	account chain.Key
	gate    wire.Gate
	stop    func()

	mu       sync.Mutex // guards the rest
	bad      Behaviour
	held     map[chain.Hash]*held
	accepted map[uint64]bool
	calls    int
	asked    map[string]int // calls by method
}

// held is what a signer keeps of a blob.
type held struct {
	commit erasure.Commitment
	rlc    []erasure.Combination
	rows   map[int]erasure.Row
	blob   chain.DABlob
}

// Behave changes what the signer does from now on.
func (s *Signer) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad, s.calls = b, 0
}

// Stop ends the signer as a crash would.
func (s *Signer) Stop() { s.stop() }

// Signed says how many blobs the signer has accepted rows of.
func (s *Signer) Signed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.accepted)
}

func (s *Signer) behaviour(method string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.asked == nil {
		s.asked = make(map[string]int)
	}
	s.asked[method]++
	return s.bad
}

// Asked is how often a method was called.
func (s *Signer) Asked(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked["/zg.da.v1.Signer/"+method]
}

// hold applies what hits every call alike.
func (s *Signer) hold(ctx context.Context, method string) error {
	bad := s.behaviour(method)
	if bad.Silent {
		<-ctx.Done()
		return ctx.Err()
	}
	if bad.Slow > 0 {
		select {
		case <-time.After(bad.Slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls <= bad.NotYet {
		return status.Error(codes.Unavailable, "the chain node here is behind")
	}
	return nil
}

func (s *Signer) stall(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if err := s.hold(stream.Context(), info.FullMethod); err != nil {
		return err
	}
	return handle(server, stream)
}

func (s *Signer) stallUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := s.hold(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	return handle(ctx, request)
}

// SubmitRows checks what a signer checks (protocol-da.md §6c).
func (s *Signer) SubmitRows(stream grpc.ClientStreamingServer[pb.SubmitRowsRequest, pb.SubmitRowsResponse]) error {
	bad := s.behaviour("")
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	header := first.GetHeader()
	submitter, err := s.gate.Submitter(stream.Context())
	if err != nil {
		return status.Error(codes.Unauthenticated, err.Error())
	}
	blob, err := s.net.Chain.DABlob(stream.Context(), header.GetBlobId())
	if err != nil {
		return status.Error(codes.Unavailable, "blob not seen yet")
	}
	switch {
	case blob.Submitter != submitter:
		return status.Error(codes.PermissionDenied, "not the submitter")
	case bad.Refuse, bad.RefuseBlob == blob.ID:
		return status.Error(codes.InvalidArgument, "refused by the test")
	}
	h, sent, err := s.receive(stream, header, blob)
	if bad.SignBlind {
		h, err = nil, nil
	}
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted[blob.ID] = true
	if h != nil {
		s.held[blob.Root] = h
		return stream.SendAndClose(&pb.SubmitRowsResponse{StoredRows: uint32(len(h.rows)), CheckedRows: uint32(sent)})
	}
	return stream.SendAndClose(&pb.SubmitRowsResponse{CheckedRows: uint32(sent)})
}

func (s *Signer) receive(stream grpc.ClientStreamingServer[pb.SubmitRowsRequest, pb.SubmitRowsResponse], header *pb.RowsHeader, blob chain.DABlob) (*held, int, error) {
	commit, err := erasure.ParseCommitment(header.GetPreimage())
	if err != nil {
		return nil, 0, err
	}
	if commit.DataRoot() != blob.Root || commit.DataLen != blob.DataLen {
		return nil, 0, errors.New("not the blob on chain")
	}
	rlc, err := wire.UnpackCombinations(commit.Profile, header.GetCombinations())
	if err != nil {
		return nil, 0, err
	}
	verifier, err := erasure.NewVerifier(erasure.CPU, commit, rlc)
	if err != nil {
		return nil, 0, err
	}
	var rows []erasure.Row
	unpacker := wire.NewUnpacker(commit)
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		for _, packed := range message.GetRows() {
			row, err := unpacker.Unpack(packed)
			if err != nil {
				return nil, 0, err
			}
			rows = append(rows, row)
		}
	}
	if err := errors.Join(verifier.CheckAll(rows)...); err != nil {
		return nil, len(rows), err
	}
	own, want, err := s.assigned(stream.Context(), commit, blob)
	if err != nil {
		return nil, len(rows), err
	}
	h := &held{commit: commit, rlc: rlc, rows: make(map[int]erasure.Row), blob: blob}
	got := make([]uint16, len(rows))
	for i, row := range rows {
		got[i] = uint16(row.Index)
		if slices.Contains(own, got[i]) {
			h.rows[row.Index] = row
		}
	}
	if !slices.Equal(got, want) {
		return nil, len(rows), errors.New("not the rows of this member's seats and its extra ones")
	}
	return h, len(rows), nil
}

// assigned are the rows that the signer keeps, and those that it checks.
func (s *Signer) assigned(ctx context.Context, commit erasure.Commitment, blob chain.DABlob) (own, want []uint16, err error) {
	quorum, err := s.net.Chain.DAQuorum(ctx, blob.Epoch, blob.QuorumID)
	if err != nil {
		return nil, nil, err
	}
	for seat, row := range erasure.Placement(commit.Profile, blob.Root, blob.Epoch, blob.QuorumID) {
		if quorum.Members[quorum.Seats[seat]].Address == s.Address {
			own = append(own, row)
		}
	}
	if len(own) == 0 {
		return nil, nil, errors.New("not a member")
	}
	want = append(slices.Clone(own), erasure.Extra(commit.Profile, blob.Root, blob.Epoch, blob.QuorumID, s.Address, own, 8)...)
	slices.Sort(want)
	return own, want, nil
}

// SignBatch signs for blobs that were accepted.
func (s *Signer) SignBatch(ctx context.Context, r *pb.SignBatchRequest) (*pb.SignBatchResponse, error) {
	bad := s.behaviour("")
	var leaves []chain.Hash
	for _, id := range r.GetBlobIds() {
		blob, err := s.net.Chain.DABlob(ctx, id)
		if err != nil {
			return nil, status.Error(codes.Unavailable, "blob not seen yet")
		}
		s.mu.Lock()
		ok := s.accepted[id]
		s.mu.Unlock()
		if !ok {
			return nil, status.Errorf(codes.FailedPrecondition, "blob %d was not accepted here", id)
		}
		leaves = append(leaves, erasure.BatchLeaf(blob.Root, id))
	}
	count := uint32(len(leaves))
	message := erasure.BatchMessage(s.net.Chain.EVMChainID(), r.GetEpoch(), r.GetQuorumId(), count, erasure.MerkleRoot(leaves))
	if bad.Garbage {
		message = append(message, 1)
	}
	share, err := s.secret.Sign(bls.DomainBatch, message)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &pb.SignBatchResponse{Signature: bls.EncodeG1(&share)}, nil
}
