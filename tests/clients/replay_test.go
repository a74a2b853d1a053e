//go:build e2e

package clients

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/tests/harness"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// mission E06 (both submit and both batchSubmit ABIs)
//
// What two generations of 0G's Go client sent, sent again, call by
// call; transactions are signed anew for our chain. Two sessions of the same
// data share no network: the second client would find it stored.
func TestRecordedGoClientsAreServed(t *testing.T) {
	for _, names := range [][]string{
		{"rpc_trace_go_0glabs_2025-06.txt", "rpc_trace_go_old_fragments.txt"},
		{"rpc_trace_go_0gfoundation_2026-05.txt", "rpc_trace_go_new_fragments.txt"},
	} {
		d := harness.New(t, 2, "--storage", "1", "--miners", "0", "--block-time", "200ms")
		d.Start()
		for _, name := range names {
			t.Run(name, func(t *testing.T) { newReplay(t, d.Ready(), name).run() })
		}
	}
}

// replay sends one recording to a network.
type replay struct {
	t       *testing.T
	evm     string
	storage string
	key     *ecdsa.PrivateKey
	calls   []*call
	tx      *recordedTx
	files   map[string][]byte // by root, of the data rule
	roots   map[uint64]string // of the recorded entry numbers

	// learned from answers, as the client does
	flow, market common.Address
	price        *big.Int // per sector
	gasPrice     *big.Int
	baseFee      *big.Int
	tip          *big.Int
	gas, nonce   uint64
	chainID      *big.Int
	txHash       string
	seqs         map[string]uint64 // entry numbers here, by root
}

func newReplay(t *testing.T, ready harness.Ready, name string) *replay {
	r := &replay{
		t: t, evm: ready.EVMRPC, storage: ready.Storage[0], key: keyOf(t, ready, "dev2"), calls: readTrace(t, name),
		files: map[string][]byte{}, roots: map[uint64]string{}, seqs: map[string]uint64{},
	}
	r.tx = theTx(t, r.calls)
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte((i*7 + 3) % 251)
	}
	r.cut(data)
	for from := 0; from < len(data); from += 65536 { // the fragments of two sessions
		r.cut(data[from:min(from+65536, len(data))])
	}
	for _, c := range r.calls {
		var info nodeapi.FileInfo
		if json.Unmarshal([]byte(c.answer), &info) == nil && info.Tx.Seq != 0 {
			r.roots[info.Tx.Seq] = info.Tx.DataMerkleRoot.String()
		}
	}
	return r
}

func (r *replay) cut(data []byte) {
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		r.t.Fatal(err)
	}
	r.files[nodeapi.Hash(file.Root()).String()] = data
}

func (r *replay) address() common.Address { return crypto.PubkeyToAddress(r.key.PublicKey) }

// run sends every call in order. A client waits where an answer was recorded
// that needs a block; so does the replay.
func (r *replay) run() {
	for number, c := range r.calls {
		began := time.Now()
		for {
			why := r.one(c)
			if why == "" {
				break
			}
			if !strings.HasPrefix(why, "not yet") || time.Since(began) > 15*time.Second {
				r.t.Errorf("call %d, %s %.120s: %s", number+1, c.method, c.params, why)
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	r.t.Logf("%d calls, entries %v", len(r.calls), r.seqs)
}

// one sends a call and says what is wrong with the answer.
func (r *replay) one(c *call) string {
	if strings.HasPrefix(c.method, "eth_") {
		return r.oneEVM(c)
	}
	result, err := post(r.storage, c.method, r.storageParams(c))
	if err != nil {
		return err.Error()
	}
	var want, got any
	if json.Unmarshal([]byte(c.answer), &want) != nil || json.Unmarshal(result, &got) != nil {
		return fmt.Sprintf("not JSON: %.100s or %.100s", c.answer, result)
	}
	if waits(want, got) {
		return "not yet: " + show(got)
	}
	var status nodeapi.Status
	if c.method == "zgs_getStatus" && json.Unmarshal(result, &status) == nil {
		r.flow = common.HexToAddress(status.NetworkIdentity.FlowAddress)
	}
	return strings.Join(differ("", want, got), "; ")
}

// waits says whether the recorded answer is further than ours: an entry that is
// not followed yet, a file that is not complete yet.
func waits(want, got any) bool {
	if want != nil && got == nil {
		return true
	}
	wanted, _ := want.(map[string]any)
	have, _ := got.(map[string]any)
	return wanted["finalized"] == true && have["finalized"] == false
}

// storageParams are a recorded call's for this network.
func (r *replay) storageParams(c *call) string {
	if strings.HasPrefix(c.method, "zgs_upload") {
		return r.uploadParams(c)
	}
	if c.params == "" || !strings.HasSuffix(c.method, "ByTxSeq") {
		return c.params
	}
	var params []any
	if err := json.Unmarshal([]byte(c.params), &params); err != nil {
		r.t.Fatalf("%s: %v", c.params, err)
	}
	params[0] = r.seqOf(uint64(params[0].(float64)))
	return jsonOf(params)
}

func (r *replay) seqOf(recorded uint64) uint64 {
	seq, ok := r.seqs[r.roots[recorded]]
	if !ok {
		r.t.Fatalf("recorded entry %d (root %s) has no number here", recorded, r.roots[recorded])
	}
	return seq
}

// uploadParams makes the segments anew: recordings cut their data. What was
// recorded of each, start of the data and proof, must be in the new ones.
func (r *replay) uploadParams(c *call) string {
	_, after, _ := strings.Cut(c.params, `"root":"`)
	root := after[:66]
	data := r.files[root]
	if data == nil {
		r.t.Fatalf("root %s is of none of the files", root)
	}
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		r.t.Fatal(err)
	}
	var segments []nodeapi.SegmentWithProof
	for i := range file.NumSegments() {
		s := segment(data, file, i)
		if strings.Contains(c.params, base64.StdEncoding.EncodeToString(s.Data)[:60]) {
			segments = append(segments, s)
			if text := jsonOf(s.Proof.Lemma); len(segments) == 1 && !strings.Contains(c.params, text) {
				r.t.Errorf("%s: the client proved segment %d otherwise than %s", c.method, i, text)
			}
		}
	}
	return jsonOf([]any{segments, r.seqs[root]})
}

func segment(data []byte, file *merkle.File, index uint64) nodeapi.SegmentWithProof {
	part := data[index*layout.LoadSize : min((index+1)*layout.LoadSize, uint64(len(data)))]
	part = append(append([]byte{}, part...), make([]byte, -len(part)&(layout.SectorSize-1))...)
	proof := file.Proof(index)
	wire := nodeapi.Proof{Path: proof.Path}
	for _, hash := range proof.Lemma {
		wire.Lemma = append(wire.Lemma, nodeapi.Hash(hash))
	}
	return nodeapi.SegmentWithProof{Root: nodeapi.Hash(file.Root()), Data: part, Index: index, Proof: wire, FileSize: uint64(len(data))}
}

func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only our own values come here
	}
	return string(text)
}

