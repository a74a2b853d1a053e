//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
	"github.com/zgd-network/zgd/tests/harness"
)

// node is one `zgd start`.
type node struct {
	t     *testing.T
	home  string
	ports testnet.Ports
	comet *cmtcfg.Config // what config.toml says
	cmd   *exec.Cmd
	log   string
}

// operatorNet writes one validator with quick blocks and snapshots, and a funded
// account. Its genesis comes from the real `testnet` room.
func operatorNet(t *testing.T, funded common.Address) (*node, testnet.Network) {
	t.Helper()
	n := &node{t: t, home: filepath.Join(t.TempDir(), "node0")}
	coins, err := sdk.ParseCoinsNormalized("1000000000000000000000" + app.BaseDenom)
	if err != nil {
		t.Fatal(err)
	}
	network := n.write(testnet.Options{
		BlockTime: 20 * time.Millisecond,
		Accounts:  []testnet.Account{{Name: "user", Address: funded.Hex(), Coins: coins}},
		App: func(c *nodeconfig.AppConfig) {
			c.StateSync.SnapshotInterval, c.StateSync.SnapshotKeepRecent = 100, 20
		},
	})
	return n, network
}

func (n *node) write(o testnet.Options) testnet.Network {
	n.t.Helper()
	o.Home, o.Ports = func(int) string { return n.home }, testnet.PortsFrom(harness.FreePorts(n.t, 10))
	o.Comet = func(c *cmtcfg.Config) { n.comet = c }
	network, err := testnet.Init(o)
	if err != nil {
		n.t.Fatal(err)
	}
	n.ports, n.log = network.Nodes[0].Ports, n.home+".log"
	return network
}

func (n *node) rpc() string  { return fmt.Sprintf("http://127.0.0.1:%d", n.ports.CometRPC) }
func (n *node) rest() string { return fmt.Sprintf("http://127.0.0.1:%d", n.ports.REST) }

// start runs the node and waits until it is at a height.
func (n *node) start(atLeast int64) {
	n.t.Helper()
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	n.cmd = exec.Command(harness.Binary(n.t, "zgd"), "start", "--home", n.home)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	log.Close()
	n.t.Cleanup(n.stop)
	n.reaches(atLeast)
}

func (n *node) stop() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(20*time.Second, func() { _ = n.cmd.Process.Kill() })
	_ = n.cmd.Wait()
	kill.Stop()
	n.cmd = nil
	if n.t.Failed() {
		text, _ := os.ReadFile(n.log)
		n.t.Logf("%s ends with:\n%s", n.log, harness.Last(string(text), 3000))
	}
}

func (n *node) reaches(goal int64) {
	n.t.Helper()
	harness.Until(n.t, 45*time.Second, fmt.Sprintf("height %d of %s", goal, n.home), func() (bool, string) {
		h, err := height(n.rpc())
		return err == nil && h >= goal, fmt.Sprintf("at %d (%v)", h, err)
	})
}

// zgd runs a command on the home of a stopped node.
func (n *node) zgd(args ...string) harness.Result {
	n.t.Helper()
	r := harness.Command(n.t, time.Minute, "zgd", append(args, "--home", n.home)...)
	if r.Code != 0 {
		n.t.Fatalf("zgd %v: exit code %d\n%s", args, r.Code, harness.Last(r.Stderr, 2000))
	}
	return r
}

// header is what a node says about a height.
func (n *node) header(at int64) (hash, appHash string) {
	n.t.Helper()
	var block struct {
		Result struct {
			ID    struct{ Hash string } `json:"block_id"`
			Block struct {
				Header struct {
					AppHash string `json:"app_hash"`
				}
			}
		}
	}
	if err := harness.GetJSON(fmt.Sprintf("%s/block?height=%d", n.rpc(), at), &block); err != nil {
		n.t.Fatalf("block %d: %v", at, err)
	}
	return block.Result.ID.Hash, block.Result.Block.Header.AppHash
}

func (n *node) head() int64 {
	n.t.Helper()
	h, err := height(n.rpc())
	if err != nil {
		n.t.Fatal(err)
	}
	return h
}

// follows checks that a node has the blocks of another.
func (n *node) follows(other *node) {
	n.t.Helper()
	at := n.head()
	other.reaches(at)
	hash, appHash := n.header(at)
	if wantHash, wantAppHash := other.header(at); hash != wantHash || appHash != wantAppHash {
		n.t.Errorf("height %d: %s %s, want %s %s", at, hash, appHash, wantHash, wantAppHash)
	}
}

