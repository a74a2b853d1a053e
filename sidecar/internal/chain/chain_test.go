package chain_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cosmossdk.io/math"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/gogoproto/proto"
	"github.com/ethereum/go-ethereum/crypto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// node is a chain node of one account: gRPC of x/flow, tx, auth and feemarket,
// and CometBFT's status. Each accepted transaction makes a block, unless its pool
// holds them.
type node struct {
	flowtypes.UnimplementedQueryServer
	tx.UnimplementedServiceServer
	t *testing.T

	mu        sync.Mutex
	height    int64
	sequence  uint64
	baseFee   string // LegacyDec text
	committed map[string]*sdk.TxResponse
	seen      map[string]bool // by hash, as CometBFT remembers what it was offered
	sent      []*tx.TxRaw
	simulated *tx.TxRaw                       // the last
	onSend    func(*tx.TxRaw) *sdk.TxResponse // nil: accept
	young     string                          // the answer before the first block, "" after it
	lose      int                             // broadcasts to answer with Unavailable after taking them
	pool
	entries  []flowtypes.Entry
	grpc     *grpc.Server
	grpcAddr string
	comet    *httptest.Server
}

// What a node answers before the chain's first block, and before its own first
// block after a restart.
const (
	youngAnswer     = "codespace sdk code 26: invalid height: zgd is not ready; please wait for first block"
	restartedAnswer = "codespace sdk code 26: invalid height: context did not contain latest block height in either check state or finalize block state (16)"
)

type codec struct{}

func (codec) Name() string { return "proto" }
func (codec) Marshal(v any) ([]byte, error) {
	if raw, ok := v.(*[]byte); ok {
		return *raw, nil
	}
	return proto.Marshal(v.(proto.Message))
}
func (codec) Unmarshal(data []byte, v any) error {
	if raw, ok := v.(*[]byte); ok {
		*raw = append([]byte(nil), data...)
		return nil
	}
	return proto.Unmarshal(data, v.(proto.Message))
}

var _ encoding.Codec = codec{}

func startNode(t *testing.T) *node {
	t.Helper()
	n := &node{t: t, height: 5, sequence: 3, committed: map[string]*sdk.TxResponse{}, seen: map[string]bool{}}
	n.after = map[int64]uint64{}
	n.serve("127.0.0.1:0")
	n.comet = httptest.NewServer(http.HandlerFunc(n.serveComet))
	t.Cleanup(func() { n.grpc.Stop(); n.comet.Close() })
	return n
}

func (n *node) serve(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		n.t.Fatal(err)
	}
	n.grpcAddr = listener.Addr().String()
	n.grpc = grpc.NewServer(grpc.ForceServerCodec(codec{}), grpc.UnknownServiceHandler(n.raw))
	flowtypes.RegisterQueryServer(n.grpc, n)
	tx.RegisterServiceServer(n.grpc, n)
	go n.grpc.Serve(listener)
}

func (n *node) dial() *chain.Remote {
	n.t.Helper()
	remote, err := chain.Dial(context.Background(), chain.Options{GRPC: n.grpcAddr, CometRPC: n.comet.URL})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { remote.Close() })
	return remote
}

// raw answers the methods of modules that the client reads without their types.
func (n *node) raw(_ any, stream grpc.ServerStream) error {
	var request, answer []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.young != "" {
		return status.Error(codes.Unknown, n.young)
	}
	method, _ := grpc.MethodFromServerStream(stream)
	switch method {
	case "/cosmos.auth.v1beta1.Query/AccountInfo":
		info := protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 11)
		info = protowire.AppendVarint(protowire.AppendTag(info, 4, protowire.VarintType), n.sequenceAsked(stream.Context()))
		answer = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), info)
	case "/zg.pora.v1.Query/Params": // both modules' servers have a method Params
		answer, _ = proto.Marshal(&poratypes.QueryParamsResponse{Params: poratypes.Params{MiningRangeLoads: 12345}})
	case "/cosmos.evm.feemarket.v1.Query/BaseFee":
		answer = protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), n.baseFee)
	case "/cosmos.evm.vm.v1.Query/Config":
		config := protowire.AppendVarint(protowire.AppendTag(nil, 24, protowire.VarintType), 7260001)
		answer = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), config)
	case "/cosmos.bank.v1beta1.Query/Balance":
		coin := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "azg")
		coin = protowire.AppendString(protowire.AppendTag(coin, 2, protowire.BytesType), "340282366920938463463374607431768211456")
		answer = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), coin)
	default:
		return status.Error(codes.Unimplemented, method)
	}
	return stream.SendMsg(&answer)
}

