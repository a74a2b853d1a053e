package node_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// refused says that an error has a code and says why.
func refused(t *testing.T, err error, code codes.Code, why string) {
	t.Helper()
	if status.Code(err) != code || !strings.Contains(status.Convert(err).Message(), why) {
		t.Errorf("got %v, want code %v and %q", err, code, why)
	}
}

func patient(n *running) { n.config.Limits.BadPerMinute = 1000 }

// clone copies what a case changes.
func (s submission) clone() submission {
	header := &pb.RowsHeader{
		BlobId: s.header.BlobId, Preimage: slices.Clone(s.header.Preimage), Combinations: slices.Clone(s.header.Combinations), Rows: s.header.Rows,
	}
	rows := slices.Clone(s.rows)
	for i := range rows {
		rows[i].Data, rows[i].Path = slices.Clone(rows[i].Data), slices.Clone(rows[i].Path)
	}
	return submission{header, rows}
}

// mission D03 (what a signer checks): one change beside what is accepted is
// refused in words that name it; nothing is stored and nothing signed for it.
func TestWhatASignerRefuses(t *testing.T) {
	w := newWorld(t, []uint32{1, 1, 1})
	n := w.start(1, patient)
	b := w.order(payload(700, 3))
	good := w.submission(b, n.address())
	a := w.assigned(b, n.address())
	if len(a.All) == len(a.Own) {
		t.Fatal("this case needs rows that are only checked")
	}
	extra := slices.IndexFunc(a.All, func(row uint16) bool { return !slices.Contains(a.Own, row) })
	foreign := 0
	for slices.Contains(a.All, uint16(foreign)) {
		foreign++
	}
	client := n.dial(w.disperser)
	for name, c := range map[string]struct {
		change func(*submission)
		why    string
	}{
		"a bit of a row":               {func(s *submission) { s.rows[2].Data[5] ^= 4 }, "row"},
		"a bit of a row only checked":  {func(s *submission) { s.rows[extra].Data[0] ^= 1 }, "row does not belong"},
		"a bit of a path":              {func(s *submission) { s.rows[0].Path[3][31] ^= 1 }, "row does not belong"},
		"two rows exchanged":           {func(s *submission) { s.rows[0].Data, s.rows[1].Data = s.rows[1].Data, s.rows[0].Data }, "row does not belong"},
		"a row too short":              {func(s *submission) { s.rows[1].Data = s.rows[1].Data[:len(s.rows[1].Data)-64] }, "bytes"},
		"a bit of the combinations":    {func(s *submission) { s.header.Combinations[20] ^= 1 }, "combinations"},
		"combinations too short":       {func(s *submission) { s.header.Combinations = s.header.Combinations[1:] }, "combinations"},
		"the last row missing":         {func(s *submission) { s.rows = s.rows[:len(s.rows)-1] }, "is missing"},
		"a row in between missing":     {func(s *submission) { s.rows = slices.Delete(s.rows, 1, 2) }, "is missing"},
		"a row twice":                  {func(s *submission) { s.rows = slices.Insert(s.rows, 1, s.rows[0]) }, "row"},
		"somebody else's row":          {func(s *submission) { s.rows = slices.Insert(s.rows, at(a.All, foreign), b.Row(foreign)) }, "not one of this member's"},
		"fewer rows announced":         {func(s *submission) { s.header.Rows-- }, "rows announced"},
		"more rows announced":          {func(s *submission) { s.header.Rows++ }, "rows announced"},
		"another length of payload":    {func(s *submission) { s.header.Preimage[20] ^= 1 }, "bytes of payload"},
		"another profile":              {func(s *submission) { s.header.Preimage[0] = 3 }, "preimage"},
		"another row size":             {func(s *submission) { s.header.Preimage[11] ^= 1 }, "row size"},
		"another network":              {func(s *submission) { s.header.Preimage[8] ^= 1 }, "is of chain"},
		"another row root":             {func(s *submission) { s.header.Preimage[21] ^= 1 }, "hashes to"},
		"another root of combinations": {func(s *submission) { s.header.Preimage[84] ^= 1 }, "hashes to"},
		"a preimage too short":         {func(s *submission) { s.header.Preimage = s.header.Preimage[1:] }, "preimage"},
	} {
		s := good.clone()
		c.change(&s)
		_, err := s.send(t.Context(), client)
		t.Run(name, func(t *testing.T) { refused(t, err, codes.InvalidArgument, c.why) })
	}
	s := good.clone()
	s.header.BlobId += 50
	_, err := s.send(t.Context(), client)
	refused(t, err, codes.Unavailable, "not on this node's chain")
	refused(t, w.noHeader(client, good), codes.InvalidArgument, "no header")
	if held := n.Status().Blobs; held.Held != 0 || held.Bytes != 0 {
		t.Fatalf("something was stored: %+v", held)
	}
	_, err = client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: b.epoch, QuorumId: b.quorum.ID, BlobIds: []uint64{b.id}})
	refused(t, err, codes.FailedPrecondition, "not accepted here")
	if answer, err := good.send(t.Context(), client); err != nil || int(answer.StoredRows) != len(a.Own) || int(answer.CheckedRows) != len(a.All) {
		t.Fatalf("what all these are beside is refused: %v %v", answer, err)
	}
}

