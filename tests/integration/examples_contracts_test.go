package integration_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/precompile/examples"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// contractAt is a deployed contract.
type contractAt struct {
	*chain
	fixture
	at common.Address
}

func (c *chain) deployed(from apptest.Account, f fixture, args ...any) contractAt {
	c.tb.Helper()
	return contractAt{c, f, c.deploy(from, f, nil, args...)}
}

func (d contractAt) call(from apptest.Account, value *big.Int, name string, args ...any) receipt {
	d.tb.Helper()
	data, err := d.ABI.Pack(name, args...)
	require.NoError(d.tb, err)
	return d.eth(from, apptest.Call(d.at, value, data))
}

func (d contractAt) must(from apptest.Account, value *big.Int, name string, args ...any) receipt {
	d.tb.Helper()
	r := d.call(from, value, name, args...)
	require.Empty(d.tb, r.VmError, "%s: %s", name, d.why(r))
	return r
}

// fails requires a custom error of the contract, or of one that it called.
func (d contractAt) fails(r receipt, want string) {
	d.tb.Helper()
	require.NotEmpty(d.tb, r.VmError)
	require.Contains(d.tb, d.why(r), want)
	require.Empty(d.tb, r.Logs)
}

func (d contractAt) why(r receipt) string {
	if name, _ := typedReason(d.ABI, r.Ret); name != "" {
		return name
	}
	name, text := typedReason(poraABI, r.Ret)
	return name + text
}

func (d contractAt) read(name string, args ...any) []any {
	d.tb.Helper()
	return d.view(d.ABI, d.at, d.ABI.Methods[name].Sig, args...)
}

// A file in storage names who may mint. mission E06
func TestStorageGatedNFT(t *testing.T) {
	c := newChain(t)
	alice, bob, carol := c.Accounts[0], c.Accounts[1], c.Accounts[2]
	list := make([]byte, 1500*layout.SectorSize)
	for i, who := range []apptest.Account{bob, carol, bob} {
		copy(list[[]int{0, 7, 1499}[i]*layout.SectorSize:], who.EVM[:])
	}
	c.mustSend(alice, submission(c, alice, c.Submission(list, nil), 1), nil)
	nft := c.deployed(alice, compiledOf(t, examples.StorageGatedNFT, "StorageGatedNFT"), big.NewInt(1))
	p := newProvable(t, list)
	require.Equal(t, [32]byte(p.file.Root()), nft.read("root")[0])
	ticket := func(sector uint64) (*big.Int, []byte, [][32]byte) {
		_, leaf, proof := p.block(0, sector)
		return new(big.Int).SetUint64(sector), leaf, proof
	}

	id, leaf, proof := ticket(7)
	nft.fails(nft.call(bob, nil, "mint", id, leaf, proof), "NotYours")
	nft.fails(nft.call(carol, nil, "mint", big.NewInt(8), leaf, proof), "NotInTheFile")
	nft.fails(nft.call(carol, nil, "mint", new(big.Int).Lsh(id, 250), leaf, proof), "NotInTheFile")
	nft.fails(nft.call(carol, nil, "mint", id, leaf, proof[1:]), "NotInTheFile")
	nft.fails(nft.call(carol, nil, "mint", id, leaf[:255], proof), "NotASector")
	forged := bytes.Clone(leaf)
	forged[200] ^= 1
	nft.fails(nft.call(carol, nil, "mint", id, forged, proof), "NotInTheFile")
	_, foreign, foreignProof := ticket(0)
	copy(foreign, carol.EVM[:])
	nft.fails(nft.call(carol, nil, "mint", new(big.Int), foreign, foreignProof), "NotInTheFile")

	r := nft.must(carol, nil, "mint", id, leaf, proof)
	t.Logf("mint with a proof of %d siblings: %d gas", len(proof), r.GasUsed)
	require.Equal(t, carol.EVM, nft.read("ownerOf", id)[0])
	nft.fails(nft.call(carol, nil, "mint", id, leaf, proof), "ERC721InvalidSender")
	last, leaf, proof := ticket(1499)
	nft.must(bob, nil, "mint", last, leaf, proof)
	require.Equal(t, []any{big.NewInt(1)}, nft.read("balanceOf", bob.EVM))

	data, err := nft.ABI.Pack("", big.NewInt(2))
	require.NoError(t, err)
	r = c.eth(alice, apptest.EthCall{Data: append(bytes.Clone(nft.Bin), data...), GasLimit: 10_000_000})
	require.NotEmpty(t, r.VmError, "no entry, no collection")
}

