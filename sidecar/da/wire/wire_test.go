package wire_test

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const network = 7260001

func random(tb testing.TB) *rand.ChaCha8 {
	tb.Helper()
	seed := [32]byte{31: byte(time.Now().Nanosecond())}
	tb.Logf("seed %x", seed)
	return rand.NewChaCha8(seed)
}

func encoded(tb testing.TB, profile erasure.Profile, size int) *erasure.Blob {
	tb.Helper()
	payload := make([]byte, size)
	_, _ = random(tb).Read(payload)
	blob, err := erasure.Encode(erasure.CPU, profile, network, payload)
	require.NoError(tb, err)
	return blob
}

// subset draws some of n rows, ascending.
func subset(source *rand.Rand, n int) []int {
	rows := source.Perm(n)[:1+source.IntN(n)]
	slices.Sort(rows)
	return rows
}

func TestRowsComeBackWithTheirWholePaths(t *testing.T) {
	for _, profile := range []erasure.Profile{erasure.Test, erasure.Dev, erasure.Parity} {
		blob := encoded(t, profile, 5000)
		source := rand.New(random(t))
		for range 1 + 3200/profile.N {
			var packer wire.Packer
			unpacker := wire.NewUnpacker(blob.Commitment)
			hashes := 0
			rows := subset(source, profile.N)
			for _, index := range rows {
				packed := packer.Pack(blob.Row(index))
				hashes += len(packed.Path) / 32
				row, err := unpacker.Unpack(packed)
				require.NoError(t, err)
				require.NoError(t, blob.CheckPath(row))
				require.Equal(t, blob.Row(index), row)
			}
			require.Less(t, hashes, 2*profile.N+8, "siblings are sent about once")
		}
	}
}

func TestPackedRowsAreRefusedOneChangeAway(t *testing.T) {
	blob := encoded(t, erasure.Test, 100)
	for name, change := range map[string]func(a, b *pb.Row){
		"as it is":               nil,
		"same row again":         func(_, b *pb.Row) { b.Index = 3 },
		"row before":             func(_, b *pb.Row) { b.Index = 2 },
		"row that is none":       func(_, b *pb.Row) { b.Index = 16 },
		"row of another meeting": func(_, b *pb.Row) { b.Index = 8 },
		"a byte less":            func(_, b *pb.Row) { b.Data = b.Data[1:] },
		"a byte of path less":    func(_, b *pb.Row) { b.Path = b.Path[1:] },
		"a sibling more":         func(_, b *pb.Row) { b.Path = append(b.Path, make([]byte, 32)...) },
		"first without path":     func(a, _ *pb.Row) { a.Path = nil },
	} {
		var packer wire.Packer
		a, b := packer.Pack(blob.Row(3)), packer.Pack(blob.Row(5))
		unpacker := wire.NewUnpacker(blob.Commitment)
		if change != nil {
			change(a, b)
		}
		_, err := unpacker.Unpack(a)
		if err == nil {
			_, err = unpacker.Unpack(b)
		}
		if change == nil {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, wire.ErrMalformed, name)
		}
	}
}

func TestCombinationsComeBack(t *testing.T) {
	blob := encoded(t, erasure.Test, 100)
	packed := wire.PackCombinations(blob.RLC)
	back, err := wire.UnpackCombinations(erasure.Test, packed)
	require.NoError(t, err)
	require.Equal(t, blob.RLC, back)
	_, err = wire.UnpackCombinations(erasure.Test, packed[1:])
	require.ErrorIs(t, err, wire.ErrMalformed)
}

func FuzzUnpack(f *testing.F) {
	blob := encoded(f, erasure.Test, 100)
	var packer wire.Packer
	a, b := packer.Pack(blob.Row(3)), packer.Pack(blob.Row(5))
	f.Add(a.Index, a.Data, a.Path, b.Index, b.Data, b.Path)
	f.Fuzz(func(t *testing.T, i uint32, data, path []byte, j uint32, data2, path2 []byte) {
		unpacker := wire.NewUnpacker(blob.Commitment)
		if _, err := unpacker.Unpack(&pb.Row{Index: i, Data: data, Path: path}); err != nil {
			return
		}
		row, err := unpacker.Unpack(&pb.Row{Index: j, Data: data2, Path: path2})
		if err == nil && (len(row.Path) != 4 || row.Index <= int(i) || row.Index > 15) {
			t.Fatalf("row %d after %d has a path of %d", row.Index, i, len(row.Path))
		}
	})
}

// server is a node that says who calls it.
type server struct {
	pb.UnimplementedSignerServer
	gate wire.Gate
}

func (s *server) SignBatch(ctx context.Context, _ *pb.SignBatchRequest) (*pb.SignBatchResponse, error) {
	caller, err := s.gate.Submitter(ctx)
	return &pb.SignBatchResponse{Signature: caller[:]}, err
}

func (s *server) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Version: "test"}, nil
}

