package node_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

var quiet = slog.New(slog.DiscardHandler)

// accountKey and blsKey are the same for the same name in every run.
func accountKey(name byte) chain.Key {
	secret := make([]byte, 32)
	secret[0], secret[31] = 1, name
	key, err := chain.NewKey(secret)
	if err != nil {
		panic(err)
	}
	return key
}

func blsKey(name byte) bls.SecretKey {
	secret := make([]byte, 32)
	secret[5], secret[31] = 7, name
	key, err := bls.ParseSecretKey(secret)
	if err != nil {
		panic(err)
	}
	return key
}

// world is a chain with signers, a disperser, and what they need of each other.
type world struct {
	*testing.T
	chain     *datest.DA
	disperser *datest.DAAccount
	profile   erasure.Profile
}

type change func(*datest.DAParams)

// newWorld has a chain whose epoch 0 has one signer for each number of votes,
// named 1, 2, ….
func newWorld(t *testing.T, votes []uint32, changes ...change) *world {
	t.Helper()
	params := datest.DAParams{Profile: erasure.Test}
	for i, v := range votes {
		params.Signers = append(params.Signers, datest.DASignerSeed{Account: accountKey(byte(i + 1)), Secret: blsKey(byte(i + 1)), Votes: v})
	}
	for _, c := range changes {
		c(&params)
	}
	c := datest.NewDA(t, params)
	return &world{T: t, chain: c, disperser: c.Sender(accountKey(200)), profile: params.Profile}
}

// running is a node over real TLS on loopback.
type running struct {
	*node.Node
	w      *world
	home   string
	name   byte
	socket string
	config node.Config
	disk   flowlog.FS
	cancel context.CancelFunc
	ended  chan error
}

