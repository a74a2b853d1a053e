package integration_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/mine"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// library holds the bytes of the flow, which the chain never sees: what a storage
// node and a miner hold. Gaps and padding are zeros.
type library struct {
	plain  []byte
	leaves []mine.Hash // of plain, as far as they were needed
}

// randomFile is a file with the submission that enters it.
func randomFile(c *chain, seed uint64, sizeBytes int) ([]byte, flowtypes.Submission) {
	c.tb.Helper()
	data := make([]byte, sizeBytes)
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	rand.NewChaCha8(key).Read(data)
	return data, c.Submission(data, []byte("test"))
}

func chargedSectors(s flowtypes.Submission) int64 {
	total := int64(0)
	for _, node := range s.Nodes {
		total += 1 << node.Height
	}
	return total
}

// submission is the message that enters a file at a multiple of the price floor.
func submission(c *chain, from apptest.Account, s flowtypes.Submission, timesFloor int64) *flowtypes.MsgSubmit {
	c.tb.Helper()
	params, err := c.flow().Params(context.Background(), &flowtypes.QueryParamsRequest{})
	require.NoError(c.tb, err)
	endowment := params.Params.PriceFloor.Mul(sdkmath.NewInt(chargedSectors(s))).MulRaw(timesFloor)
	return &flowtypes.MsgSubmit{Sender: from.Address.String(), Submission: s, Endowment: endowment}
}

// put enters a file in a block of its own and keeps its bytes.
func (l *library) put(c *chain, from apptest.Account, seed uint64, sizeBytes int, timesFloor int64) *flowtypes.MsgSubmitResponse {
	c.tb.Helper()
	data, s := randomFile(c, seed, sizeBytes)
	response := new(flowtypes.MsgSubmitResponse)
	c.mustSend(from, submission(c, from, s, timesFloor), response)
	l.keep(response.StartSector, data)
	return response
}

// keep lays bytes where the chain placed them.
func (l *library) keep(startSector uint64, data []byte) {
	l.grow((startSector + layout.DataSectors(uint64(len(data)))) * layout.SectorSize)
	copy(l.plain[startSector*layout.SectorSize:], data)
	l.leaves = nil
}

func (l *library) grow(sizeBytes uint64) {
	if have := uint64(len(l.plain)); have < sizeBytes {
		l.plain = append(l.plain, make([]byte, sizeBytes-have)...)
	}
}

// leaf returns a leaf of the flow for proofs; it hashes everything on first use.
func (l *library) leaf(height uint8, index uint64) (mine.Hash, bool, error) {
	if height != 0 {
		return mine.Hash{}, false, nil
	}
	if len(l.leaves)*layout.SectorSize != len(l.plain) {
		l.leaves = make([]mine.Hash, len(l.plain)/layout.SectorSize)
		merkle.FlowLeaves(l.plain, 0, l.leaves)
	}
	return l.leaves[index], true, nil
}

// miner mines in memory: it seals on the fly what it reads.
type miner struct {
	*library
	chain *chain
	owner apptest.Account
	id    []byte
	next  uint64 // nonce
}

// newMiner registers a miner and claims the flow from its beginning.
func newMiner(c *chain, l *library, owner apptest.Account, beneficiary string, seed uint64) *miner {
	c.tb.Helper()
	response := new(poratypes.MsgRegisterMinerResponse)
	c.mustSend(owner, &poratypes.MsgRegisterMiner{Owner: owner.Address.String(), Beneficiary: beneficiary, Seed: seed}, response)
	c.mustSend(owner, &poratypes.MsgClaimRange{Owner: owner.Address.String(), MinerId: response.MinerId, NumShard: 1}, nil)
	return &miner{library: l, chain: c, owner: owner, id: response.MinerId}
}

// work is the chain's answer to what the miner may do now.
func (m *miner) work() *poratypes.QueryWorkResponse {
	m.chain.tb.Helper()
	work, err := m.chain.pora().Work(context.Background(), &poratypes.QueryWorkRequest{MinerId: hex.EncodeToString(m.id)})
	require.NoError(m.chain.tb, err)
	return work
}

// waitOpen commits empty blocks until an epoch after the given one is open with
// at least half of its blocks to come.
func (m *miner) waitOpen(after uint64) *poratypes.QueryWorkResponse {
	m.chain.tb.Helper()
	for range 200 {
		flow := m.chain.flowState()
		left := flow.Flows[0].NextEpochHeight - m.chain.Height
		if work := m.work(); work.Open && work.Epoch > after && left >= int64(flow.Params.BlocksPerEpoch+1)/2 {
			return work
		}
		m.chain.block()
	}
	m.chain.tb.Fatalf("no epoch opened in 200 blocks: %s", m.work().Reason)
	return nil
}