// A miner takes on what too few hold, proves it and is paid. mission E06 E07 R15
func TestReplicaBounty(t *testing.T) {
	c := newChain(t, poraGenesis(func(g *poratypes.GenesisState) { g.Params.ClaimMinEpochs = 0 }))
	alice, sponsor, beneficiary := c.Accounts[0], c.Accounts[1], c.Accounts[4]
	data := new(library)
	entry := data.put(c, alice, 1, 700<<10, 1)
	first := newMiner(c, data, c.Accounts[2], "", 1)
	bounty := c.deployed(alice, compiledOf(t, examples.ReplicaBounty, "ReplicaBounty"))
	amount, zero, sector := big.NewInt(5e17), new(big.Int), new(big.Int).SetUint64(entry.StartSector+3)

	bounty.fails(bounty.call(sponsor, nil, "offer", big.NewInt(1), big.NewInt(2)), "NothingOffered")
	require.NotEmpty(t, bounty.call(sponsor, amount, "offer", big.NewInt(9), big.NewInt(2)).VmError, "no such entry")
	bounty.must(sponsor, amount, "offer", big.NewInt(1), big.NewInt(2))
	require.Equal(t, amount, c.balanceOf(bounty.at).BigInt())

	job := first.waitOpen(0)
	early := first.find(job, nil)
	require.Empty(t, c.callPora(alice, submitProof, answerOf(early)).VmError)
	bounty.fails(bounty.call(alice, nil, "collect", zero, uint64(1)), "NoAlarm")
	bounty.fails(bounty.call(alice, nil, "clear", zero), "NoAlarm")
	bounty.fails(bounty.call(alice, nil, "alarm", zero, big.NewInt(2)), "NotOfTheEntry")
	bounty.must(alice, nil, "alarm", zero, sector)
	bounty.fails(bounty.call(alice, nil, "alarm", zero, sector), "AlarmStands")
	bounty.fails(bounty.call(sponsor, nil, "retract", zero), "AlarmStands")
	bounty.fails(bounty.call(alice, nil, "clear", zero), "TooFewReplicas")

	bounty.fails(bounty.call(alice, nil, "collect", zero, uint64(1)), "NotHeldBy") // held before the alarm
	bounty.fails(bounty.call(alice, nil, "collect", zero, uint64(2)), "ProofNotFound")
	second := newEVMMiner(c, data, c.Accounts[3], beneficiary.EVM, 1)
	later := second.waitOpen(job.Epoch)
	require.Empty(t, c.callPora(alice, submitProof, answerOf(second.find(later, nil))).VmError)

	had := c.Balance(beneficiary.Address)
	r := bounty.must(alice, nil, "collect", zero, uint64(2))
	t.Logf("collect: %d gas", r.GasUsed)
	require.Equal(t, had.BigInt().Add(had.BigInt(), amount), c.Balance(beneficiary.Address).BigInt(), "the beneficiary, whoever calls")
	bounty.fails(bounty.call(alice, nil, "collect", zero, uint64(2)), "NoAlarm")
	bounty.fails(bounty.call(alice, nil, "alarm", zero, sector), "EnoughReplicas")
	require.True(t, c.balanceOf(bounty.at).IsZero())
	c.requireModuleAccounts()

	// enough replicas: no alarm, and the sponsor may go
	one := big.NewInt(1)
	bounty.must(sponsor, amount, "offer", one, big.NewInt(2))
	bounty.fails(bounty.call(alice, nil, "alarm", one, sector), "EnoughReplicas")
	require.Empty(t, c.callPora(c.Accounts[3], "releaseRange(bytes32)", [32]byte(second.id)).VmError)
	bounty.must(alice, nil, "alarm", one, sector)
	newMiner(c, data, c.Accounts[5], "", 1)
	bounty.must(alice, nil, "clear", one)
	bounty.fails(bounty.call(alice, nil, "retract", one), "NotTheSponsor")
	bounty.must(sponsor, nil, "retract", one)
	require.True(t, c.balanceOf(bounty.at).IsZero())
}