// entries is how many files the log holds, by the flow contract of this node.
func (n *node) entries() string {
	n.t.Helper()
	request := `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"` + app.PrecompileFlow + `","data":"` +
		"0x" + common.Bytes2Hex(crypto.Keccak256([]byte("numSubmissions()"))[:4]) + `"},"latest"]}`
	response, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d", n.ports.EVM), "application/json", strings.NewReader(request))
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(body)
}

// TestOperatorsToolbox takes one validator through what operators do to a node
// that has state: state sync from its snapshots, rollback, prune, and a new
// chain from an export.
func TestOperatorsToolbox(t *testing.T) {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("operator test")))
	if err != nil {
		t.Fatal(err)
	}
	n, network := operatorNet(t, crypto.PubkeyToAddress(key.PublicKey))
	n.start(2)
	n.submitFiles(network, key, 5)
	before := n.entries()
	if want := fmt.Sprintf("%064x", 5); !strings.Contains(before, want) {
		t.Fatalf("numSubmissions answers %s, want %s", before, want)
	}

	n.servesSwagger()
	follower := n.syncState(network)
	if got := follower.entries(); got != before {
		t.Errorf("the synced node answers %s, want %s", got, before)
	}
	n.refusesAnotherEVMChainID()
	n.rollsBack(follower)
	follower.stop()
	n.prunes()
	if got := n.entries(); got != before {
		t.Errorf("after rollback and prune: %s, want %s", got, before)
	}
	n.restartsAtZero(network, before)
}

// submitFiles enters files by the flow contract.
func (n *node) submitFiles(network testnet.Network, key *ecdsa.PrivateKey, count int) {
	n.t.Helper()
	evm := fmt.Sprintf("http://127.0.0.1:%d", n.ports.EVM)
	eth, err := ethclient.Dial(evm)
	if err != nil {
		n.t.Fatal(err)
	}
	net := &lanesNet{t: n.t, eth: eth, Ready: harness.Ready{
		ChainID: network.ChainID, EVMChainID: network.EVMChainID, EVMRPC: evm, CometRPC: n.rpc(), REST: n.rest(),
	}}
	user, submit := net.wallet(key, 1), net.submitByContract()
	user.sync()
	for i := range count {
		if err := submit(user); err != nil {
			n.t.Fatalf("file %d: %v", i, err)
		}
	}
	harness.Until(n.t, 10*time.Second, "all files entered", func() (bool, string) {
		nonce, err := eth.NonceAt(n.t.Context(), user.address, nil)
		return err == nil && nonce == uint64(count), fmt.Sprintf("nonce %d (%v)", nonce, err)
	})
}

// servesSwagger reads the pages that app.toml promises.
func (n *node) servesSwagger() {
	n.t.Helper()
	for path, want := range map[string]string{"/swagger/": "swagger-ui", "/cosmos/base/tendermint/v1beta1/node_info": "zgd"} {
		response, err := http.Get(n.rest() + path)
		if err != nil {
			n.t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(want)) {
			n.t.Errorf("%s: status %d, want 200 and %q in it:\n%.300s", path, response.StatusCode, want, body)
		}
	}
}

// syncState starts a fresh node that takes a snapshot instead of the blocks.
func (n *node) syncState(network testnet.Network) *node {
	n.t.Helper()
	n.reaches(205) // two snapshots
	follower := &node{t: n.t, home: filepath.Join(filepath.Dir(n.home), "follower")}
	follower.write(testnet.Options{BlockTime: 20 * time.Millisecond})
	n.copyTo(follower, "config/genesis.json")
	trusted, _ := n.header(2)
	c := follower.comet
	c.P2P.PersistentPeers = fmt.Sprintf("%s@127.0.0.1:%d", network.Nodes[0].ID, n.ports.P2P)
	c.StateSync.Enable, c.StateSync.RPCServers = true, []string{n.rpc(), n.rpc()}
	c.StateSync.TrustHeight, c.StateSync.TrustHash, c.StateSync.DiscoveryTime = 2, trusted, 5*time.Second
	cmtcfg.WriteConfigFile(filepath.Join(follower.home, "config", "config.toml"), c)
	began := time.Now()
	follower.start(n.head())
	n.t.Logf("state sync to height %d took %.1f s", follower.head(), time.Since(began).Seconds())

	var status struct {
		Result struct {
			SyncInfo struct {
				Earliest int64 `json:"earliest_block_height,string"`
			} `json:"sync_info"`
		}
	}
	if err := harness.GetJSON(follower.rpc()+"/status", &status); err != nil || status.Result.SyncInfo.Earliest < 100 {
		n.t.Errorf("the follower's first block is %d (%v), want one after a snapshot", status.Result.SyncInfo.Earliest, err)
	}
	follower.follows(n)
	return follower
}

