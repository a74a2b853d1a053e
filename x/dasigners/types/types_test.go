package types_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// mission C17: each bound of the parameters, and the value beside it.
func TestParamsAreRefusedOneStepOutside(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, c := range map[string]struct{ good, bad func(*types.Params) }{
		"no tokens a vote": {func(p *types.Params) { p.TokensPerVote = 1 }, func(p *types.Params) { p.TokensPerVote = 0 }},
		"short epoch":      {func(p *types.Params) { p.EpochBlocks = 4 }, func(p *types.Params) { p.EpochBlocks = 3 }},
		"many members":     {func(p *types.Params) { p.MaxMembers = 1024 }, func(p *types.Params) { p.MaxMembers = 1025 }},
		"many votes":       {func(p *types.Params) { p.MaxVotesPerSigner = 65_536 }, func(p *types.Params) { p.MaxVotesPerSigner = 65_537 }},
		"many quorums":     {func(p *types.Params) { p.MaxQuorums = 64 }, func(p *types.Params) { p.MaxQuorums = 65 }},
		"large batch":      {func(p *types.Params) { p.MaxBatch = 256 }, func(p *types.Params) { p.MaxBatch = 257 }},
		"empty blobs":      {func(p *types.Params) { p.MaxBlobBytes = 17 }, func(p *types.Params) { p.MaxBlobBytes = 16 }},
		"large blobs":      {func(p *types.Params) { p.MaxBlobBytes = 128 << 20 }, func(p *types.Params) { p.MaxBlobBytes = 128<<20 + 1 }},
		"all stake":        {func(p *types.Params) { p.SlashValidatorBps = 10_000 }, func(p *types.Params) { p.SlashValidatorBps = 10_001 }},
		"no block time":    {func(p *types.Params) { p.BlockTimeMs = 1 }, func(p *types.Params) { p.BlockTimeMs = 0 }},
		"slow blocks":      {func(p *types.Params) { p.BlockTimeMs = 3_600_000 }, func(p *types.Params) { p.BlockTimeMs = 3_600_001 }},
		"shares":           {func(p *types.Params) { p.PoolShareBps = 8000 }, func(p *types.Params) { p.PoolShareBps = 8001 }},
		"records outlive promises": {func(p *types.Params) { p.RecordRetentionEpochs = 42 },
			func(p *types.Params) { p.RecordRetentionEpochs = 43 }},
		"shape of no profile": {func(p *types.Params) { p.EncodedSlices = 3072 }, func(p *types.Params) { p.EncodedSlices = 3071 }},
		"too little room": {func(p *types.Params) { p.DataSlices, p.EncodedSlices, p.MaxBlobBytes = 4, 16, 512<<10 },
			func(p *types.Params) { p.DataSlices, p.EncodedSlices, p.MaxBlobBytes = 4, 16, 512<<10+1 }},
		"free":       {func(p *types.Params) { p.BlobBaseFee = sdkmath.OneInt() }, func(p *types.Params) { p.BlobBaseFee = sdkmath.ZeroInt() }},
		"no deposit": {func(p *types.Params) { p.SignerDeposit = sdkmath.OneInt() }, func(p *types.Params) { p.SignerDeposit = sdkmath.Int{} }},
		"huge fee": {func(p *types.Params) { p.FeePerKib = sdkmath.NewIntWithDecimal(1, 38) },
			func(p *types.Params) { p.FeePerKib = sdkmath.NewIntWithDecimal(1, 39) }},
	} {
		good, bad := types.DefaultParams(), types.DefaultParams()
		c.good(&good)
		require.NoError(t, good.Validate(), name)
		c.bad(&bad)
		require.ErrorIs(t, bad.Validate(), types.ErrInvalidParams, name)
	}
}

func TestSmallShapesAreForDevelopmentChains(t *testing.T) {
	development := func(chainID string) bool { return strings.HasPrefix(chainID, "zg-devnet-") }
	for _, profile := range []erasure.Profile{erasure.Production, erasure.Parity, erasure.Dev, erasure.Test} {
		p := types.DefaultParams()
		p.DataSlices, p.EncodedSlices, p.MaxBlobBytes = uint32(profile.K), uint32(profile.N), 512<<10
		require.NoError(t, p.ValidateFor("zg-devnet-1", development), profile.ID)
		err := p.ValidateFor("zg-1", development)
		if profile.Unsafe {
			require.ErrorIs(t, err, types.ErrUnsafeShape, profile.ID)
		} else {
			require.NoError(t, err, profile.ID)
		}
	}
}

