package chain_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	dasignerstypes "github.com/zgd-network/zgd/x/dasigners/types"
)

const lightChain = "zg-light-1"

// lightNode is a node with real headers, commits and ICS-23 proofs: validators
// sign, and change one after another; the state is a multi-store. spoil changes
// its answers.
type lightNode struct {
	t      *testing.T
	store  *rootmulti.Store
	key    *storetypes.KVStoreKey
	blocks []*cmttypes.LightBlock // by height, from 1
	spoil  func(method string, answer any)
	remote *chain.Remote
}

func newLightNode(t *testing.T, heights int) *lightNode {
	t.Helper()
	n := &lightNode{t: t, store: rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger()), key: storetypes.NewKVStoreKey(dasignerstypes.StoreKey)}
	n.store.MountStoreWithDB(storetypes.NewKVStoreKey("bank"), storetypes.StoreTypeIAVL, nil)
	n.store.MountStoreWithDB(n.key, storetypes.StoreTypeIAVL, nil)
	require.NoError(t, n.store.LoadLatestVersion())
	sets := make([]*cmttypes.ValidatorSet, heights+2)
	keys := make([][]cmttypes.PrivValidator, heights+2)
	var members []*cmttypes.Validator
	signers := map[string]cmttypes.PrivValidator{}
	for h := range sets { // each height one validator leaves and one comes: none of four stays for long
		for len(members) < 4+min(h, 1) {
			signer := cmttypes.NewMockPV()
			public, err := signer.GetPubKey()
			require.NoError(t, err)
			members = append(members, cmttypes.NewValidator(public, 10))
			signers[public.Address().String()] = signer
		}
		members = members[len(members)-4:]
		sets[h] = cmttypes.NewValidatorSet(members)
		for _, v := range sets[h].Validators {
			keys[h] = append(keys[h], signers[v.Address.String()])
		}
	}
	for h := 1; h <= heights; h++ {
		n.addBlock(int64(h), sets[h], sets[h+1], keys[h])
		n.store.GetKVStore(n.key).Set([]byte{255, byte(h)}, []byte{1})
		n.write(int64(h))
		n.store.Commit()
	}
	n.serve()
	return n
}

// write puts what is to be proven into the state of height 3.
func (n *lightNode) write(height int64) {
	if height != 3 {
		return
	}
	set := func(key []byte, err error, value interface{ Marshal() ([]byte, error) }) {
		require.NoError(n.t, err)
		text, err := value.Marshal()
		require.NoError(n.t, err)
		n.store.GetKVStore(n.key).Set(key, text)
	}
	blob := dasignerstypes.Blob{
		BlobId: 7, DataRoot: make([]byte, 32), DataLen: 99, Profile: 4, Submitter: chain.Address{1}.String(),
		Status: dasignerstypes.BLOB_STATUS_CONFIRMED, Fee: math.OneInt(), StorageEndowment: math.ZeroInt(),
	}
	key, err := collections.EncodeKeyWithPrefix(dasignerstypes.BlobsPrefix, collections.Uint64Key, uint64(7))
	set(key, err, &blob)
	key, err = collections.EncodeKeyWithPrefix(dasignerstypes.ConfirmedRootsPrefix, collections.Int64Key, int64(2))
	set(key, err, &dasignerstypes.ConfirmedRoot{Height: 2, Root: make([]byte, 32), Blobs: 3})
	key, err = collections.EncodeKeyWithPrefix(dasignerstypes.QuorumsPrefix, collections.PairKeyCodec(collections.Uint64Key, collections.Uint32Key), collections.Join(uint64(5), uint32(1)))
	drawn := dasignerstypes.QuorumRecord(5, 1, 4, quorum.Quorum{Members: [][20]byte{{1}, {2}}, Seats: []uint16{0, 1, 1, 0}}, make([]byte, 128))
	set(key, err, &drawn)
}