func (n *node) copyTo(other *node, name string) {
	n.t.Helper()
	text, err := os.ReadFile(filepath.Join(n.home, name))
	if err == nil {
		err = os.WriteFile(filepath.Join(other.home, name), text, 0o600)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// refusesAnotherEVMChainID asks for one that the chain does not have.
func (n *node) refusesAnotherEVMChainID() {
	n.t.Helper()
	n.stop()
	r := harness.Command(n.t, 20*time.Second, "zgd", "start", "--home", n.home, "--evm.evm-chain-id", "7260002")
	if text := r.Stdout + r.Stderr; r.Code == 0 || !strings.Contains(text, "7260001") || !strings.Contains(text, "7260002") {
		n.t.Errorf("start with another EVM chain id: exit code %d, want an error that names both:\n%s", r.Code, harness.Last(text, 1000))
	}
}

// rollsBack takes the last block's state away. The block runs again, to the state
// that a follower has: it would stop at a header with another.
func (n *node) rollsBack(follower *node) {
	n.t.Helper()
	n.start(1)
	at := n.head()
	n.reaches(at + 5)
	n.stop()
	n.t.Log(strings.TrimSpace(harness.Last(n.zgd("rollback").Stdout, 120)))
	n.start(at + 20)
	follower.reaches(n.head())
	follower.follows(n)
}

// prunes drops old states of a stopped node; it goes on and does not have them.
func (n *node) prunes() {
	n.t.Helper()
	before := n.head()
	if code := n.balanceAt(before - 50); code != http.StatusOK {
		n.t.Errorf("state of height %d before pruning: status %d, want 200", before-50, code)
	}
	n.stop()
	n.zgd("prune", "custom", "--pruning-keep-recent", "10", "--pruning-interval", "10") // app.toml's interval of 0 hides the default
	n.start(before + 20)
	if code := n.balanceAt(before - 50); code == http.StatusOK {
		n.t.Errorf("state of height %d is still there after prune", before-50)
	}
	if code := n.balanceAt(n.head() - 1); code != http.StatusOK {
		n.t.Errorf("state of a new height: status %d, want 200", code)
	}
}

// balanceAt asks for some state of a height over REST.
func (n *node) balanceAt(at int64) int {
	n.t.Helper()
	request, err := http.NewRequestWithContext(n.t.Context(), http.MethodGet, n.rest()+"/zg/flow/v1/params", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	request.Header.Set("x-cosmos-block-height", fmt.Sprint(at))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		n.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// restartsAtZero makes a new chain of the state, with the same validator.
func (n *node) restartsAtZero(network testnet.Network, entries string) {
	n.t.Helper()
	n.stop()
	heir := &node{t: n.t, home: filepath.Join(filepath.Dir(n.home), "heir")}
	heir.write(testnet.Options{BlockTime: 20 * time.Millisecond})
	n.zgd("export", "--for-zero-height", "--output-document", filepath.Join(heir.home, "config", "genesis.json"))
	n.copyTo(heir, "config/priv_validator_key.json")
	n.copyTo(heir, "config/beacon_key.json")
	heir.zgd("genesis", "validate")
	heir.start(10)
	if got := heir.entries(); got != entries {
		n.t.Errorf("the chain of the export answers %s, want %s", got, entries)
	}
	var genesis struct {
		ChainID string `json:"chain_id"`
	}
	text, err := os.ReadFile(filepath.Join(heir.home, "config", "genesis.json"))
	if err == nil {
		err = json.Unmarshal(text, &genesis)
	}
	if err != nil || genesis.ChainID != network.ChainID {
		n.t.Errorf("exported chain id %q (%v), want %s", genesis.ChainID, err, network.ChainID)
	}
}