// task is the chain's answer in the puzzle's words.
func (m *miner) task(job *poratypes.QueryWorkResponse) mine.Work {
	return mine.Work{
		MinerID: mine.Hash(m.id), ContextDigest: mine.Hash(job.ContextDigest), Target: mine.Hash(job.Target),
		Range: mine.Range{LengthLoads: job.LengthLoads, Claim: mine.Claim{
			StartLoad: job.StartLoad, NumShard: uint64(job.NumShard), ShardID: uint64(job.ShardId),
		}},
	}
}

// nonceOfAnotherLoad returns a nonce that recalls another load than an answer's.
func (m *miner) nonceOfAnotherLoad(job *poratypes.QueryWorkResponse, a *poratypes.PoraAnswer) []byte {
	m.chain.tb.Helper()
	work, it := m.task(job), new(mine.Iteration)
	for {
		m.next++
		var nonce mine.Hash
		binary.BigEndian.PutUint64(nonce[24:], m.next)
		load, err := it.Start(&work, nonce)
		require.NoError(m.chain.tb, err)
		if load != a.RecallSector/layout.SectorsPerLoad {
			return nonce[:]
		}
	}
}

// find searches a solution of the running epoch whose load is wanted; nil wants
// any. It goes on where the last search ended, so it never finds one twice.
func (m *miner) find(job *poratypes.QueryWorkResponse, want func(load uint64) bool) poratypes.PoraAnswer {
	m.chain.tb.Helper()
	work := m.task(job)
	m.grow(job.FlowLengthSectors * layout.SectorSize)
	it := new(mine.Iteration)
	for range 20_000 {
		m.next++
		var nonce mine.Hash
		binary.BigEndian.PutUint64(nonce[24:], m.next)
		load, err := it.Start(&work, nonce)
		require.NoError(m.chain.tb, err)
		if want != nil && !want(load) || want == nil && !m.holds(load) {
			continue
		}
		sealed, contexts := m.seal(load)
		piece, output := it.Check(sealed)
		if mine.Meets(output, work.Target) {
			return m.answer(job, nonce, load, piece, sealed, contexts[piece])
		}
	}
	m.chain.tb.Fatal("no solution in 20 000 nonces: the difficulty is too high for this test")
	return poratypes.PoraAnswer{}
}

// holds says whether the load has data; a proof over none is void.
func (m *miner) holds(load uint64) bool {
	for _, b := range m.plain[load*layout.LoadSize : (load+1)*layout.LoadSize] {
		if b != 0 {
			return true
		}
	}
	return false
}

// seal seals a load, each piece with the context that added it.
func (m *miner) seal(load uint64) (*mine.Load, *[layout.SealsPerLoad]mine.Hash) {
	m.chain.tb.Helper()
	contexts := new([layout.SealsPerLoad]mine.Hash)
	var last flowtypes.MiningContext
	for k := range contexts {
		end := mine.PieceSector(load, k) + layout.SectorsPerSeal
		if end > last.FlowLengthSectors {
			response, err := m.chain.flow().ContextAt(context.Background(), &flowtypes.QueryContextAtRequest{Sector: end - 1})
			require.NoError(m.chain.tb, err)
			last = response.Context
		}
		contexts[k] = mine.Hash(last.Digest)
	}
	seeds := mine.SealSeeds(mine.Hash(m.id), contexts, load)
	sealed := new(mine.Load)
	mine.SealLoad(sealed, (*mine.Load)(m.plain[load*layout.LoadSize:]), &seeds)
	return sealed, contexts
}

func (m *miner) answer(job *poratypes.QueryWorkResponse, nonce mine.Hash, load uint64, piece int, sealed *mine.Load, sealContext mine.Hash) poratypes.PoraAnswer {
	m.chain.tb.Helper()
	sector := mine.PieceSector(load, piece)
	siblings, root, err := merkle.ProveFlow(job.FlowLengthSectors, 4, sector/layout.SectorsPerSeal, m.leaf)
	require.NoError(m.chain.tb, err)
	require.Equal(m.chain.tb, job.FlowRoot, root[:], "the miner's flow differs from the chain's")
	a := poratypes.PoraAnswer{
		MinerId: m.id, ContextDigest: job.ContextDigest, Nonce: nonce[:], RecallSector: sector,
		SealContextDigest: sealContext[:], SealedPiece: sealed[piece*layout.SealSize : (piece+1)*layout.SealSize],
	}
	for i := range siblings {
		a.Proof = append(a.Proof, siblings[i][:])
	}
	return a
}

// proof is the message that brings an answer.
func proof(from apptest.Account, a poratypes.PoraAnswer) *poratypes.MsgSubmitProof {
	return &poratypes.MsgSubmitProof{Sender: from.Address.String(), Answer: a}
}