// oneEVM sends a call to the EVM and learns from the answer what the client did.
func (r *replay) oneEVM(c *call) string {
	params, shape := r.evmParams(c)
	result, err := post(r.evm, c.method, params)
	if err != nil {
		return err.Error()
	}
	if string(result) == "null" && c.method == "eth_getTransactionReceipt" {
		return "not yet: null"
	}
	var want, got any
	if shape != "" && json.Unmarshal([]byte(shape), &want) != nil {
		r.t.Fatalf("shape of %s: %s", c.method, shape)
	}
	if err := json.Unmarshal(result, &got); err != nil {
		return err.Error()
	}
	if shape != "" {
		if out := differ("", want, got); len(out) > 0 {
			return strings.Join(out, "; ")
		}
	}
	return r.learn(c, result)
}

// evmParams are a recorded call's for this network, and the shape of its answer.
func (r *replay) evmParams(c *call) (params, shape string) {
	from := strings.ToLower(r.address().Hex())
	switch c.method {
	case "eth_chainId", "eth_gasPrice", "eth_maxPriorityFeePerGas":
		return "", quantityShape
	case "eth_getTransactionCount":
		return jsonOf([]any{from, lastParam(c)}), quantityShape
	case "eth_getCode":
		return jsonOf([]any{r.flow, lastParam(c)}), bytesShape
	case "eth_call":
		if strings.Contains(c.params, "0x61ec5082") { // pricePerSector() of the market
			return strings.Replace(c.params, "0x0000000000000000000000000000000000001002", r.market.Hex(), 1), hashShape
		}
		return strings.Replace(c.params, "0x0000000000000000000000000000000000001001", r.flow.Hex(), 1), hashShape
	case "eth_estimateGas":
		return r.estimateParams(c), quantityShape
	case "eth_sendRawTransaction":
		return jsonOf([]any{r.signed()}), hashShape
	case "eth_getTransactionReceipt":
		return jsonOf([]any{r.txHash}), receiptShape
	case "eth_getBlockByNumber":
		return c.params, "" // go-ethereum's decoder is the judge, in learn
	}
	r.t.Fatalf("%s is in no table", c.method)
	return "", ""
}

func lastParam(c *call) any {
	var params []any
	_ = json.Unmarshal([]byte(c.params), &params)
	return params[len(params)-1]
}

// submissions are the recorded ones as Go values.
func (r *replay) submissions() (files []abiData) {
	for _, s := range r.tx.submissions {
		length, _ := new(big.Int).SetString(s.Length, 10)
		data := abiData{Length: length, Tags: common.FromHex(s.Tags)}
		for _, node := range s.Nodes {
			data.Nodes = append(data.Nodes, abiNode{Root: common.HexToHash(node.Root), Height: big.NewInt(node.Height)})
		}
		files = append(files, data)
	}
	return files
}

func (r *replay) data() hexutil.Bytes {
	return calldata(r.t, r.tx.Selector, r.submissions(), r.address())
}