func (n *node) serveComet(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/websocket") {
		http.Error(w, "no websocket here", http.StatusForbidden)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"result":{"node_info":{"network":"zg-devnet-1"},"sync_info":{"latest_block_hash":"%064X",
		"latest_block_height":"%d","latest_block_time":"2026-01-02T03:04:05.678Z","catching_up":false},"response":{"code":7,"codespace":"flow","log":"refused"}}}`, n.height, n.height)
}

func (n *node) Simulate(_ context.Context, r *tx.SimulateRequest) (*tx.SimulateResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if got, want := n.sequenceOf(decodeTx(n.t, r.TxBytes)), n.sequenceSimulated(); got != want {
		return nil, status.Errorf(codes.Unknown, "account sequence mismatch, expected %d, got %d", want, got)
	}
	if n.young != "" {
		return nil, status.Error(codes.Unknown, n.young)
	}
	if n.baseFee == "refuse" {
		return nil, status.Error(codes.Unknown, "refused")
	}
	n.simulated = decodeTx(n.t, r.TxBytes)
	return &tx.SimulateResponse{GasInfo: &sdk.GasInfo{GasUsed: 100_000}}, nil
}

func (n *node) BroadcastTx(_ context.Context, r *tx.BroadcastTxRequest) (*tx.BroadcastTxResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	raw := decodeTx(n.t, r.TxBytes)
	hash := hashOf(r.TxBytes)
	answer := &sdk.TxResponse{TxHash: hash}
	if c := n.committed[hash]; n.seen[hash] && (c == nil || c.Info == before) {
		return nil, status.Error(codes.Unknown, "tx already seen")
	}
	n.seen[hash] = true
	switch {
	case n.committed[hash] != nil && n.committed[hash].Info != before:
		answer.Codespace, answer.Code = "sdk", 19
		return &tx.BroadcastTxResponse{TxResponse: answer}, nil
	case n.sequenceOf(raw) != n.sequence+uint64(len(n.waiting)):
		answer.Codespace, answer.Code = "sdk", 32
		return &tx.BroadcastTxResponse{TxResponse: answer}, nil
	case n.height >= n.timeoutOf(raw):
		answer.Codespace, answer.Code = "sdk", 30
		return &tx.BroadcastTxResponse{TxResponse: answer}, nil
	}
	n.sent = append(n.sent, raw)
	if n.onSend != nil {
		if refused := n.onSend(raw); refused != nil {
			return &tx.BroadcastTxResponse{TxResponse: refused}, nil
		}
	}
	n.take(hash, raw)
	if n.lose > 0 {
		n.lose--
		return nil, status.Error(codes.Unavailable, "connection lost")
	}
	if n.onOffer != nil {
		answer, err := n.onOffer(raw)
		return &tx.BroadcastTxResponse{TxResponse: answer}, err
	}
	return &tx.BroadcastTxResponse{TxResponse: answer}, nil
}

func (n *node) GetTx(_ context.Context, r *tx.GetTxRequest) (*tx.GetTxResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if found := n.committed[r.Hash]; found != nil {
		return &tx.GetTxResponse{TxResponse: found}, nil
	}
	return nil, status.Error(codes.NotFound, "tx not found")
}

func (n *node) Entries(context.Context, *flowtypes.QueryEntriesRequest) (*flowtypes.QueryEntriesResponse, error) {
	return &flowtypes.QueryEntriesResponse{Entries: n.entries, NextTxSeq: uint64(len(n.entries)) + 1}, nil
}

func (n *node) Entry(context.Context, *flowtypes.QueryEntryRequest) (*flowtypes.QueryEntryResponse, error) {
	return nil, status.Error(codes.NotFound, "no such entry")
}

func decodeTx(t *testing.T, bytes []byte) *tx.TxRaw {
	t.Helper()
	var raw tx.TxRaw
	if err := proto.Unmarshal(bytes, &raw); err != nil {
		t.Fatal(err)
	}
	return &raw
}

func authOf(t *testing.T, raw *tx.TxRaw) *tx.AuthInfo {
	t.Helper()
	var auth tx.AuthInfo
	if err := proto.Unmarshal(raw.AuthInfoBytes, &auth); err != nil {
		t.Fatal(err)
	}
	return &auth
}

func (n *node) sequenceOf(raw *tx.TxRaw) uint64 { return authOf(n.t, raw).SignerInfos[0].Sequence }

// answerOf is the response data of the submissions of a transaction.
func answerOf(t *testing.T, raw *tx.TxRaw) string {
	t.Helper()
	var body tx.TxBody
	if err := proto.Unmarshal(raw.BodyBytes, &body); err != nil {
		t.Fatal(err)
	}
	one := flowtypes.MsgSubmitResponse{TxSeq: 9, Root: make([]byte, 32), StartSector: 16, Sectors: 4, Endowment: math.NewInt(44), EndTime: 77}
	var response proto.Message = &one
	if strings.HasSuffix(body.Messages[0].TypeUrl, "MsgSubmitBatch") {
		response = &flowtypes.MsgSubmitBatchResponse{Results: []flowtypes.MsgSubmitResponse{one, one}}
	}
	value, err := proto.Marshal(response)
	if err != nil {
		t.Fatal(err)
	}
	data, err := proto.Marshal(&sdk.TxMsgData{MsgResponses: []*codectypes.Any{{TypeUrl: "/" + proto.MessageName(response), Value: value}}})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToUpper(hex.EncodeToString(data))
}

func testKey(t *testing.T) chain.Key {
	t.Helper()
	secret := make([]byte, 32)
	secret[31] = 1
	key, err := chain.NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func oneFile() []chain.Submission {
	return []chain.Submission{{SizeBytes: 900, Endowment: big.NewInt(4000), Nodes: []chain.Node{{Height: 2}}}}
}

func shortly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestReaderDecodesWhatTheNodeSays(t *testing.T) {
	n := startNode(t)
	remote := n.dial()
	got, err := remote.Status(shortly(t))
	if err != nil || got.ChainID != "zg-devnet-1" || got.EVMChainID != 7260001 || got.Height != 5 || got.BlockHash[31] != 5 {
		t.Fatalf("status %+v, %v", got, err)
	}
	if balance, err := remote.Balance(shortly(t), "zg1x"); err != nil || balance.BitLen() != 129 {
		t.Fatalf("balance %v, %v", balance, err)
	}
	n.entries = []flowtypes.Entry{{TxSeq: 1, Root: make([]byte, 32), FlowRoot: make([]byte, 32), Nodes: []flowtypes.Node{{Root: make([]byte, 32), Height: 3}}}}
	if entries, next, err := remote.Entries(shortly(t), 0, 1, 10); err != nil || next != 2 || len(entries) != 1 || entries[0].Nodes[0].Height != 3 {
		t.Fatalf("entries %+v next %d, %v", entries, next, err)
	}
	if _, err := remote.Entry(shortly(t), 0, 4); !errors.Is(err, chain.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
}

func TestAChainWithoutItsFirstBlockIsUnavailable(t *testing.T) {
	n := startNode(t)
	remote := n.dial()
	for _, answer := range []string{youngAnswer, restartedAnswer, ""} {
		n.mu.Lock()
		n.young = answer
		n.mu.Unlock()
		if answer == "" {
			break
		}
		if got, err := remote.Status(shortly(t)); !errors.Is(err, chain.ErrUnavailable) {
			t.Fatalf("%s: got %+v %v: an EVM chain id of 0 must not be told as known", answer, got, err)
		}
	}
	if got, err := remote.Status(shortly(t)); err != nil || got.EVMChainID != 7260001 {
		t.Fatalf("got %+v %v", got, err)
	}
}

func TestReaderRefusesWrongShapes(t *testing.T) {
	good := func() flowtypes.Entry {
		return flowtypes.Entry{TxSeq: 1, Root: make([]byte, 32), FlowRoot: make([]byte, 32), Nodes: []flowtypes.Node{{Root: make([]byte, 32)}}}
	}
	cases := map[string]func(*flowtypes.Entry){
		"a root of 31 bytes":   func(e *flowtypes.Entry) { e.Root = make([]byte, 31) },
		"no flow root":         func(e *flowtypes.Entry) { e.FlowRoot = nil },
		"a node of height 64":  func(e *flowtypes.Entry) { e.Nodes[0].Height = 64 },
		"a node root too long": func(e *flowtypes.Entry) { e.Nodes[0].Root = make([]byte, 33) },
		"more nodes than bits": func(e *flowtypes.Entry) { e.Nodes = make([]flowtypes.Node, 65) },
		"height 256 is not 0":  func(e *flowtypes.Entry) { e.Nodes[0].Height = 256 },
	}
	n := startNode(t)
	remote := n.dial()
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			entry := good()
			spoil(&entry)
			n.entries = []flowtypes.Entry{entry}
			if _, _, err := remote.Entries(shortly(t), 0, 1, 10); !errors.Is(err, chain.ErrMalformed) {
				t.Fatalf("got %v, want ErrMalformed", err)
			}
		})
	}
}

func TestClientStartsBeforeTheNodeAndSurvivesItsRestart(t *testing.T) {
	n := startNode(t)
	n.grpc.Stop()
	remote := n.dial()
	if _, _, err := remote.Entries(shortly(t), 0, 1, 1); !errors.Is(err, chain.ErrUnavailable) {
		t.Fatalf("while down: got %v, want ErrUnavailable", err)
	}
	n.serve(n.grpcAddr)
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, _, err := remote.Entries(shortly(t), 0, 1, 1)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still failing after the restart: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestWatcherPollsWhenTheWebsocketIsRefused(t *testing.T) {
	n := startNode(t)
	ctx, cancel := context.WithCancel(shortly(t))
	blocks := n.dial().Blocks(ctx)
	if block := <-blocks; block.Height != 5 {
		t.Fatalf("got height %d, want 5", block.Height)
	}
	n.mu.Lock()
	n.height = 9
	n.mu.Unlock()
	if block := <-blocks; block.Height != 9 || block.Hash[31] != 9 {
		t.Fatalf("got %+v, want height 9", block)
	}
	cancel()
	for range blocks { // the channel closes
	}
}

func TestSubmitSignsWhatTheChainVerifies(t *testing.T) {
	n := startNode(t)
	n.baseFee = "2000000000000000000000000000" // 2e9 azg per gas
	key := testKey(t)
	sender := chain.NewSender(n.dial(), key)
	placed, receipt, err := sender.Submit(shortly(t), 0, oneFile())
	if err != nil {
		t.Fatal(err)
	}
	if len(placed) != 1 || placed[0].TxSeq != 9 || placed[0].StartSector != 16 || placed[0].EndTime != 77 {
		t.Fatalf("placed %+v", placed)
	}
	// gas 100000 * 1.3 + 10000; price 2e9 * 1.25
	if want := big.NewInt(140_000 * 2_500_000_000); receipt.Fee.Cmp(want) != 0 || receipt.Height != 6 || receipt.GasUsed != 90_000 {
		t.Fatalf("receipt %+v, want fee %v", receipt, want)
	}
	raw := n.sent[0]
	document, err := proto.Marshal(&tx.SignDoc{BodyBytes: raw.BodyBytes, AuthInfoBytes: raw.AuthInfoBytes, ChainId: "zg-devnet-1", AccountNumber: 11})
	if err != nil {
		t.Fatal(err)
	}
	public := authOf(t, raw).SignerInfos[0].PublicKey
	if public.TypeUrl != "/cosmos.evm.crypto.v1.ethsecp256k1.PubKey" || len(public.Value) != 35 {
		t.Fatalf("public key %+v", public)
	}
	digest := crypto.Keccak256(document)
	if !crypto.VerifySignature(public.Value[2:], digest, raw.Signatures[0][:64]) {
		t.Fatal("signature does not verify")
	}
	digest[0] ^= 1
	if crypto.VerifySignature(public.Value[2:], digest, raw.Signatures[0][:64]) {
		t.Fatal("signature verifies for another document")
	}
	if batch, _, err := sender.Submit(shortly(t), 0, append(oneFile(), oneFile()...)); err != nil || len(batch) != 2 {
		t.Fatalf("batch %+v, %v", batch, err)
	}
}

func TestSenderResyncsItsSequence(t *testing.T) {
	n := startNode(t)
	sender := chain.NewSender(n.dial(), testKey(t))
	if _, _, err := sender.Submit(shortly(t), 0, oneFile()); err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	n.sequence = 40 // the key was used elsewhere
	n.mu.Unlock()
	if _, _, err := sender.Submit(shortly(t), 0, oneFile()); err != nil {
		t.Fatal(err)
	}
	if n.sequence != 41 || len(n.sent) != 2 {
		t.Fatalf("sequence %d after %d sends, want 41 after 2", n.sequence, len(n.sent))
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	n := startNode(t)
	refusal := &sdk.TxResponse{Codespace: "flow", Code: 3, RawLog: "too little"}
	n.onSend = func(*tx.TxRaw) *sdk.TxResponse { return refusal }
	sender := chain.NewSender(n.dial(), testKey(t))
	_, _, err := sender.Submit(shortly(t), 0, oneFile())
	var refused *chain.Rejection
	if !errors.As(err, &refused) || !errors.Is(err, chain.ErrRejected) || refused.Code != 3 || refused.Codespace != "flow" {
		t.Fatalf("got %v, want the chain's code", err)
	}
	if len(n.sent) != 1 {
		t.Fatalf("sent %d times, want once: no retry can help", len(n.sent))
	}
	n.baseFee = "refuse" // the simulation fails; its code comes from abci_query
	if _, err := sender.EstimateFee(shortly(t), 0, oneFile()); !errors.As(err, &refused) || refused.Code != 7 {
		t.Fatalf("got %v, want code 7", err)
	}
}

func TestAFeeTooLowIsOfferedAgain(t *testing.T) {
	n := startNode(t)
	tries := 0
	n.onSend = func(*tx.TxRaw) *sdk.TxResponse {
		if tries++; tries == 1 {
			return &sdk.TxResponse{Codespace: "sdk", Code: 13}
		}
		return nil
	}
	if _, _, err := chain.NewSender(n.dial(), testKey(t)).Submit(shortly(t), 0, oneFile()); err != nil || tries != 2 {
		t.Fatalf("%d tries, %v", tries, err)
	}
}

func TestAnotherProcessWithTheSameKeyIsWaitedFor(t *testing.T) {
	n := startNode(t)
	tries := 0
	n.onSend = func(*tx.TxRaw) *sdk.TxResponse { // its transaction is pending: the sequence is taken, yet not counted
		if tries++; tries < 3 {
			return &sdk.TxResponse{Codespace: "sdk", Code: 32}
		}
		return nil
	}
	if _, _, err := chain.NewSender(n.dial(), testKey(t)).Submit(shortly(t), 0, oneFile()); err != nil || tries != 3 {
		t.Fatalf("%d tries, %v", tries, err)
	}
}

func TestStatusRefusesGarbage(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":            "hello",
		"a height that is a": `{"result":{"sync_info":{"latest_block_height":"a"}}}`,
		"a hash of one byte": `{"result":{"sync_info":{"latest_block_height":"1","latest_block_hash":"00"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
			defer server.Close()
			remote, err := chain.Dial(context.Background(), chain.Options{GRPC: "127.0.0.1:1", CometRPC: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			defer remote.Close()
			if _, err := remote.Status(shortly(t)); !errors.Is(err, chain.ErrMalformed) {
				t.Fatalf("got %v, want ErrMalformed", err)
			}
		})
	}
}

// Params answers for x/flow.
func (n *node) Params(context.Context, *flowtypes.QueryParamsRequest) (*flowtypes.QueryParamsResponse, error) {
	return &flowtypes.QueryParamsResponse{Params: flowtypes.Params{MaxBatch: 7}, PayoutWindowLoads: 32}, nil
}

func TestLimitsAreThoseOfBothModules(t *testing.T) {
	limits, err := startNode(t).dial().Limits(context.Background())
	want := chain.Limits{MaxBatch: 7, PayoutWindowLoads: 32, MiningRangeLoads: 12345}
	if err != nil || limits != want {
		t.Fatalf("got %+v %v, want %+v", limits, err, want)
	}
}

func TestOnlyAClosedEpochIsALostRace(t *testing.T) {
	cases := map[string]struct {
		err  error
		want bool
	}{
		"epoch closed":               {fmt.Errorf("submit: %w", &chain.Rejection{Codespace: "pora", Code: 13}), true},
		"the code after it":          {&chain.Rejection{Codespace: "pora", Code: 14}, false},
		"the same code of the SDK":   {&chain.Rejection{Codespace: "sdk", Code: 13}, false},
		"no rejection at all":        {chain.ErrUnavailable, false},
		"accepted, so no error":      {nil, false},
		"a rejection without a code": {&chain.Rejection{}, false},
	}
	for name, c := range cases {
		if got := chain.LostRace(c.err); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestARechargeIsPricedWithoutBeingSent(t *testing.T) {
	n := startNode(t)
	sender := chain.NewSender(n.dial(), testKey(t))
	fee, err := sender.EstimateRechargeFee(shortly(t), 0, 9, big.NewInt(1))
	if want := big.NewInt(140_000 * 1_000_000_000); err != nil || fee.Cmp(want) != 0 { // 30 % and 10,000 over the gas used
		t.Fatalf("got %v %v, want %v", fee, err, want)
	}
	var body tx.TxBody
	if err := proto.Unmarshal(n.simulated.BodyBytes, &body); err != nil {
		t.Fatal(err)
	}
	var msg flowtypes.MsgRecharge
	if err := proto.Unmarshal(body.Messages[0].Value, &msg); err != nil || msg.TxSeq != 9 || msg.Amount.String() != "1" {
		t.Fatalf("simulated %+v %v", msg, err)
	}
	if _, err := sender.EstimateRechargeFee(shortly(t), 0, 9, new(big.Int)); err == nil {
		t.Fatal("an amount of 0 was priced")
	}
	if len(n.sent) != 0 {
		t.Fatalf("%d transactions were sent", len(n.sent))
	}
}