func TestFeesFollowRowsAndRetention(t *testing.T) {
	p := types.DefaultParams()
	fee := func(dataLen uint64) string {
		got, err := p.Fee(erasure.Production, dataLen)
		require.NoError(t, err)
		return got.String()
	}
	require.Equal(t, "1007680000000000", fee(1), "64 KiB of rows at the least")
	require.Equal(t, "1007680000000000", fee(64<<10-16))
	require.Equal(t, "1015360000000000", fee(64<<10-15))
	require.Equal(t, "4932160000000000", fee(32<<20-16))
	p.RetentionEpochs = 84
	require.Equal(t, "1015360000000000", fee(1), "twice as long")
	_, err := p.Fee(erasure.Production, 0)
	require.ErrorIs(t, err, types.ErrInvalidMessage)
	p.BlobBaseFee = sdkmath.NewInt(1000)
	for _, c := range []struct {
		fee    int64
		blobs  uint64
		shares []int64 // pool, lottery, community
	}{{10_001, 0, []int64{7000, 2000, 1001}}, {10_001, 1, []int64{7000, 1800, 1201}}, {10_001, 9, []int64{7000, 200, 2801}}, {1000, 1, []int64{700, 0, 300}}, {999, 1, []int64{699, 0, 300}}} {
		pool, lottery, community := p.Split(sdkmath.NewInt(c.fee), c.blobs)
		require.Equal(t, c.shares, []int64{pool.Int64(), lottery.Int64(), community.Int64()}, "%d for %d blobs", c.fee, c.blobs)
	}
}

func TestIdsOfABatchAscend(t *testing.T) {
	ids, err := types.MsgConfirmBatch{FirstBlobId: 5, BlobDeltas: []uint32{1, 3}}.BlobIDs(3)
	require.NoError(t, err)
	require.Equal(t, []uint64{5, 6, 9}, ids)
	for name, m := range map[string]types.MsgConfirmBatch{
		"id 0":            {FirstBlobId: 0},
		"the same twice":  {FirstBlobId: 5, BlobDeltas: []uint32{0}},
		"one too many":    {FirstBlobId: 5, BlobDeltas: []uint32{1, 1, 1}},
		"past the number": {FirstBlobId: math.MaxUint64, BlobDeltas: []uint32{1}},
	} {
		_, err := m.BlobIDs(3)
		require.ErrorIs(t, err, types.ErrInvalidMessage, name)
	}
}

func TestRootsOfASubmission(t *testing.T) {
	good := types.MsgSubmitBlobs{DataRoots: make([]byte, 64), DataLens: []uint64{1, 2}}
	roots, err := good.Roots(2)
	require.NoError(t, err)
	require.Len(t, roots, 2)
	for name, m := range map[string]types.MsgSubmitBlobs{
		"none":          {},
		"a byte short":  {DataRoots: make([]byte, 63), DataLens: []uint64{1, 2}},
		"a byte long":   {DataRoots: make([]byte, 65), DataLens: []uint64{1, 2}},
		"one too many":  {DataRoots: make([]byte, 96), DataLens: []uint64{1, 2, 3}},
		"a len missing": {DataRoots: make([]byte, 64), DataLens: []uint64{1}},
	} {
		_, err := m.Roots(2)
		require.ErrorIs(t, err, types.ErrInvalidMessage, name)
	}
}

// How many roots enter a payload into the log follows from its length.
func TestLogRootsFollowFromTheLengths(t *testing.T) {
	lens := []uint64{9, 7 * 256, 1 << 20, 1<<20 + 1} // 1, 3, 1 and 2 subtrees
	message := func(bytes int) types.MsgSubmitBlobs {
		return types.MsgSubmitBlobs{DataLens: lens, StorageRoots: make([]byte, bytes)}
	}
	lists, err := message(32 * 7).LogNodes()
	require.NoError(t, err)
	var counts []int
	for _, list := range lists {
		counts = append(counts, len(list)/32)
	}
	require.Equal(t, []int{1, 3, 1, 2}, counts)
	none, err := message(0).LogNodes()
	require.NoError(t, err)
	require.Nil(t, none)
	for _, bytes := range []int{32, 32*7 - 1, 32*7 + 1, 32 * 8} {
		_, err := message(bytes).LogNodes()
		require.ErrorIs(t, err, types.ErrInvalidMessage, "%d bytes", bytes)
	}
	_, err = types.FileRoot(nil, 7*256, make([]byte, 64))
	require.ErrorIs(t, err, types.ErrInvalidMessage, "a subtree less")
}