func (n *lightNode) addBlock(height int64, now, next *cmttypes.ValidatorSet, keys []cmttypes.PrivValidator) {
	header := &cmttypes.Header{
		Version: cmtversion.Consensus{Block: 11}, ChainID: lightChain, Height: height, Time: time.Now().Add(time.Duration(height)*time.Second - time.Hour).UTC(),
		ValidatorsHash: now.Hash(), NextValidatorsHash: next.Hash(), ConsensusHash: make([]byte, 32), DataHash: make([]byte, 32),
		LastCommitHash: make([]byte, 32), LastResultsHash: make([]byte, 32), EvidenceHash: make([]byte, 32),
		AppHash: n.store.LastCommitID().Hash, ProposerAddress: now.Validators[0].Address,
	}
	if len(header.AppHash) == 0 {
		header.AppHash = make([]byte, 32)
	}
	id := cmttypes.BlockID{Hash: header.Hash(), PartSetHeader: cmttypes.PartSetHeader{Total: 1, Hash: make([]byte, 32)}}
	commit := &cmttypes.Commit{Height: height, BlockID: id}
	for i, key := range keys {
		vote := &cmtproto.Vote{
			Type: cmtproto.PrecommitType, Height: height, BlockID: id.ToProto(), Timestamp: header.Time,
			ValidatorAddress: now.Validators[i].Address, ValidatorIndex: int32(i),
		}
		require.NoError(n.t, key.SignVote(lightChain, vote))
		commit.Signatures = append(commit.Signatures, cmttypes.CommitSig{
			BlockIDFlag: cmttypes.BlockIDFlagCommit, ValidatorAddress: now.Validators[i].Address, Timestamp: header.Time, Signature: vote.Signature,
		})
	}
	n.blocks = append(n.blocks, &cmttypes.LightBlock{SignedHeader: &cmttypes.SignedHeader{Header: header, Commit: commit}, ValidatorSet: now})
}

