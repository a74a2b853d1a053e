package precompile_test

import (
	"bytes"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/precompile"
)

// bare has the table and no chain behind it. New panics where the table does not
// name exactly the functions of the ABI.
func bare() *contract.Contract {
	return precompile.New(keeper.Keeper{}, nil, common.HexToAddress("0x1000"))
}

func parsed(t testing.TB) abi.ABI {
	t.Helper()
	out, err := abi.JSON(bytes.NewReader(precompile.ABI))
	require.NoError(t, err)
	return out
}

// published are selectors of 0G's DASigners, of both versions of its ABI, and how
// much gas 0G's own contract takes (protocol-da.md 1.1).
var published = map[string]struct {
	selector   string
	mutability string
	gas        uint64
}{
	"params()":                             {"cff0ab96", "view", 1_000},
	"epochNumber()":                        {"f4145a83", "view", 1_000},
	"quorumCount(uint256)":                 {"5ecba503", "view", 1_000},
	"isSigner(address)":                    {"7df73e27", "view", 10_000},
	"getSigner(address[])":                 {"d1f5e5f8", "view", 100_000},
	"getQuorum(uint256,uint256)":           {"6ab6f654", "view", 100_000},
	"getQuorumRow(uint256,uint256,uint32)": {"fa6fcba6", "view", 10_000},
	"registerSigner((address,string,(uint256,uint256),(uint256[2],uint256[2])),(uint256,uint256))": {"7ca4dd5e", "nonpayable", 100_000},
	"updateSocket(string)":                                 {"0cf4b767", "nonpayable", 50_000},
	"registeredEpoch(address,uint256)":                     {"6c9e560c", "view", 10_000},
	"registerNextEpoch((uint256,uint256))":                 {"56a32372", "nonpayable", 100_000},
	"registerNextEpoch(address,(uint256,uint256),uint256)": {"0f62bda5", "nonpayable", 100_000},
	"makeEpoch()":                       {"5a889f0c", "nonpayable", 0},
	"getAggPkG1(uint256,uint256,bytes)": {"50b73739", "view", 1_000_000},
}

// mission E05: signers and clients made for 0G find their functions, none of them
// dearer to call than they budget for by more than what 0G left unchecked.
func TestSelectorsAre0Gs(t *testing.T) {
	got, native := map[string]abi.Method{}, bare()
	for _, m := range parsed(t).Methods {
		got[m.Sig] = m
	}
	for signature, want := range published {
		m := got[signature]
		require.Equal(t, want.selector, fmt.Sprintf("%x", m.ID), signature)
		require.Equal(t, want.mutability, m.StateMutability, signature)
		require.GreaterOrEqual(t, native.RequiredGas(m.ID), want.gas, signature)
	}
}

// mission E05: explorers that know 0G's events read ours.
func TestTopicsAre0Gs(t *testing.T) {
	events := parsed(t).Events
	require.Equal(t, "0x679917c2006df1daaa987a56bf1d66e99764d5ad317892d9e83a6eb4e3f051e7", events["NewSigner"].ID.Hex())
	require.Equal(t, "0x09617a966176a40f8f1410768b118506db0096484acd5811064fcc12038798de", events["SocketUpdated"].ID.Hex())
}

// Our own functions are in other people's contracts, too: they never change.
func TestOurSelectorsArePinned(t *testing.T) {
	got := map[string]string{}
	for _, m := range parsed(t).Methods {
		if _, ok := published[m.Sig]; !ok {
			got[m.Sig] = fmt.Sprintf("%x %s", m.ID, m.StateMutability)
		}
	}
	require.Equal(t, map[string]string{
		"batchMessage(uint256,uint256,bytes32[],uint64[])": "3f07933a view",
		"beacon()":              "59659e90 view",
		"claimRewards(address)": "ef5cfb8c nonpayable",
		"confirmBatch(uint64[],bytes,(uint256,uint256))": "e244236d nonpayable",
		"confirmedRoot(uint64)":                          "a9ae2aed view",
		"currentEpoch()":                                 "76671808 view",
		"deposit()":                                      "d0e30db0 payable",
		"deposit(uint256)":                               "b6b55f25 nonpayable",
		"getBlob(bytes32)":                               "8a4d1ad4 view",
		"getBlob(uint64)":                                "7357d593 view",
		"getBlob(bytes32,address)":                       "559b2e30 view",
		"getMembers(uint256,uint256)":                    "6e7ba939 view",
		"getRowHolder(bytes32,uint256,uint256,uint32)":   "923b1860 view",
		"hashToG1(bytes)":                                "f1718662 view",
		"isConfirmed(bytes32)":                           "6486aa51 view",
		"isConfirmed(bytes32,(uint64,uint64,uint256,uint256,uint32,bytes32[]))": "c02a450c view",
		"quote(uint64)":    "8ff62c96 view",
		"rewards(address)": "0700037d view",
		"rotateKey((uint256,uint256),(uint256[2],uint256[2]),(uint256,uint256))": "6f9895b8 nonpayable",
		"signerState(address)":                                          "1a6646d1 view",
		"submitBlobs(uint8,bytes32[],uint64[])":                         "3a8b1ea9 payable",
		"submitBlobs(uint8,bytes32[],uint64[],uint256)":                 "40c9e9c8 nonpayable",
		"answerChallenge(uint64,bytes,(uint32,uint32,bytes,bytes32[]))": "29222ada nonpayable",
		"getChallenge(uint64)":                                          "9d7db5be view",
		"openChallenge(bytes,uint32,uint32,(uint64,uint64,uint256,uint256,uint32,bytes32[]),(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))": "7e750ba1 nonpayable",
		"sampleTask()": "988ea94e view",
		"submitBlobs(uint8,bytes32[],uint64[],bytes32[])": "56156265 payable",
		"submitFalseAttestation(bytes,uint32,bytes,bytes32[],bytes,uint256,uint256,uint64,(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))": "a379b6f5 nonpayable",
		"submitSample(bytes,(uint32,uint32,bytes,bytes32[]),(uint64,uint64,uint256,uint256,uint32,bytes32[]))":                                        "1551c714 nonpayable",
		"unregisterSigner()": "de3edb0c nonpayable",
		"verifyChunk(bytes,uint32,uint32,bytes,bytes32[])":               "f3d2604b view",
		"verifySignature(uint256,uint256,bytes,bytes,(uint256,uint256))": "31ba61b3 view",
	}, got)
}