// What a blob pays into the lottery is in proportion to the bytes that its signers
// keep, as are its wins: a large blob of nothing takes out no more than it brought,
// however many small ones paid before.
func TestEachStoredBytePaysTheLotteryTheSame(t *testing.T) {
	p := types.DefaultParams()
	for _, dataLen := range []uint64{1, 65_520, 65_521, 1 << 20, 32<<20 - 16} {
		fee, err := p.Fee(erasure.Production, dataLen)
		require.NoError(t, err)
		_, lottery, _ := p.Split(fee, 1)
		rowSize, err := erasure.Production.RowSize(dataLen)
		require.NoError(t, err)
		require.Equal(t, p.FeePerKib.QuoRaw(5).MulRaw(int64(rowSize)).String(), lottery.String(), "%d bytes, 1 KiB in a byte of each row", dataLen)
	}
}

func TestALotteryPaysOutOverOneRetention(t *testing.T) {
	p := types.DefaultParams()
	require.Equal(t, uint64(42*5760/30*20), p.SampleDivisor())
	p.RetentionEpochs, p.EpochBlocks, p.SamplePeriodBlocks = 1, 4, 30
	require.Equal(t, uint64(20), p.SampleDivisor(), "one round at the least")
}

func TestSocketsAreShortPrintableText(t *testing.T) {
	require.NoError(t, types.CheckSocket(strings.Repeat("a", 255)))
	for _, bad := range []string{"", strings.Repeat("a", 256), "host 1:2", "host\n:2", "hö:1"} {
		require.ErrorIs(t, types.CheckSocket(bad), types.ErrInvalidMessage, "%q", bad)
	}
}

func TestKeysTakeOverAtTheirEpoch(t *testing.T) {
	s := types.Signer{Key: types.Key{G1: []byte{1}}, KeyId: 3, NextKey: &types.Key{G1: []byte{2}}, NextKeyEpoch: 9}
	key, id := s.KeyAt(8)
	require.Equal(t, []any{byte(1), uint64(3)}, []any{key.G1[0], id})
	key, id = s.KeyAt(9)
	require.Equal(t, []any{byte(2), uint64(4)}, []any{key.G1[0], id})
	b := types.BeaconKey{G2: []byte{1}, EffectiveEpoch: 2, NextG2: []byte{2}, NextEpoch: 4}
	require.Nil(t, b.KeyAt(1))
	require.Equal(t, []byte{1}, b.KeyAt(3))
	require.Equal(t, []byte{2}, b.KeyAt(4))
}

func TestDefaultGenesisIsValidAndItsNeighboursAreNot(t *testing.T) {
	require.NoError(t, types.DefaultGenesis().Validate())
	for name, change := range map[string]func(*types.GenesisState){
		"seed":             func(g *types.GenesisState) { g.GenesisSeed = g.GenesisSeed[1:] },
		"blob id":          func(g *types.GenesisState) { g.NextBlobId = 0 },
		"beacon alone":     func(g *types.GenesisState) { g.Beacon = &types.Beacon{} },
		"epoch alone":      func(g *types.GenesisState) { g.Epoch = &types.Epoch{Blocks: 4, Seed: make([]byte, 32)} },
		"nobody's promise": func(g *types.GenesisState) { g.Registrations = []types.Registration{{}} },
		"no lottery":       func(g *types.GenesisState) { g.SampleRound.Pool = sdkmath.Int{} },
		"reward of 0": func(g *types.GenesisState) {
			g.Rewards = []types.Reward{{Address: sdk.AccAddress("alice_______________").String(), Amount: sdkmath.ZeroInt()}}
		},
		"beacon key": func(g *types.GenesisState) {
			g.BeaconKeys = []types.BeaconKey{{ConsensusAddress: make([]byte, 20), G2: make([]byte, 128)}}
		},
	} {
		g := types.DefaultGenesis()
		change(g)
		require.ErrorIs(t, g.Validate(), types.ErrInvalidGenesis, name)
	}
}

func TestMessagesAreRegistered(t *testing.T) {
	registry := codectypes.NewInterfaceRegistry()
	sdk.RegisterInterfaces(registry)
	types.RegisterInterfaces(registry)
	require.Len(t, registry.ListImplementations(sdk.MsgInterfaceProtoName), 15)
	amino := codec.NewLegacyAmino()
	sdk.RegisterLegacyAminoCodec(amino)
	types.RegisterLegacyAminoCodec(amino)
	raw, err := amino.MarshalJSON(&types.MsgUnregisterSigner{Signer: "x"})
	require.NoError(t, err)
	require.Contains(t, string(raw), "zg/x/dasigners/MsgUnregisterSigner")
}
