package verify_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/pora/precompile/verify"
)

// Selectors are in other people's contracts: they never change. mission E06
func TestSelectorsArePinned(t *testing.T) {
	parsed, err := abi.JSON(bytes.NewReader(verify.ABI))
	require.NoError(t, err)
	got := map[string]string{}
	for _, m := range parsed.Methods {
		got[m.Sig] = fmt.Sprintf("%x", m.ID)
		require.True(t, m.IsConstant(), "%s only reads", m.Sig)
	}
	require.Equal(t, map[string]string{
		"inclusion(bytes32,uint256,uint256,bytes,bytes32[])":          "c30d6516",
		"entryInclusion(uint256,uint256,bytes,bytes32[])":             "be65aded",
		"segmentInclusion(bytes32,uint256,uint256,bytes32,bytes32[])": "5b457b56",
		"flowInclusion(bytes32,uint256,uint256,bytes,bytes32[])":      "5b2f1243",
		"contextInclusion(uint256,uint256,bytes,bytes32[])":           "39eb26b2",
		"contextRoot(uint256)":                                        "15e57d8a",
		"replicas(uint256)":                                           "53ae6343",
	}, got)
}

// The gas before decoding follows from the calldata's length alone.
func TestBaseGas(t *testing.T) {
	c := verify.New(nil, nil, nil, common.HexToAddress("0x1024"))
	parsed, err := abi.JSON(bytes.NewReader(verify.ABI))
	require.NoError(t, err)
	for name, base := range map[string]uint64{
		"inclusion": 2_000, "entryInclusion": 5_000, "segmentInclusion": 2_000, "flowInclusion": 2_000,
		"contextInclusion": 5_000, "contextRoot": 3_000, "replicas": 100_000,
	} {
		id := parsed.Methods[name].ID
		require.Equal(t, base+4*4, c.RequiredGas(id), name)
		require.Equal(t, base+4*104, c.RequiredGas(append(bytes.Clone(id), make([]byte, 100)...)), name)
	}
}