func at(sorted []uint16, row int) int {
	i, _ := slices.BinarySearch(sorted, uint16(row))
	return i
}

func (w *world) noHeader(client pb.SignerClient, s submission) error {
	stream, err := client.SubmitRows(w.Context())
	if err != nil {
		return err
	}
	var p wire.Packer
	_ = stream.Send(&pb.SubmitRowsRequest{Rows: []*pb.Row{p.Pack(s.rows[0])}})
	_, err = stream.CloseAndRecv()
	return err
}

// Two headers in one stream are refused, also when all rows are right.
func TestASecondHeaderIsRefused(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	s := w.submission(w.order(payload(70, 3)), n.address())
	stream, err := n.dial(w.disperser).SubmitRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.Send(&pb.SubmitRowsRequest{Header: s.header})
	_ = stream.Send(&pb.SubmitRowsRequest{Header: s.header})
	_, err = stream.CloseAndRecv()
	refused(t, err, codes.InvalidArgument, "second header")
}

// mission D03 (who may ask): only the blob's submitter, with a fresh word for this
// very server; reads need none.
func TestWhoMayDisperse(t *testing.T) {
	w := newWorld(t, []uint32{1, 1})
	n, other := w.start(1), w.start(2)
	b := w.order(payload(700, 3))
	s := w.submission(b, n.address())
	sign := func(client pb.SignerClient, ctx context.Context) error {
		_, err := client.SignBatch(ctx, &pb.SignBatchRequest{Epoch: b.epoch, QuorumId: b.quorum.ID, BlobIds: []uint64{b.id}})
		return err
	}
	_, err := s.send(t.Context(), n.dial(nil))
	refused(t, err, codes.Unauthenticated, "not authorized")
	stranger := w.chain.Sender(accountKey(201))
	_, err = s.send(t.Context(), n.dial(stranger))
	refused(t, err, codes.PermissionDenied, "was ordered by")
	refused(t, sign(n.dial(nil), t.Context()), codes.Unauthenticated, "not authorized")

	good := w.word(n, n.spki(), time.Minute)
	for name, c := range map[string]struct {
		value []byte
		why   string
	}{
		"expired":               {w.word(n, n.spki(), -time.Minute), "ended"},
		"for too long":          {w.word(n, n.spki(), time.Hour), "longer"},
		"given to another node": {w.word(other, other.spki(), time.Minute), "another server"},
		"of another connection": {w.word(n, other.spki(), time.Minute), "another server"},
		"a bit of the word":     {flip(good, 40), ""},
		"a bit of the expiry":   {flip(good, 27), ""},
		"cut":                   {good[:90], "not authorized"},
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "zg-da-auth-bin", string(c.value))
		_, err := s.send(ctx, n.dial(nil))
		t.Run(name, func(t *testing.T) { refused(t, err, codes.Unauthenticated, c.why) })
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "zg-da-auth-bin", string(good))
	if _, err := s.send(ctx, n.dial(nil)); err != nil {
		t.Fatalf("what all these are beside is refused: %v", err)
	}
	refused(t, sign(n.dial(stranger), t.Context()), codes.PermissionDenied, "was ordered by")
	if err := sign(n.dial(w.disperser), t.Context()); err != nil {
		t.Fatal(err)
	}
}

