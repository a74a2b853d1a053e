package integration_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const (
	inclusion        = "inclusion(bytes32,uint256,uint256,bytes,bytes32[])"
	entryInclusion   = "entryInclusion(uint256,uint256,bytes,bytes32[])"
	segmentInclusion = "segmentInclusion(bytes32,uint256,uint256,bytes32,bytes32[])"
	flowInclusion    = "flowInclusion(bytes32,uint256,uint256,bytes,bytes32[])"
	contextInclusion = "contextInclusion(uint256,uint256,bytes,bytes32[])"
)

// provable is a file and what proves its parts.
type provable struct {
	tb   testing.TB
	data []byte
	file *merkle.File
}

func newProvable(tb testing.TB, data []byte) provable {
	tb.Helper()
	file, err := merkle.NewFileFromData(data)
	require.NoError(tb, err)
	return provable{tb, data, file}
}

func (p provable) size() *big.Int { return big.NewInt(int64(len(p.data))) }

// block is the leaf of 2^height sectors at its offset, and its proof.
func (p provable) block(height uint8, index uint64) (offset *big.Int, leaf []byte, proof [][32]byte) {
	p.tb.Helper()
	size := uint64(layout.SectorSize) << height
	leaf = make([]byte, size)
	copy(leaf, p.data[index*size:])
	start := index * size / layout.LoadSize * layout.LoadSize
	siblings, err := p.file.ProveBlock(height, index, p.data[start:min(start+layout.LoadSize, uint64(len(p.data)))])
	require.NoError(p.tb, err)
	return new(big.Int).SetUint64(index * size), leaf, words(siblings)
}

func words(list []merkle.Hash) [][32]byte {
	out := make([][32]byte, len(list))
	copy(out, list)
	return out
}

func (c *chain) verify(signature string, args ...any) bool {
	c.tb.Helper()
	return c.view(verifyABI, verifyAt, signature, args...)[0].(bool)
}

// One bit away from every accept there is a no. mission E06
func TestVerifyInclusionInAFile(t *testing.T) {
	c := newChain(t)
	alice := c.Accounts[0]
	data, s := randomFile(c, 5, 700_001)
	c.mustSend(alice, submission(c, alice, s, 1), nil)
	p := newProvable(t, data)
	root, one := [32]byte(p.file.Root()), big.NewInt(1)
	for _, at := range []struct {
		height uint8
		index  uint64
	}{{0, 0}, {0, 1}, {0, 1024}, {0, 2734}, {1, 700}, {4, 0}, {4, 63}, {4, 64}, {4, 170}, {7, 9}} {
		offset, leaf, proof := p.block(at.height, at.index)
		require.True(t, c.verify(inclusion, root, p.size(), offset, leaf, proof), "height %d, block %d", at.height, at.index)
		require.True(t, c.verify(entryInclusion, one, offset, leaf, proof))

		no := func(root [32]byte, size, offset *big.Int, leaf []byte, proof [][32]byte) {
			t.Helper()
			require.False(t, c.verify(inclusion, root, size, offset, leaf, proof))
		}
		wrong := root
		wrong[0] ^= 1
		no(wrong, p.size(), offset, leaf, proof)
		no(root, big.NewInt(300_000), offset, leaf, proof)
		no(root, new(big.Int).Lsh(p.size(), 64), offset, leaf, proof)
		no(root, p.size(), new(big.Int).Add(offset, one), leaf, proof)
		no(root, p.size(), new(big.Int).Add(offset, big.NewInt(int64(len(leaf)))), leaf, proof)
		no(root, p.size(), new(big.Int).Lsh(one, 200), leaf, proof)
		changed := append([]byte{}, leaf...)
		changed[len(leaf)-1] ^= 1
		no(root, p.size(), offset, changed, proof)
		no(root, p.size(), offset, leaf[1:], proof)
		no(root, p.size(), offset, nil, proof)
		no(root, p.size(), offset, leaf, proof[1:])
		no(root, p.size(), offset, leaf, append(proof[:len(proof):len(proof)], wrong))
		bent := append([][32]byte{}, proof...)
		bent[0][31] ^= 1
		no(root, p.size(), offset, leaf, bent)
	}
	require.False(t, c.verify(inclusion, root, p.size(), big.NewInt(2735*256), make([]byte, 256), [][32]byte{}), "past the data")

	upper := p.file.Proof(2).Lemma
	segment := [32]byte(upper[0])
	require.True(t, c.verify(segmentInclusion, root, p.size(), big.NewInt(2), segment, words(upper[1:len(upper)-1])))
	require.False(t, c.verify(segmentInclusion, root, p.size(), big.NewInt(1), segment, words(upper[1:len(upper)-1])))
	require.False(t, c.verify(segmentInclusion, root, p.size(), big.NewInt(3), segment, words(upper[1:len(upper)-1])))

	offset, leaf, proof := p.block(0, 3)
	for _, unknown := range []*big.Int{new(big.Int), big.NewInt(2), new(big.Int).Lsh(one, 64)} {
		out, failure := c.ethCall(alice.EVM, verifyAt, nil, calldata(t, verifyABI, entryInclusion, unknown, offset, leaf, proof))
		require.NotEmpty(t, failure)
		name, _ := typedReason(verifyABI, out)
		require.Equal(t, "UnknownEntry", name)
	}
}