func (n *lightNode) serve() {
	server := httptest.NewServer(http.HandlerFunc(n.answer))
	n.t.Cleanup(server.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(n.t, err)
	queries := grpc.NewServer() // has no EVM: its id is 0
	go func() { _ = queries.Serve(listener) }()
	n.t.Cleanup(queries.Stop)
	n.remote, err = chain.Dial(n.t.Context(), chain.Options{GRPC: listener.Addr().String(), CometRPC: server.URL})
	require.NoError(n.t, err)
	n.t.Cleanup(func() { _ = n.remote.Close() })
}

// answer is CometBFT's JSON-RPC.
func (n *lightNode) answer(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Method string            `json:"method"`
		Params map[string]any    `json:"params"`
		Ignore map[string]string `json:"-"`
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	height, _ := strconv.Atoi(fmt.Sprint(request.Params["height"]))
	var result any
	switch request.Method {
	case "status":
		last := n.blocks[len(n.blocks)-1]
		fmt.Fprintf(w, `{"result":{"node_info":{"network":%q},"sync_info":{"latest_block_hash":%q,"latest_block_height":"%d","latest_block_time":%q}}}`,
			lightChain, last.Hash().String(), last.Height, last.Time.Format(time.RFC3339Nano))
		return
	case "commit":
		result = &coretypes.ResultCommit{SignedHeader: *n.blocks[height-1].SignedHeader, CanonicalCommit: true}
	case "validators":
		set := n.blocks[height-1].ValidatorSet
		result = &coretypes.ResultValidators{BlockHeight: int64(height), Validators: set.Validators, Count: set.Size(), Total: set.Size()}
	case "abci_query":
		key := make([]byte, len(fmt.Sprint(request.Params["data"]))/2)
		_, _ = fmt.Sscanf(fmt.Sprint(request.Params["data"]), "%x", &key)
		answer, err := n.store.Query(&storetypes.RequestQuery{Path: "/" + dasignerstypes.StoreKey + "/key", Data: key, Height: int64(height), Prove: true})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result = &coretypes.ResultABCIQuery{Response: abci.ResponseQuery{Key: answer.Key, Value: answer.Value, Height: answer.Height, ProofOps: answer.ProofOps}}
	}
	text, err := cmtjson.Marshal(result)
	if n.spoil != nil && err == nil { // on a copy
		switch request.Method {
		case "commit":
			result = new(coretypes.ResultCommit)
		case "validators":
			result = new(coretypes.ResultValidators)
		case "abci_query":
			result = new(coretypes.ResultABCIQuery)
		}
		require.NoError(n.t, cmtjson.Unmarshal(text, result))
		n.spoil(request.Method, result)
		text, err = cmtjson.Marshal(result)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, `{"result":%s}`, text)
}

func (n *lightNode) light(options chain.LightOptions) (*chain.Light, error) {
	return n.remote.Light(n.t.Context(), options)
}

// trusting starts from header 2, of whose validators none is left at the head.
func (n *lightNode) trusting(dir string) chain.LightOptions {
	return chain.LightOptions{Height: 2, Hash: chain.Hash(n.blocks[1].Hash()), Dir: dir}
}

// mission D09: a record is proven to the header of a later block, and that header from a
// trusted one across a change of all validators.
func TestARecordIsProvenFromATrustedHeader(t *testing.T) {
	n := newLightNode(t, 20)
	folder := t.TempDir()
	l, err := n.light(n.trusting(folder))
	require.NoError(t, err)
	blob, height, err := l.DABlob(t.Context(), 7)
	require.NoError(t, err)
	require.EqualValues(t, 99, blob.DataLen)
	require.Equal(t, chain.DABlobConfirmed, blob.Status)
	require.EqualValues(t, 20, height)
	confirmed, _, err := l.DAConfirmedRoot(t.Context(), 2)
	require.NoError(t, err)
	require.EqualValues(t, 3, confirmed.Blobs)
	_, _, err = l.DABlob(t.Context(), 8)
	require.ErrorIs(t, err, chain.ErrNotFound)
	told := chain.DAQuorum{Epoch: 5, ID: 1, Profile: 4, Members: []chain.DAMember{{Address: chain.Address{1}}, {Address: chain.Address{2}}}, Seats: []uint16{0, 1, 1, 0}}
	require.NoError(t, l.CheckDAQuorum(t.Context(), told))
	told.Seats = []uint16{0, 1, 1, 1}
	require.ErrorIs(t, l.CheckDAQuorum(t.Context(), told), chain.ErrUntrusted)

	// The next run goes on from where this one got to.
	again, err := n.light(chain.LightOptions{Dir: folder})
	require.NoError(t, err)
	require.False(t, again.FirstUse)
	_, _, err = again.DABlob(t.Context(), 7)
	require.NoError(t, err)

	first, err := n.light(chain.LightOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	require.True(t, first.FirstUse)
}

// One thing changed, and nothing is proven.
func TestWhatANodeCannotProve(t *testing.T) {
	n := newLightNode(t, 6)
	other := newLightNode(t, 6) // the same chain id, other validators
	for name, spoil := range map[string]func(method string, answer any){
		"another value": func(_ string, answer any) {
			if q, ok := answer.(*coretypes.ResultABCIQuery); ok {
				q.Response.Value[len(q.Response.Value)-1] ^= 1
			}
		},
		"no proof": func(_ string, answer any) {
			if q, ok := answer.(*coretypes.ResultABCIQuery); ok {
				q.Response.ProofOps = nil
			}
		},
		"another proof": func(_ string, answer any) {
			if q, ok := answer.(*coretypes.ResultABCIQuery); ok {
				q.Response.ProofOps.Ops[1].Data[40] ^= 1
			}
		},
		"another height": func(_ string, answer any) {
			if q, ok := answer.(*coretypes.ResultABCIQuery); ok {
				q.Response.Height--
			}
		},
		"another application hash": func(_ string, answer any) {
			if c, ok := answer.(*coretypes.ResultCommit); ok && c.Height > 2 {
				c.AppHash[0] ^= 1
			}
		},
		"a signature less": func(_ string, answer any) {
			if c, ok := answer.(*coretypes.ResultCommit); ok && c.Height > 2 {
				c.Commit.Signatures[0], c.Commit.Signatures[1] = cmttypes.NewCommitSigAbsent(), cmttypes.NewCommitSigAbsent()
			}
		},
		"headers of other validators": func(_ string, answer any) {
			switch a := answer.(type) {
			case *coretypes.ResultCommit:
				if a.Height > 2 {
					a.SignedHeader = *other.blocks[a.Height-1].SignedHeader
				}
			case *coretypes.ResultValidators:
				if a.BlockHeight > 2 {
					a.Validators = other.blocks[a.BlockHeight-1].ValidatorSet.Validators
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n.spoil = nil
			l, err := n.light(n.trusting(""))
			require.NoError(t, err)
			n.spoil = spoil
			_, _, err = l.DABlob(t.Context(), 7)
			require.Error(t, err)
			require.NotErrorIs(t, err, chain.ErrNotFound)
			n.spoil = nil
			_, _, err = l.DABlob(t.Context(), 7)
			require.NoError(t, err, "the same without the change")
		})
	}
}

func TestTrustedHeadersThatDoNotServe(t *testing.T) {
	n := newLightNode(t, 5)
	wrong := n.trusting("")
	wrong.Hash[0] ^= 1
	_, err := n.light(wrong)
	require.ErrorIs(t, err, chain.ErrUntrusted)

	folder := t.TempDir()
	l, err := n.light(n.trusting(folder))
	require.NoError(t, err)
	_, _, err = l.DABlob(t.Context(), 7)
	require.NoError(t, err)
	late := func() time.Time { return time.Now().Add(15 * 24 * time.Hour) }
	_, err = n.light(chain.LightOptions{Dir: folder, Now: late})
	require.ErrorIs(t, err, chain.ErrUntrusted, "older than the trusting period")
	old := n.trusting("")
	old.Now = late
	l, err = n.light(old)
	require.NoError(t, err)
	_, _, err = l.DABlob(t.Context(), 7)
	require.ErrorIs(t, err, chain.ErrUntrusted)

	files, err := filepath.Glob(filepath.Join(folder, "*.header"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.WriteFile(files[0], []byte("junk"), 0o600))
	_, err = n.light(chain.LightOptions{Dir: folder})
	require.ErrorContains(t, err, "damaged")
}