func flip(b []byte, at int) []byte {
	out := slices.Clone(b)
	out[at] ^= 1
	return out
}

// spki is the hash of a server's public key for TLS.
func (n *running) spki() [32]byte {
	n.w.Helper()
	var p peer.Peer
	if _, err := n.dial(nil).Status(n.w.Context(), &pb.StatusRequest{}, grpc.Peer(&p)); err != nil {
		n.w.Fatal(err)
	}
	return sha256.Sum256(p.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0].RawSubjectPublicKeyInfo)
}

// word is the disperser's authorization, made by hand from the paper's text.
func (w *world) word(n *running, spki [32]byte, life time.Duration) []byte {
	w.Helper()
	expiry := uint64(time.Now().Add(life).Unix())
	member, submitter := n.address(), w.disperser.Bytes()
	message := binary.BigEndian.AppendUint64([]byte("zgd/da/auth/v1"), w.chain.EVMChainID())
	message = append(append(message, member[:]...), submitter[:]...)
	message = binary.BigEndian.AppendUint64(message, expiry)
	signature, err := w.disperser.SignDigest(sha256.Sum256(append(message, spki[:]...)))
	if err != nil {
		w.Fatal(err)
	}
	return append(binary.BigEndian.AppendUint64(submitter[:], expiry), signature...)
}

// A node with another key than the chain has for the member is not talked to.
func TestACertificateOfAnotherKeyIsRefused(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	_, err := pb.NewSignerClient(n.conn(nil, blsKey(77))).Status(t.Context(), &pb.StatusRequest{})
	refused(t, err, codes.Unavailable, "")
}

// The chain's word counts: who is no member, what lapsed, what is confirmed.
func TestTheChainDecidesWhatIsTaken(t *testing.T) {
	w := newWorld(t, []uint32{1, 1})
	n, second := w.start(1), w.start(2)
	outsider := w.start(9, func(n *running) { n.config.Register = false })
	b := w.order(payload(700, 3))
	_, err := w.submission(b, n.address()).send(t.Context(), outsider.dial(w.disperser))
	refused(t, err, codes.FailedPrecondition, "no member of quorum")
	w.put(n, b)
	w.put(second, b)
	w.confirm([]*running{n, second}, b)
	client := n.dial(w.disperser)
	_, err = w.submission(b, n.address()).send(t.Context(), client)
	refused(t, err, codes.FailedPrecondition, "confirmed")
	_, err = client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: b.epoch, QuorumId: b.quorum.ID, BlobIds: []uint64{b.id}})
	refused(t, err, codes.FailedPrecondition, "confirmed")

	late := w.order(payload(700, 4))
	s := w.submission(late, n.address())
	record, err := w.chain.DABlob(t.Context(), late.id)
	if err != nil {
		t.Fatal(err)
	}
	w.put(n, late)
	w.chain.Advance(int(record.DeadlineHeight-record.SubmitHeight) - 1)
	sign := func() error {
		_, err := client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: late.epoch, QuorumId: late.quorum.ID, BlobIds: []uint64{late.id}})
		return err
	}
	if err := sign(); err != nil {
		t.Fatalf("one block before the window closes: %v", err)
	}
	w.chain.Advance(1)                               // a confirmation would come in the block after the last
	refused(t, sign(), codes.FailedPrecondition, "") // "lapses", or its rows are gone already
	_, err = s.send(t.Context(), second.dial(w.disperser))
	refused(t, err, codes.FailedPrecondition, "")
	w.chain.Advance(1)
	w.eventually("the rows of the lapsed blob are deleted", func() bool { return n.Status().Blobs.Held == 1 })
	refused(t, sign(), codes.FailedPrecondition, "not accepted here")
	root := late.DataRoot()
	_, err = w.rows(n, root)
	refused(t, err, codes.NotFound, "not held")
}

