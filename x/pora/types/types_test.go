package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora/types"
)

// mission C17: each bound, one step outside.
func TestParamBounds(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, change := range map[string]func(p *types.Params){
		"window above 2^32":                func(p *types.Params) { p.WindowBlocks = 1<<32 + 1 },
		"target of no blocks":              func(p *types.Params) { p.TargetBlocks = 0 },
		"no proof per epoch":               func(p *types.Params) { p.MaxProofsPerEpoch = 0 },
		"257 proofs per epoch":             func(p *types.Params) { p.MaxProofsPerEpoch = 257 },
		"no damping":                       func(p *types.Params) { p.AdjustN = 0 },
		"difficulty 0":                     func(p *types.Params) { p.MinDifficulty = 0 },
		"no shards":                        func(p *types.Params) { p.MaxShards = 0 },
		"128 shards":                       func(p *types.Params) { p.MaxShards = 128 },
		"48 shards":                        func(p *types.Params) { p.MaxShards = 48; p.ClaimAlignLoads = 48 },
		"no range":                         func(p *types.Params) { p.MiningRangeLoads = 0 },
		"range that could overflow":        func(p *types.Params) { p.MiningRangeLoads = 1<<40 + 1 },
		"alignment 0":                      func(p *types.Params) { p.ClaimAlignLoads = 0 },
		"alignment below the shards":       func(p *types.Params) { p.ClaimAlignLoads = 32 },
		"claims for ever":                  func(p *types.Params) { p.ClaimMinEpochs = 10_001 },
		"proofs for nothing":               func(p *types.Params) { p.ProofGas = 99_999 },
		"proofs no block has room for":     func(p *types.Params) { p.ProofGas = 20_000_001 },
		"history that forgets the replays": func(p *types.Params) { p.ProofHistory = 1023 },
	} {
		t.Run(name, func(t *testing.T) {
			p := types.DefaultParams()
			change(&p)
			require.ErrorIs(t, p.Validate(), types.ErrInvalidParams)
		})
	}
}

func TestGenesisValidation(t *testing.T) {
	require.NoError(t, types.DefaultGenesis().Validate())
	addr := sdk.AccAddress("alice_______________").String()
	miner := types.Miner{MinerId: make([]byte, 32), Owner: addr, Beneficiary: addr, Rewards: sdkmath.ZeroInt()}
	proof := types.Proof{ProofId: 1, MinerId: make([]byte, 32), Output: make([]byte, 32), Reward: sdkmath.ZeroInt()}
	for name, change := range map[string]func(g *types.GenesisState){
		"params":               func(g *types.GenesisState) { g.Params.AdjustN = 0 },
		"target of 31 bytes":   func(g *types.GenesisState) { g.Target = g.Target[1:] },
		"target zero":          func(g *types.GenesisState) { g.Target = make([]byte, 32) },
		"no next proof id":     func(g *types.GenesisState) { g.NextProofId = 0 },
		"a miner twice":        func(g *types.GenesisState) { g.Miners = []types.Miner{miner, miner} },
		"a miner without id":   func(g *types.GenesisState) { g.Miners = []types.Miner{{Owner: addr, Beneficiary: addr}} },
		"a miner without pay":  func(g *types.GenesisState) { m := miner; m.Rewards = sdkmath.Int{}; g.Miners = []types.Miner{m} },
		"a miner of nobody":    func(g *types.GenesisState) { m := miner; m.Owner = "x"; g.Miners = []types.Miner{m} },
		"a claim of no shard":  func(g *types.GenesisState) { m := miner; m.Claim = &types.Claim{}; g.Miners = []types.Miner{m} },
		"epoch 0":              func(g *types.GenesisState) { g.Epochs = []types.MiningEpoch{{}} },
		"two epochs of a flow": func(g *types.GenesisState) { g.Epochs = []types.MiningEpoch{{Epoch: 1}, {Epoch: 2}} },
		"a proof from ahead":   func(g *types.GenesisState) { g.Proofs = []types.Proof{proof} },
		"a credit of nothing": func(g *types.GenesisState) {
			g.Credits = []types.Credit{{Beneficiary: addr, Amount: sdkmath.ZeroInt()}}
		},
		"a credit of nobody": func(g *types.GenesisState) { g.Credits = []types.Credit{{Amount: sdkmath.OneInt()}} },
	} {
		t.Run(name, func(t *testing.T) {
			g := types.DefaultGenesis()
			change(g)
			require.Error(t, g.Validate())
		})
	}
	g := types.DefaultGenesis()
	g.Miners, g.Proofs, g.NextProofId = []types.Miner{miner}, []types.Proof{proof}, 2
	require.NoError(t, g.Validate())
}

func TestTargetOf(t *testing.T) {
	easiest := types.TargetOf(1)
	for _, b := range easiest {
		require.Equal(t, byte(0xff), b)
	}
	require.Equal(t, easiest, types.TargetOf(0))
	half := types.TargetOf(2)
	require.Equal(t, byte(0x7f), half[0])
}

// FuzzSolution: a decoded answer is either refused or has every size right.
func FuzzSolution(f *testing.F) {
	good := types.PoraAnswer{
		MinerId: make([]byte, 32), ContextDigest: make([]byte, 32), Nonce: make([]byte, 32),
		SealContextDigest: make([]byte, 32), SealedPiece: make([]byte, 4096), Proof: [][]byte{make([]byte, 32)},
	}
	raw, err := good.Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Add([]byte{0x0a})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var answer types.PoraAnswer
		if answer.Unmarshal(raw) != nil {
			return
		}
		s, err := answer.Solution()
		if err != nil {
			return
		}
		require.Equal(t, answer.MinerId, s.MinerID[:])
		require.Equal(t, answer.SealedPiece, s.SealedPiece[:])
		require.LessOrEqual(t, len(s.Proof), 52)
	})
}
