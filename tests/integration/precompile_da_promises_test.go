package integration_test

import (
	"bytes"
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

type daTask = struct {
	SampleHash                         [32]byte
	PodasTarget                        *big.Int
	RestSubmissions, Round, NextHeight uint64
	Reward, FirstEpoch                 *big.Int
}

type daChallenge = struct {
	ChallengeId        uint64 //nolint:revive,staticcheck // the ABI's name
	Challenger, Signer common.Address
	BlobId             uint64 //nolint:revive,staticcheck // the ABI's name
	DataRoot           [32]byte
	Epoch, QuorumId    *big.Int //nolint:revive,staticcheck // the ABI's name
	Row, Chunk         uint32
	DeadlineHeight     uint64
	Bond               *big.Int
}

// recent names no proof: the record of the blob stands.
func recent() daprecompile.ConfirmedProof {
	return daprecompile.ConfirmedProof{Epoch: new(big.Int), QuorumId: new(big.Int), Path: [][32]byte{}}
}

// byRecord names no attestation.
func byRecord() daprecompile.Attestation {
	none := daprecompile.G1Point{X: new(big.Int), Y: new(big.Int)}
	return daprecompile.Attestation{BatchPath: [][32]byte{}, MemberBitmap: []byte{}, Signature: none}
}

func chunkOf(t testing.TB, b *erasure.Blob, row, index int) daprecompile.Chunk {
	t.Helper()
	c, err := erasure.ChunkOf(b.Row(row), index)
	require.NoError(t, err)
	return daprecompile.Chunk{Row: uint32(row), Index: uint32(index), Data: bytes.Clone(c.Data), Path: c.Path}
}

// confirmed orders a blob and has everyone confirm it.
func (d *daStage) confirmed(from apptest.Account, b *erasure.Blob) daBlob {
	d.tb.Helper()
	d.must(from, zg(1).BigInt(), submitBlobs, erasure.Test.ID, [][32]byte{b.DataRoot()}, []uint64{b.DataLen})
	d.mustEth(from, d.confirmation(everyone, b.DataRoot()))
	return d.blob(b.DataRoot())
}

// signerAt is the signer with an address.
func (d *daStage) signerAt(address common.Address) daSigner {
	d.tb.Helper()
	for _, s := range d.signers {
		if s.EVM == address {
			return s
		}
	}
	require.Fail(d.tb, "no signer", address)
	return daSigner{}
}

func (d *daStage) holder(b daBlob, row uint32) daSigner {
	d.tb.Helper()
	return d.signerAt(d.read("getRowHolder(bytes32,uint256,uint256,uint32)", b.DataRoot, b.Epoch, b.QuorumId, row)[0].(common.Address))
}

func (d *daStage) task() daTask {
	d.tb.Helper()
	return as[daTask](d.read("sampleTask()")[0])
}

// A chunk that wins pays its holder, once, whoever brings it. mission E05
func TestSamplesInTheEVM(t *testing.T) {
	d := newDAStage(t, apptest.Options{}, 5, 4, 3)
	for d.task().PodasTarget.BitLen() < 256 { // it grows while nobody samples
		d.block()
	}
	d.join()
	alice := d.Accounts[5]
	b := d.encode(bytes.Repeat([]byte("sampled "), 2500))
	blob := d.confirmed(alice, b)
	for next := d.task().NextHeight; uint64(d.Height) < next; {
		d.block()
	}
	task := d.task()
	want, err := d.da().SampleTask(context.Background(), &datypes.QuerySampleTaskRequest{})
	require.NoError(t, err)
	require.Equal(t, want.Round.Seed, task.SampleHash[:])
	require.Equal(t, want.Round.Target, task.PodasTarget.FillBytes(make([]byte, 32)))
	require.Equal(t, []uint64{uint64(want.RestSubmissions), want.Round.Number, uint64(want.NextHeight)}, []uint64{task.RestSubmissions, task.Round, task.NextHeight})
	require.Equal(t, want.Reward.String(), task.Reward.String())

	var winner, loser *daprecompile.Chunk
	for row := range uint32(16) {
		quality := erasure.RowQuality(task.SampleHash, blob.Epoch.Uint64(), uint32(blob.QuorumId.Uint64()), blob.DataRoot, row)
		for index := range uint32(3) {
			c := chunkOf(t, b, int(row), int(index))
			q, ok := erasure.ChunkQuality(quality, index, c.Data)
			if ok && erasure.Wins(q, [32]byte(want.Round.Target)) {
				winner = &c
			} else {
				loser = &c
			}
		}
	}
	sample := func(c daprecompile.Chunk, at daprecompile.ConfirmedProof) apptest.EthCall {
		return apptest.Call(daAt, nil, calldata(t, daABI, submitSample, b.Preimage(), c, at))
	}
	d.fails(alice, sample(*loser, recent()), "NoWin")
	bad := *winner
	bad.Data = bytes.Clone(bad.Data)
	bad.Data[0] ^= 1
	d.fails(alice, sample(bad, recent()), "ChunkMismatch")
	wide := recent()
	wide.Epoch = new(big.Int).Lsh(big.NewInt(1), 64)
	d.fails(alice, sample(*winner, wide), "NotConfirmed")
	elsewhere := recent()
	elsewhere.Height = 1
	d.fails(alice, sample(*winner, elsewhere), "NotConfirmed")

	holder := d.holder(blob, winner.Row)
	r := d.mustEth(alice, sample(*winner, recent()))
	topics, values := d.log(r, "SampleRewarded")
	require.Equal(t, topicOf(holder.EVM), topics[1])
	require.Equal(t, []any{task.Round, winner.Row, winner.Index, task.Reward}, values)
	require.Equal(t, []any{task.Reward}, d.read("rewards(address)", holder.EVM))
	d.fails(alice, sample(*winner, recent()), "SampledTwice")
	d.owes()

	bob := d.Accounts[7]
	before := d.Balance(bob.Address)
	r = d.must(holder.Account, nil, "claimRewards(address)", bob.EVM)
	topics, values = d.log(r, "RewardsClaimed")
	require.Equal(t, []string{topicOf(holder.EVM), topicOf(bob.EVM)}, topics[1:])
	require.Equal(t, []any{task.Reward}, values)
	require.Equal(t, new(big.Int).Add(before.BigInt(), task.Reward).String(), d.Balance(bob.Address).String())
	d.owes()
}

// A challenge is answered and its bond is the signer's, or it is not and costs a
// share of the deposit. mission E05
func TestChallengesInTheEVM(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	alice := d.Accounts[5]
	b := d.encode(bytes.Repeat([]byte("asked "), 3500))
	blob := d.confirmed(alice, b)
	open := func(row, chunk uint32, a daprecompile.Attestation) apptest.EthCall {
		return apptest.Call(daAt, nil, calldata(t, daABI, openChallenge, b.Preimage(), row, chunk, recent(), a))
	}
	params, err := d.da().Params(context.Background(), &datypes.QueryParamsRequest{})
	require.NoError(t, err)
	bond, base := params.Params.ChallengeBond, params.Params.BlobBaseFee

	before := d.Balance(alice.Address)
	r := d.mustEth(alice, open(7, 1, byRecord()))
	require.Equal(t, before.Sub(bond).Sub(base).Sub(apptestFee(r.GasUsed)).String(), d.Balance(alice.Address).String())
	holder := d.holder(blob, 7)
	topics, values := d.log(r, "ChallengeOpened")
	require.Equal(t, []string{topicOf(holder.EVM), topicOf(alice.EVM)}, topics[2:])
	require.Equal(t, []any{blob.DataRoot, uint64(d.Height + 5)}, values)
	require.Equal(t, daChallenge{1, alice.EVM, holder.EVM, blob.BlobId, blob.DataRoot, blob.Epoch, u64(blob.QuorumId.Uint64()), 7, 1, uint64(d.Height + 5), bond.BigInt()},
		normal(as[daChallenge](d.read("getChallenge(uint64)", uint64(1))[0])))
	d.fails(alice, open(7, 1, byRecord()), "AlreadyChallenged")
	d.fails(alice, open(16, 1, byRecord()), "InvalidMessage")

	answer := func(c daprecompile.Chunk) apptest.EthCall {
		return apptest.Call(daAt, nil, calldata(t, daABI, answerChallenge, uint64(1), b.Preimage(), c))
	}
	d.fails(alice, answer(chunkOf(t, b, 7, 0)), "ChunkMismatch")
	before = d.Balance(holder.Address)
	r = d.mustEth(d.Accounts[8], answer(chunkOf(t, b, 7, 1)))
	topics, _ = d.log(r, "ChallengeAnswered")
	require.Equal(t, topicOf(holder.EVM), topics[2])
	require.Equal(t, before.Add(bond).String(), d.Balance(holder.Address).String(), "the signer has the bond, whoever answered")
	d.refusesView("ChallengeNotFound", "getChallenge(uint64)", uint64(1))
	d.fails(alice, answer(chunkOf(t, b, 7, 1)), "ChallengeNotFound")
	d.owes()

	holder = d.holder(blob, 3)
	deposit := d.signerState(holder).Deposit
	message := d.read("batchMessage(uint256,uint256,bytes32[],uint64[])", blob.Epoch, blob.QuorumId, [][32]byte{blob.DataRoot}, []uint64{blob.BlobId})[0].([]byte)
	alone := d.sign(blob.Epoch.Uint64(), 0, message, func(s daSigner) bool { return s.EVM == holder.EVM })
	attested := daprecompile.Attestation{
		BatchRoot: erasure.BatchLeaf(blob.DataRoot, blob.BlobId), BatchCount: 1, BatchPath: [][32]byte{}, MemberBitmap: alone.members, Signature: alone.signature,
	}
	forged := attested
	forged.Signature = abiG1(holder.secret.Public().G1)
	d.fails(alice, open(3, 0, forged), "InvalidSignature")
	d.mustEth(alice, open(3, 0, attested))
	for range 6 {
		d.block()
	}
	require.Negative(t, d.signerState(holder).Deposit.Cmp(deposit), "nobody answered")
	d.owes()
}

// normal brings zero into its usual form.
func normal(c daChallenge) daChallenge {
	c.QuorumId = u64(c.QuorumId.Uint64())
	return c
}

// Who signed for a row that contradicts the coding loses its deposit on evidence
// brought by anyone. mission E05, D07 (part: false attestations)
func TestFaultsInTheEVM(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	alice := d.Accounts[5]
	const victim = 9
	b, err := erasure.NewBlob(erasure.Test, d.App.EVMChainID, make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, b.EncodeStripe(erasure.CPU, 0))
	b.Rows[victim][17] ^= 1
	b.HashRows(0, erasure.Test.N)
	b.FixRows()
	b.CombineRows(0, erasure.Test.K)
	b.Fix()
	blob := d.confirmed(alice, b)
	message := d.read("batchMessage(uint256,uint256,bytes32[],uint64[])", blob.Epoch, blob.QuorumId, [][32]byte{blob.DataRoot}, []uint64{blob.BlobId})[0].([]byte)
	all := d.sign(blob.Epoch.Uint64(), 0, message, everyone)
	attested := daprecompile.Attestation{
		BatchRoot: erasure.BatchLeaf(blob.DataRoot, blob.BlobId), BatchCount: 1, BatchPath: [][32]byte{}, MemberBitmap: all.members, Signature: all.signature,
	}
	var combinations []byte
	for _, c := range b.RLC {
		combinations = append(combinations, c[:]...)
	}
	accuse := func(row int) apptest.EthCall {
		return apptest.Call(daAt, nil, calldata(t, daABI, falseAttestation, b.Preimage(), uint32(row), b.Rows[row], b.Row(row).Path, combinations, blob.Epoch, blob.QuorumId, blob.BlobId, attested))
	}
	holder := d.holder(blob, victim)
	deposit := d.signerState(holder).Deposit
	d.fails(alice, accuse(victim+1), "NoFault")
	r := d.mustEth(alice, accuse(victim))
	topics, values := d.log(r, "SignerPunished")
	require.Equal(t, topicOf(holder.EVM), topics[1])
	require.Equal(t, deposit, values[0])
	require.True(t, d.signerState(holder).Tombstoned)
	d.fails(alice, accuse(victim), "NoFault")
	d.owes()
}

// A blob ordered with the subtrees of its payload is an entry of the log once it
// is confirmed, for exactly what the quote named. mission E05
func TestBlobsEnterTheLogFromTheEVM(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	alice := d.Accounts[5]
	payload := make([]byte, 256*11) // three subtrees
	b := d.encode(payload)
	entry := d.Submission(payload, nil)
	var nodes [][32]byte
	for _, node := range entry.Nodes {
		nodes = append(nodes, [32]byte(node.Root))
	}
	require.Len(t, nodes, 3)
	quote := d.read("quote(uint64)", b.DataLen)
	total := new(big.Int).Add(quote[0].(*big.Int), quote[3].(*big.Int))
	submit := func(value *big.Int, nodes [][32]byte) apptest.EthCall {
		return apptest.Call(daAt, value, calldata(t, daABI, submitLogged, erasure.Test.ID, [][32]byte{b.DataRoot()}, []uint64{b.DataLen}, nodes))
	}
	d.fails(alice, submit(new(big.Int).Sub(total, big.NewInt(1)), nodes), "FeeTooHigh")
	d.fails(alice, submit(total, nodes[:2]), "InvalidMessage")
	d.fails(alice, submit(total, append(nodes[:3:3], [32]byte{})), "InvalidMessage")
	r := d.mustEth(alice, submit(total, nodes))
	_, values := d.log(r, "BlobsSubmitted")
	require.Equal(t, []any{quote[0], quote[3]}, values[5:7])
	require.Zero(t, d.blob(b.DataRoot()).SubmissionIndex.Sign())
	require.Zero(t, d.entries())
	d.owes()

	d.mustEth(alice, d.confirmation(everyone, b.DataRoot()))
	blob := d.blob(b.DataRoot())
	require.EqualValues(t, 1, d.entries())
	require.EqualValues(t, 1, blob.SubmissionIndex.Uint64())
	stored, err := d.App.FlowKeeper.Entry(d.Ctx(), flowtypes.MainFlowID, 1)
	require.NoError(t, err)
	require.Equal(t, stored.Root, blob.StorageRoot[:])
	require.Equal(t, alice.Address.String(), stored.Submitter)
	require.Equal(t, blob.StorageEndowment.String(), stored.Endowment().String())
	d.owes()
	d.requireSound()
}