func secret(tb testing.TB) bls.SecretKey {
	tb.Helper()
	key, err := bls.GenerateKey(random(tb))
	require.NoError(tb, err)
	return key
}

// serve starts a node of a member and returns where it listens.
func serve(t *testing.T, key bls.SecretKey, member chain.Address, more ...grpc.ServerOption) string {
	t.Helper()
	certificate, err := wire.NewCertificate(network, member, secret(t), key) // the second of its keys
	require.NoError(t, err)
	grpcServer, gate := wire.NewServer(certificate, network, member, more...)
	pb.RegisterSignerServer(grpcServer, &server{gate: gate})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = grpcServer.Serve(listener) }()
	t.Cleanup(grpcServer.Stop)
	return listener.Addr().String()
}

func memberOf(key bls.SecretKey, address chain.Address) wire.Member {
	public := key.Public()
	return wire.Member{EVMChainID: network, Address: address, KeyG2: bls.EncodeG2(&public.G2)}
}

// account signs as a submitter; claim is who it says it is.
type account struct {
	chain.Key
	claim chain.Address
}

func (a account) Bytes() chain.Address { return a.claim }

func submitter(tb testing.TB, seed byte) account {
	tb.Helper()
	key, err := chain.NewKey(append(make([]byte, 31), seed))
	require.NoError(tb, err)
	address, err := chain.ParseAddress(key.Address())
	require.NoError(tb, err)
	return account{Key: key, claim: address}
}

func TestOnlyTheMemberIsTalkedTo(t *testing.T) {
	key, other := secret(t), secret(t)
	address := chain.Address{1}
	socket := serve(t, key, address)
	for name, member := range map[string]wire.Member{
		"":                 memberOf(key, address),
		"another key":      memberOf(other, address),
		"another address":  memberOf(key, chain.Address{2}),
		"another network":  {EVMChainID: network + 1, Address: address, KeyG2: memberOf(key, address).KeyG2},
		"no key whatever:": {EVMChainID: network, Address: address, KeyG2: make([]byte, 128)},
	} {
		err := status(t, socket, member)
		if name == "" {
			require.NoError(t, err)
		} else {
			require.Error(t, err, name)
		}
	}
}

func status(t *testing.T, socket string, member wire.Member) error {
	t.Helper()
	conn, err := wire.Dial(socket, member, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = pb.NewSignerClient(conn).Status(ctx, &pb.StatusRequest{})
	return err
}

func TestAServerKnowsTheSubmitter(t *testing.T) {
	key, address, me := secret(t), chain.Address{1}, submitter(t, 1)
	socket := serve(t, key, address)
	sign := func(member wire.Member, auth wire.Authorizer) (chain.Address, error) {
		conn, err := wire.Dial(socket, member, auth)
		require.NoError(t, err)
		defer conn.Close()
		answer, err := pb.NewSignerClient(conn).SignBatch(t.Context(), &pb.SignBatchRequest{})
		if err != nil {
			return chain.Address{}, err
		}
		return chain.Address(answer.Signature), nil
	}
	got, err := sign(memberOf(key, address), me)
	require.NoError(t, err)
	require.Equal(t, me.claim, got)

	_, err = sign(memberOf(key, address), account{Key: me.Key, claim: submitter(t, 2).claim})
	require.ErrorContains(t, err, "not authorized", "in another's name")
	_, err = sign(memberOf(key, address), nil)
	require.ErrorContains(t, err, "not authorized", "without a word")
}

// stolen replays what a caller sent to one server at another.
type stolen struct{ value string }

func (stolen) RequireTransportSecurity() bool { return true }
func (s stolen) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"zg-da-auth-bin": s.value}, nil
}

func TestAnAuthorizationServesOneServer(t *testing.T) {
	key, address, me := secret(t), chain.Address{1}, submitter(t, 1)
	// Two servers of one member with a certificate each: the word to the first
	// does not open the second.
	var word string
	listen := grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		incoming, _ := metadata.FromIncomingContext(ctx)
		word = incoming.Get("zg-da-auth-bin")[0]
		return next(ctx, request)
	})
	first, second := serve(t, key, address, listen), serve(t, key, address)
	conn, err := wire.Dial(first, memberOf(key, address), me)
	require.NoError(t, err)
	_, err = pb.NewSignerClient(conn).SignBatch(t.Context(), &pb.SignBatchRequest{})
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	for socket, opens := range map[string]bool{first: true, second: false} {
		trusting := credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		conn, err := grpc.NewClient(socket, grpc.WithTransportCredentials(trusting), grpc.WithPerRPCCredentials(stolen{word}))
		require.NoError(t, err)
		_, err = pb.NewSignerClient(conn).SignBatch(t.Context(), &pb.SignBatchRequest{})
		require.Equal(t, opens, err == nil, "%v", err)
		require.NoError(t, conn.Close())
	}
}