// mission D03 (what a signer signs): the blobs that it has, of one quorum, ascending.
func TestWhatASignerSigns(t *testing.T) {
	w := newWorld(t, []uint32{1, 1})
	n := w.start(1)
	a := w.order(payload(100, 1))
	same := func(seed int) ordered {
		b := w.order(payload(100, seed))
		for ; b.quorum.ID != a.quorum.ID; seed += 100 {
			b = w.order(payload(100, seed+100))
		}
		return b
	}
	b, missing := same(2), same(3)
	w.put(n, a)
	w.put(n, b)
	client := n.dial(w.disperser)
	for name, c := range map[string]struct {
		epoch  uint64
		quorum uint32
		ids    []uint64
		code   codes.Code
		why    string
	}{
		"nothing":                 {a.epoch, a.quorum.ID, nil, codes.InvalidArgument, "0 blobs"},
		"descending":              {a.epoch, a.quorum.ID, []uint64{b.id, a.id}, codes.InvalidArgument, "ascending"},
		"twice":                   {a.epoch, a.quorum.ID, []uint64{a.id, a.id}, codes.InvalidArgument, "ascending"},
		"one that is not here":    {a.epoch, a.quorum.ID, []uint64{a.id, b.id, missing.id}, codes.FailedPrecondition, "not accepted here"},
		"one that does not exist": {a.epoch, a.quorum.ID, []uint64{a.id, 1 << 40}, codes.FailedPrecondition, "not accepted here"},
		"another epoch":           {a.epoch + 1, a.quorum.ID, []uint64{a.id, b.id}, codes.InvalidArgument, "of epoch"},
		"another quorum":          {a.epoch, a.quorum.ID + 1, []uint64{a.id, b.id}, codes.InvalidArgument, "of quorum"},
		"too many":                {a.epoch, a.quorum.ID, make([]uint64, 257), codes.InvalidArgument, "257 blobs"},
	} {
		_, err := client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: c.epoch, QuorumId: c.quorum, BlobIds: c.ids})
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, c.why) })
	}
	if _, err := client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: a.epoch, QuorumId: a.quorum.ID, BlobIds: []uint64{a.id, b.id}}); err != nil {
		t.Fatal(err)
	}
}

// Reads are bounded and say what is wrong with them.
func TestReadsAreBounded(t *testing.T) {
	w := newWorld(t, []uint32{1, 1})
	n := w.start(1)
	b := w.order(payload(700, 3))
	w.put(n, b)
	root := b.DataRoot()
	client := n.dial(nil)
	_, err := client.GetRecord(t.Context(), &pb.GetRecordRequest{DataRoot: root[:31]})
	refused(t, err, codes.InvalidArgument, "31 bytes")
	other := erasure.Hash{1}
	_, err = client.GetRecord(t.Context(), &pb.GetRecordRequest{DataRoot: other[:]})
	refused(t, err, codes.NotFound, "not held")
	_, err = client.GetChunks(t.Context(), &pb.GetChunksRequest{DataRoot: root[:]})
	refused(t, err, codes.InvalidArgument, "0 chunks")
	_, err = client.GetChunks(t.Context(), &pb.GetChunksRequest{DataRoot: root[:], Chunks: make([]*pb.ChunkID, 65)})
	refused(t, err, codes.InvalidArgument, "65 chunks")
	own := w.assigned(b, n.address()).Own
	_, err = client.GetChunks(t.Context(), &pb.GetChunksRequest{DataRoot: root[:], Chunks: []*pb.ChunkID{{Row: uint32(own[0]), Chunk: 1}}})
	refused(t, err, codes.InvalidArgument, "chunk 1")
	for name, indexes := range map[string][]uint32{"descending": {3, 2}, "twice": {3, 3}, "outside": {16}, "too many": make([]uint32, 17)} {
		_, err := w.rows(n, root, indexes...)
		t.Run(name, func(t *testing.T) { refused(t, err, codes.InvalidArgument, "asked for") })
	}
	all := make([]uint32, 16)
	for i := range all {
		all[i] = uint32(i)
	}
	if rows, err := w.rows(n, root, all...); err != nil || len(rows) != len(own) {
		t.Fatalf("%d rows, want the node's %d: %v", len(rows), len(own), err)
	}
	if _, err := n.dial(nil).GetRecord(t.Context(), &pb.GetRecordRequest{DataRoot: root[:]}); err != nil {
		t.Fatal(err)
	}
}