func writeKey(t *testing.T, home string, secret bls.SecretKey) {
	t.Helper()
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, node.KeyFile)
	if err := os.WriteFile(path, []byte(hex.EncodeToString(secret.Bytes())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// testConfig is small and quick.
func testConfig() node.Config {
	config := node.DefaultConfig()
	config.Store.PackSlots, config.Store.ScrubMiB, config.Sample.MiBPerRound = 64, 0, 0
	config.Limits.AdmitWait, config.Limits.UnseenWait = daemon.Duration(200*time.Millisecond), daemon.Duration(300*time.Millisecond)
	return config
}

// start runs the node of a signer; changes are to its configuration.
func (w *world) start(name byte, changes ...func(*running)) *running {
	w.Helper()
	n := &running{w: w, home: w.TempDir(), name: name, config: testConfig()}
	for _, c := range changes {
		c(n)
	}
	if _, err := os.Stat(filepath.Join(n.home, node.KeyFile)); err != nil {
		writeKey(w.T, n.home, blsKey(name))
	}
	n.boot()
	w.Cleanup(n.stop)
	return n
}

func (n *running) boot() {
	n.w.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.w.Fatal(err)
	}
	n.socket = listener.Addr().String()
	n.config.Listen = n.socket
	n.Node, err = node.New(n.home, n.config, node.Deps{
		Chain: n.w.chain, Sender: n.w.chain.Sender(accountKey(n.name)), Listener: listener, Disk: n.disk, Version: "test", Log: quiet,
		Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		n.w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	n.cancel, n.ended = cancel, ended
	go func() { ended <- n.Run(ctx) }()
	n.w.eventually("the node serves", func() bool { return n.Status().State != node.StateStarting })
}

func (n *running) stop() {
	if n.cancel == nil {
		return
	}
	n.cancel()
	if err := <-n.ended; err != nil {
		n.w.Errorf("node %d: %v", n.name, err)
	}
	n.cancel = nil
}

func (n *running) restart() {
	n.w.Helper()
	n.stop()
	n.boot()
}

func (n *running) address() chain.Address { return n.w.chain.Sender(accountKey(n.name)).Bytes() }

// dial connects as an account, nil to read only.
func (n *running) dial(auth wire.Authorizer) pb.SignerClient {
	n.w.Helper()
	return pb.NewSignerClient(n.conn(auth, blsKey(n.name)))
}

func (n *running) conn(auth wire.Authorizer, key bls.SecretKey) *grpc.ClientConn {
	n.w.Helper()
	public := key.Public()
	conn, err := wire.Dial(n.socket, wire.Member{EVMChainID: n.w.chain.EVMChainID(), Address: n.address(), KeyG2: bls.EncodeG2(&public.G2)}, auth)
	if err != nil {
		n.w.Fatal(err)
	}
	n.w.Cleanup(func() { conn.Close() })
	return conn
}

func (w *world) eventually(what string, done func() bool) {
	w.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	w.Fatalf("never: %s", what)
}

// ordered is a blob that the chain has given a quorum.
type ordered struct {
	*erasure.Blob
	id     uint64
	epoch  uint64
	quorum chain.DAQuorum
	record chain.DABlob // as it was ordered
}

func payload(size, seed int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(i*7 + seed + i>>8)
	}
	return out
}

// order encodes a payload and submits it.
func (w *world) order(data []byte) ordered {
	w.Helper()
	blob, err := erasure.Encode(erasure.CPU, w.profile, w.chain.EVMChainID(), data)
	if err != nil {
		w.Fatal(err)
	}
	placed, _, err := w.disperser.SubmitBlobs(w.Context(), chain.DASubmission{
		Profile: w.profile.ID, Roots: []chain.Hash{blob.DataRoot()}, DataLens: []uint64{uint64(len(data))}, MaxFee: new(big.Int).Lsh(big.NewInt(1), 80),
	})
	if err != nil {
		w.Fatal(err)
	}
	quorum, err := w.chain.DAQuorum(w.Context(), placed.Epoch, placed.QuorumID)
	if err != nil {
		w.Fatal(err)
	}
	record, err := w.chain.DABlob(w.Context(), placed.FirstBlobID)
	if err != nil {
		w.Fatal(err)
	}
	return ordered{blob, placed.FirstBlobID, placed.Epoch, quorum, record}
}

// assigned are the rows that a member is to get.
func (w *world) assigned(b ordered, address chain.Address) node.Assignment {
	w.Helper()
	limits, err := w.chain.DALimits(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	a, err := node.Assign(b.record, b.quorum, address, limits.MinVerifyRows)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// submission is what a disperser is about to send.
type submission struct {
	header *pb.RowsHeader
	rows   []erasure.Row
}

func (w *world) submission(b ordered, address chain.Address) submission {
	a := w.assigned(b, address)
	s := submission{header: &pb.RowsHeader{
		BlobId: b.id, Preimage: b.Preimage(), Combinations: wire.PackCombinations(b.RLC), Rows: uint32(len(a.All)),
	}}
	for _, index := range a.All {
		s.rows = append(s.rows, b.Row(int(index)))
	}
	return s
}

// send streams a submission in small messages.
func (s submission) send(ctx context.Context, client pb.SignerClient) (*pb.SubmitRowsResponse, error) {
	stream, err := client.SubmitRows(ctx)
	if err != nil {
		return nil, err
	}
	var p wire.Packer
	message := &pb.SubmitRowsRequest{Header: s.header}
	for i, row := range s.rows {
		message.Rows = append(message.Rows, p.Pack(row))
		if i%5 == 4 {
			if stream.Send(message) != nil { // the answer says why
				return stream.CloseAndRecv()
			}
			message = &pb.SubmitRowsRequest{}
		}
	}
	if message.Header != nil || len(message.Rows) > 0 {
		if err := stream.Send(message); err != nil && err != io.EOF {
			return nil, err
		}
	}
	return stream.CloseAndRecv()
}

// put sends a blob's rows to a node, which must take them.
func (w *world) put(n *running, b ordered) {
	w.Helper()
	if _, err := w.submission(b, n.address()).send(w.Context(), n.dial(w.disperser)); err != nil {
		w.Fatalf("node %d refuses blob %d: %v", n.name, b.id, err)
	}
}

// confirm has the nodes sign blobs and brings the aggregate to the chain.
func (w *world) confirm(nodes []*running, blobs ...ordered) {
	w.Helper()
	request := &pb.SignBatchRequest{Epoch: blobs[0].epoch, QuorumId: blobs[0].quorum.ID}
	for _, b := range blobs {
		request.BlobIds = append(request.BlobIds, b.id)
	}
	bitmap := make([]byte, (len(blobs[0].quorum.Members)+7)/8)
	var shares []bn254.G1Affine
	for _, n := range nodes {
		answer, err := n.dial(w.disperser).SignBatch(w.Context(), request)
		if err != nil {
			w.Fatalf("node %d does not sign: %v", n.name, err)
		}
		share, err := bls.DecodeG1(answer.Signature)
		if err != nil {
			w.Fatal(err)
		}
		shares = append(shares, share)
		for m, member := range blobs[0].quorum.Members {
			if member.Address == n.address() {
				bitmap[m/8] |= 1 << (m % 8)
			}
		}
	}
	sum := bls.SumG1(shares...)
	if _, _, err := w.disperser.ConfirmBatch(w.Context(), request.BlobIds, bitmap, bls.EncodeG1(&sum)); err != nil {
		w.Fatalf("confirm: %v", err)
	}
}

// rows reads rows of a blob from a node, all checked; nil indexes: all it has.
func (w *world) rows(n *running, root erasure.Hash, indexes ...uint32) (map[int]erasure.Row, error) {
	stream, err := n.dial(nil).GetRows(w.Context(), &pb.GetRowsRequest{DataRoot: root[:], Indexes: indexes, WithCombinations: true})
	if err != nil {
		return nil, err
	}
	first, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	c, err := erasure.ParseCommitment(first.Header.Preimage)
	if err != nil || c.DataRoot() != root {
		return nil, fmt.Errorf("preimage: %v", err)
	}
	combinations, err := wire.UnpackCombinations(c.Profile, first.Header.Combinations)
	if err != nil {
		return nil, err
	}
	verifier, err := erasure.NewVerifier(erasure.CPU, c, combinations)
	if err != nil {
		return nil, err
	}
	unpacker := wire.NewUnpacker(c)
	out := map[int]erasure.Row{}
	for message := first; ; {
		for _, packed := range message.Rows {
			row, err := unpacker.Unpack(packed)
			if err == nil {
				err = verifier.Check(row)
			}
			if err != nil {
				return nil, err
			}
			out[row.Index] = row
		}
		if message, err = stream.Recv(); err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
	}
}
