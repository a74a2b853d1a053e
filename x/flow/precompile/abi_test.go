package precompile_test

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/precompile"
)

// What clients of 0G call and parse: selectors of functions and errors, and the
// first topics of events, as published (protocol-storage.md 1.2, 1.3).
var published = map[string]map[string]string{
	"flow": {
		"submit((uint256,bytes,(bytes32,uint256)[]))":                  "ef3e12dc",
		"submit(((uint256,bytes,(bytes32,uint256)[]),address))":        "bc8c11f8",
		"batchSubmit((uint256,bytes,(bytes32,uint256)[])[])":           "9e62a38e",
		"batchSubmit(((uint256,bytes,(bytes32,uint256)[]),address)[])": "49aa3395",
		"market()": "80f55605", "getContext()": "127f0f07", "makeContextWithResult()": "b464b53e", "makeContext()": "38d45e10",
		"makeContextFixedTimes(uint256)": "18a641ef", "getEpochRange(bytes32)": "7d590708", "getEpochRangeHistory(uint256)": "4282b532",
		"queryContextAtPosition(uint128)": "31bae174", "getFlowRootByTxSeq(uint256)": "6d7ad0fc", "computeFlowRoot()": "1deb0fca",
		"numSubmissions()": "77e19824", "submissionIndex()": "b8a409ac", "tree()": "fd54b228", "epoch()": "900cf0cf",
		"epochStartPosition()": "93e405a0", "firstBlock()": "231b0268", "blocksPerEpoch()": "f0682054", "deployDelay()": "9bbbfdbb",
		"rootHistory()": "c7dd5221", "contains(bytes32)": "1d1a696d", "at(uint256)": "e0886f90", "available(uint256)": "96e494e8",
		"paused()": "5c975abb", "pause()": "8456cb59", "unpause()": "3f4ba83a",
		"initialize(address,uint256)": "cd6dc687", "setParams(uint256,uint256,address)": "ebdec6d3",
		"DEFAULT_ADMIN_ROLE()": "a217fddf", "PAUSER_ROLE()": "e63ab1e9", "hasRole(bytes32,address)": "91d14854",
		"getRoleAdmin(bytes32)": "248a9ca3", "getRoleMember(bytes32,uint256)": "9010d07c", "getRoleMemberCount(bytes32)": "ca15c873",
		"grantRole(bytes32,address)": "2f2ff15d", "revokeRole(bytes32,address)": "d547741f", "renounceRole(bytes32,address)": "36568abe",
		"supportsInterface(bytes4)":             "01ffc9a7",
		"NotEnoughFee(uint256,uint256,uint256)": "f85c6482", "EnforcedPause()": "d93c0665",
		"AccessControlUnauthorizedAccount(address,bytes32)":                                   "e2517d3f",
		"Submit(address,bytes32,uint256,uint256,uint256,(uint256,bytes,(bytes32,uint256)[]))": "167ce04d2aa1981994d3a31695da0d785373335b1078cec239a1a3a2c7675555",
	},
	"market": {
		"pricePerSector()": "61ec5082", "flow()": "343aad82", "reward()": "228cb733", "setPricePerSector(uint256)": "14aa90a1",
		"chargeFee(uint256,uint256,uint256)": "da6eb36a", "initialize(uint256,address,address)": "b4988fd0", "PARAMS_ADMIN_ROLE()": "b15d20da",
	},
}

func parsed(t *testing.T, raw []byte) abi.ABI {
	t.Helper()
	out, err := abi.JSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return out
}

// mission E06
func TestSelectorsAndTopicsAreThePublishedOnes(t *testing.T) {
	for name, raw := range map[string][]byte{"flow": precompile.FlowABI, "market": precompile.MarketABI} {
		api, got := parsed(t, raw), map[string]string{}
		for _, m := range api.Methods {
			got[m.Sig] = hex.EncodeToString(m.ID)
		}
		for _, e := range api.Errors {
			got[e.Sig] = hex.EncodeToString(e.ID[:4])
		}
		for _, e := range api.Events {
			got[e.Sig] = hex.EncodeToString(e.ID[:])
		}
		for signature, want := range published[name] {
			require.Equal(t, want, got[signature], "%s: %s", name, signature)
		}
	}
}

func TestPayableFunctionsAreThoseThatTakeValue(t *testing.T) {
	var payable []string
	for _, m := range parsed(t, precompile.FlowABI).Methods {
		if m.IsPayable() {
			payable = append(payable, m.Sig)
		}
	}
	require.ElementsMatch(t, []string{
		"submit((uint256,bytes,(bytes32,uint256)[]))", "submit(((uint256,bytes,(bytes32,uint256)[]),address))",
		"batchSubmit((uint256,bytes,(bytes32,uint256)[])[])", "batchSubmit(((uint256,bytes,(bytes32,uint256)[]),address)[])",
		"recharge(uint256)",
	}, payable)
	for _, m := range parsed(t, precompile.MarketABI).Methods {
		require.False(t, m.IsPayable(), m.Sig)
	}
}

// A transaction of the recorded traces of 0G's clients decodes to what it says.
func TestArgumentsHaveTheTypesOfTheABI(t *testing.T) {
	api := parsed(t, precompile.FlowABI)
	for _, m := range api.Methods {
		if m.RawName != "submit" {
			continue
		}
		data := precompile.SubmissionData{Length: big.NewInt(1), Nodes: []precompile.SubmissionNode{{Height: big.NewInt(0)}}}
		var arg any = data
		if m.Sig == "submit(((uint256,bytes,(bytes32,uint256)[]),address))" {
			arg = precompile.Submission{Data: data, Submitter: common.Address{1}}
		}
		packed, err := m.Inputs.Pack(arg)
		require.NoError(t, err)
		args, err := m.Inputs.Unpack(packed)
		require.NoError(t, err)
		require.IsType(t, arg, args[0], m.Sig)
	}
}