// The gas before decoding follows from the calldata's length alone.
func TestGasTable(t *testing.T) {
	native, methods := bare(), map[string][]byte{}
	for _, m := range parsed(t).Methods {
		methods[m.Sig] = m.ID
	}
	for signature, base := range map[string]uint64{
		"params()": 2_000, "quorumCount(uint256)": 8_000, "isConfirmed(bytes32)": 8_000, "getAggPkG1(uint256,uint256,bytes)": 1_000_000,
		"confirmBatch(uint64[],bytes,(uint256,uint256))": 200_000, "submitBlobs(uint8,bytes32[],uint64[])": 80_000, "deposit()": 60_000,
	} {
		for _, extra := range []int{0, 1, 4096} {
			input := append(bytes.Clone(methods[signature]), make([]byte, extra)...)
			require.Equal(t, base+4*uint64(len(input)), native.RequiredGas(input), signature)
		}
	}
	require.Zero(t, native.RequiredGas(nil))
	require.EqualValues(t, 16, native.RequiredGas([]byte{1, 2, 3, 4}), "an unknown function: it reverts")
}

// The handlers assert the types of their arguments; these are what they assert.
func TestArgumentsHaveTheTypesOfTheABI(t *testing.T) {
	one := big.NewInt(1)
	g1 := precompile.G1Point{X: one, Y: one}
	g2 := precompile.G2Point{X: [2]*big.Int{one, one}, Y: [2]*big.Int{one, one}}
	known := map[string]map[int]any{
		"registerSigner((address,string,(uint256,uint256),(uint256[2],uint256[2])),(uint256,uint256))":                                                  {0: precompile.SignerDetail{PkG1: g1, PkG2: g2}, 1: g1},
		"rotateKey((uint256,uint256),(uint256[2],uint256[2]),(uint256,uint256))":                                                                        {0: g1, 1: g2, 2: g1},
		"registerNextEpoch((uint256,uint256))":                                                                                                          {0: g1},
		"registerNextEpoch(address,(uint256,uint256),uint256)":                                                                                          {1: g1},
		"confirmBatch(uint64[],bytes,(uint256,uint256))":                                                                                                {2: g1},
		"verifySignature(uint256,uint256,bytes,bytes,(uint256,uint256))":                                                                                {4: g1},
		"isConfirmed(bytes32,(uint64,uint64,uint256,uint256,uint32,bytes32[]))":                                                                         {1: precompile.ConfirmedProof{Epoch: one, QuorumId: one}},
		"submitSample(bytes,(uint32,uint32,bytes,bytes32[]),(uint64,uint64,uint256,uint256,uint32,bytes32[]))":                                          {1: precompile.Chunk{Data: []byte{1}}, 2: precompile.ConfirmedProof{Epoch: one, QuorumId: one}},
		"openChallenge(bytes,uint32,uint32,(uint64,uint64,uint256,uint256,uint32,bytes32[]),(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))": {4: precompile.Attestation{Signature: g1}},
	}
	seen := 0
	for _, m := range parsed(t).Methods {
		for at, want := range known[m.Sig] {
			argument := m.Inputs[at : at+1]
			packed, err := argument.Pack(want)
			require.NoError(t, err, m.Sig)
			values, err := argument.Unpack(packed)
			require.NoError(t, err, m.Sig)
			require.IsType(t, want, values[0], m.Sig)
			seen++
		}
	}
	require.Equal(t, 13, seen)
}