func (r *replay) value() *big.Int { return new(big.Int).Mul(sectors(r.submissions()), r.price) }

// estimateParams names fees as the recorded client did: the old way if it asked
// for eth_gasPrice, else the new one.
func (r *replay) estimateParams(c *call) string {
	var recorded []any
	if err := json.Unmarshal([]byte(c.params), &recorded); err != nil {
		r.t.Fatal(err)
	}
	message := recorded[0].(map[string]any)
	if why := differString(message["data"].(string), r.data().String()); why != "" {
		r.t.Errorf("calldata is not the recorded one: %s", why)
	}
	message["from"], message["to"] = r.address(), r.flow
	message["data"], message["value"] = r.data(), (*hexutil.Big)(r.value())
	if _, ok := message["gasPrice"]; ok {
		message["gasPrice"] = (*hexutil.Big)(r.gasPrice)
	} else {
		message["maxFeePerGas"], message["maxPriorityFeePerGas"] = (*hexutil.Big)(r.maxFee()), (*hexutil.Big)(r.tip)
	}
	return jsonOf(recorded)
}

// maxFee is go-ethereum's: twice the base fee, and the tip.
func (r *replay) maxFee() *big.Int {
	return new(big.Int).Add(new(big.Int).Lsh(r.baseFee, 1), r.tip)
}

// signed is the recorded transaction for our chain, with exactly the gas that
// was estimated, as the clients do.
func (r *replay) signed() string {
	var inner types.TxData
	if r.tx.Type == types.LegacyTxType {
		inner = &types.LegacyTx{Nonce: r.nonce, GasPrice: r.gasPrice, Gas: r.gas, To: &r.flow, Value: r.value(), Data: r.data()}
	} else {
		inner = &types.DynamicFeeTx{ChainID: r.chainID, Nonce: r.nonce, GasTipCap: r.tip, GasFeeCap: r.maxFee(), Gas: r.gas, To: &r.flow, Value: r.value(), Data: r.data()}
	}
	tx, err := types.SignNewTx(r.key, types.LatestSignerForChainID(r.chainID), inner)
	if err != nil {
		r.t.Fatal(err)
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		r.t.Fatal(err)
	}
	return hexutil.Encode(raw)
}

// learn keeps what the client needs later and checks what it relies on.
func (r *replay) learn(c *call, result json.RawMessage) string {
	word := func() *big.Int { return new(big.Int).SetBytes(common.FromHex(strings.Trim(string(result), `"`))) }
	number := word() // a quantity of odd length reads the same
	switch c.method {
	case "eth_chainId":
		r.chainID = number
	case "eth_gasPrice":
		r.gasPrice = number
	case "eth_maxPriorityFeePerGas":
		r.tip = number
	case "eth_getTransactionCount":
		r.nonce = number.Uint64()
	case "eth_estimateGas":
		r.gas = number.Uint64()
	case "eth_getCode":
		if string(result) == `"0x"` {
			return "no code at the flow's address: the Go clients stop here"
		}
	case "eth_call":
		if strings.Contains(c.params, "0x61ec5082") {
			r.price = number
		} else {
			r.market = common.BigToAddress(number)
		}
		if number.Sign() == 0 {
			return "zero"
		}
	case "eth_sendRawTransaction":
		r.txHash = strings.Trim(string(result), `"`)
	case "eth_getBlockByNumber":
		var header types.Header
		if err := json.Unmarshal(result, &header); err != nil || header.BaseFee == nil {
			return fmt.Sprintf("header: %v, base fee %v", err, header.BaseFee)
		}
		r.baseFee = header.BaseFee
	case "eth_getTransactionReceipt":
		return r.learnEntries(result)
	}
	return ""
}

// learnEntries reads the entry numbers from the logs, one per submission and in
// their order, as the clients do.
func (r *replay) learnEntries(result json.RawMessage) string {
	var receipt types.Receipt
	if err := json.Unmarshal(result, &receipt); err != nil {
		return err.Error()
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return "the transaction failed"
	}
	var entries int
	for _, log := range receipt.Logs {
		if log.Address != r.flow || log.Topics[0] != common.HexToHash(submitTopic) {
			continue
		}
		if entries == len(r.tx.submissions) {
			return "more Submit events than submissions"
		}
		s := r.tx.submissions[entries]
		var identity []byte
		for _, node := range s.Nodes {
			identity = append(identity, common.FromHex(node.Root)...)
		}
		if log.Topics[1] != common.BytesToHash(r.address().Bytes()) || log.Topics[2] != crypto.Keccak256Hash(identity) {
			return fmt.Sprintf("event %d: topics %v, want sender %s and identity %s", entries, log.Topics, r.address(), crypto.Keccak256Hash(identity))
		}
		r.seqs[s.Root] = new(big.Int).SetBytes(log.Data[:32]).Uint64()
		entries++
	}
	if entries != len(r.tx.submissions) {
		return fmt.Sprintf("%d Submit events, want %d", entries, len(r.tx.submissions))
	}
	return ""
}
