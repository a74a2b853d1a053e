package precompile_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/pora/keeper"
	"github.com/zgd-network/zgd/x/pora/precompile"
)

// contracts have the tables and no chain behind them. New panics where a table
// does not name exactly the functions of its ABI.
func contracts() (pora, reward *contract.Contract) {
	return precompile.New(keeper.Keeper{}, nil, nil, nil, precompile.Addresses{
		Pora: common.HexToAddress("0x1022"), Reward: common.HexToAddress("0x1023"),
	})
}

func parse(t testing.TB, raw []byte) abi.ABI {
	parsed, err := abi.JSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return parsed
}

// Selectors and topics that programs written for 0G's PoraMine and ChunkReward
// use (protocol-storage.md 4.2).
func TestSelectorsAre0Gs(t *testing.T) {
	pora, reward := parse(t, precompile.PoraABI), parse(t, precompile.RewardABI)
	for name, want := range map[string]string{
		"submit": "ae722e82", "requestMinerId": "047c13f5", "beneficiaries": "39cd53ee", "transferBeneficial": "b0628ee0",
		"canSubmit": "ffbc9bd0", "poraTarget": "48f61441", "currentSubmissions": "a8279182", "lastMinedEpoch": "31223ba7",
		"maxShards": "16a4be6f", "minDifficulty": "b4a93283", "flow": "343aad82", "reward": "228cb733",
	} {
		require.Equal(t, want, fmt.Sprintf("%x", pora.Methods[name].ID), name)
	}
	require.Equal(t, "e2982c21", fmt.Sprintf("%x", reward.Methods["payments"].ID))
	require.Equal(t, "31b3eb94", fmt.Sprintf("%x", reward.Methods["withdrawPayments"].ID))
	for name, want := range map[string]string{
		"NewMinerId":    "0xbfeb006f16aca8eb3d9953cf44db6b11b6f3041a313875dfa18f2e9d71bd309e",
		"UpdateMinerId": "0x9a26a8e7fd42c501b452c02016def8048e3ea28c2bf15127a9b5e2029d989bf1",
		"NewSubmission": "0xfedd8f58059af8fd54b4394c01ea8d07cac041988be3b5a822fb779f9c8de3a4",
	} {
		require.Equal(t, want, pora.Events[name].ID.Hex(), name)
	}
	require.Equal(t, "0xf099de0c527342bff1397d08daae31c3de66104f48886094fbe9126a21ebf4b0", reward.Events["DistributeReward"].ID.Hex())
}

// mission E07: the gas of a call follows from its calldata alone.
func TestGasTable(t *testing.T) {
	pora, reward := contracts()
	methods := parse(t, precompile.PoraABI).Methods
	for name, base := range map[string]uint64{
		"registerMiner": 45_000, "setBeneficiary": 20_000, "claimRange": 40_000, "releaseRange": 40_000, "withdraw": 60_000,
		"submitProof": 500_000, "submit": 500_000, "miner": 3_000, "work": 12_000, "flow": 200,
	} {
		for _, extra := range []int{0, 1, 4096} {
			input := append(append([]byte{}, methods[name].ID...), make([]byte, extra)...)
			require.Equal(t, base+4*uint64(len(input)), pora.RequiredGas(input), name)
		}
	}
	require.Equal(t, uint64(0), pora.RequiredGas(nil))
	require.Equal(t, uint64(60_016), reward.RequiredGas(parse(t, precompile.RewardABI).Methods["withdrawPayments"].ID))
}