// Every gas step of an inclusion check is a yes or out of gas, never a no.
// mission E06 B17
func TestVerifyGasIsExact(t *testing.T) {
	c := newChain(t)
	alice := c.Accounts[0]
	p := newProvable(t, make([]byte, 5000))
	offset, leaf, proof := p.block(4, 0)
	input := calldata(t, verifyABI, inclusion, [32]byte(p.file.Root()), p.size(), offset, leaf, proof)
	at, run := c.puppet(alice)
	table := uint64(2_000 + 16*100 + 100*len(proof) + 4*len(input))
	for _, w := range []struct {
		gas uint64
		ok  bool
	}{{1, false}, {2_000, false}, {table - 1, false}, {table, true}, {table + 1, true}} {
		op := do(puppetTry, verifyAt, input)
		op.Gas.SetUint64(w.gas)
		_, r := c.apply(alice.EVM, at, 2_000_000, run(op))
		ok, ret := did(t, r.Logs)
		require.Equal(t, w.ok, ok[0], "gas %d of %d", w.gas, table)
		require.Equal(t, w.ok, len(ret[0]) == 32 && ret[0][31] == 1)
	}
}

// The same against the flow, of a context and of any root. mission E06
func TestVerifyInclusionInTheFlow(t *testing.T) {
	c := newChain(t)
	alice := c.Accounts[0]
	data := new(library)
	entry := data.put(c, alice, 1, 300_000, 1)
	m := newMiner(c, data, alice, "", 1)
	job := m.waitOpen(0)
	data.grow(job.FlowLengthSectors * layout.SectorSize)

	fixed := c.view(verifyABI, verifyAt, "contextRoot(uint256)", new(big.Int))
	length := new(big.Int).SetUint64(job.FlowLengthSectors)
	require.Equal(t, []any{new(big.Int).SetUint64(job.Epoch), [32]byte(job.FlowRoot), length, [32]byte(job.ContextDigest)}, fixed)
	epoch := fixed[0].(*big.Int)
	for _, height := range []uint8{0, 4, 8} {
		sector := (entry.StartSector + 700) >> height << height
		siblings, _, err := merkle.ProveFlow(job.FlowLengthSectors, height, sector>>height, data.leaf)
		require.NoError(t, err)
		leaf := data.plain[sector*layout.SectorSize : (sector+1<<height)*layout.SectorSize]
		at, proof := new(big.Int).SetUint64(sector), words(siblings)
		require.True(t, c.verify(flowInclusion, [32]byte(job.FlowRoot), length, at, leaf, proof))
		require.True(t, c.verify(contextInclusion, epoch, at, leaf, proof))
		require.True(t, c.verify(contextInclusion, new(big.Int), at, leaf, proof))
		require.False(t, c.verify(contextInclusion, epoch, new(big.Int).SetUint64(sector+1), leaf, proof))
		require.False(t, c.verify(contextInclusion, epoch, new(big.Int).SetUint64(sector+1<<height), leaf, proof))
		require.False(t, c.verify(contextInclusion, epoch, at, leaf, proof[1:]))
		require.False(t, c.verify(flowInclusion, [32]byte(job.FlowRoot), new(big.Int).Lsh(length, 1), at, leaf, proof))
		flipped := append([]byte{}, leaf...)
		flipped[0] ^= 1
		require.False(t, c.verify(contextInclusion, epoch, at, flipped, proof))
	}
	siblings, _, err := merkle.ProveFlow(job.FlowLengthSectors, 4, 0, data.leaf)
	require.NoError(t, err)
	require.False(t, c.verify(contextInclusion, epoch, new(big.Int), data.plain[:4096], words(siblings)),
		"the bytes of sector 0 are bound by no hash")
	out, failure := c.ethCall(alice.EVM, verifyAt, nil, calldata(t, verifyABI, "contextRoot(uint256)", big.NewInt(999)))
	require.NotEmpty(t, failure)
	name, _ := typedReason(verifyABI, out)
	require.Equal(t, "UnknownContext", name)
}

// A contract sees claims come and go. mission R15 E06
func TestReplicasInTheEVM(t *testing.T) {
	c := newChain(t, poraGenesis(func(g *poratypes.GenesisState) { g.Params.ClaimMinEpochs = 0 }))
	alice, bob := c.Accounts[0], c.Accounts[1]
	data := new(library)
	entry := data.put(c, alice, 1, 300_000, 1)
	replicas := func(sector uint64) uint64 {
		return c.view(verifyABI, verifyAt, "replicas(uint256)", new(big.Int).SetUint64(sector))[0].(*big.Int).Uint64()
	}
	require.Zero(t, replicas(entry.StartSector))
	m := newEVMMiner(c, data, bob, common.Address{}, 1)
	require.Equal(t, uint64(1), replicas(entry.StartSector))
	require.Zero(t, replicas(entry.StartSector+4096), "past the end of the flow")
	response, err := c.pora().Replicas(context.Background(), &poratypes.QueryReplicasRequest{Sector: entry.StartSector})
	require.NoError(t, err)
	require.Equal(t, uint64(1), response.Replicas)
	m.waitOpen(1)
	r := c.callPora(bob, "releaseRange(bytes32)", [32]byte(m.id))
	require.Empty(t, r.VmError, reason(r.Ret))
	require.Equal(t, []string{poraABI.Events["ReleaseRange"].ID.Hex(), common.BytesToHash(m.id).Hex()}, r.Logs[0].Topics)
	require.Zero(t, replicas(entry.StartSector))
	require.Zero(t, c.view(verifyABI, verifyAt, "replicas(uint256)", new(big.Int).Lsh(big.NewInt(1), 64))[0].(*big.Int).Sign())
}
