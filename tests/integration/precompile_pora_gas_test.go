package integration_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// TestThePoraGasTableCoversTheWork puts what a call is charged beside what its
// verb costs: gas of the stores as a native message pays it, and time. go test -v
// prints the table of x/pora/README.md.
func TestThePoraGasTableCoversTheWork(t *testing.T) {
	c := newChain(t, severalProofs(1)...)
	alice, owner := c.Accounts[0], c.Accounts[1]
	data := new(library)
	entry := data.put(c, alice, 1, 700<<10, 1)
	m := newEVMMiner(c, data, owner, common.Address{}, 1)
	answer := m.find(m.waitOpen(0), nil)
	idle := common.BytesToHash(c.callPora(owner, "registerMiner(address,uint64)", owner.EVM, uint64(2)).Ret)
	pora := c.App.PoraKeeper
	for _, w := range []struct {
		name  string
		table uint64
		to    common.Address
		input []byte
		verb  func(ctx sdk.Context) error
	}{
		{"registerMiner", 45_000, poraAt, calldata(t, poraABI, "registerMiner(address,uint64)", alice.EVM, uint64(5)), func(ctx sdk.Context) error {
			_, err := pora.RegisterMiner(ctx, owner.Address, alice.Address, 5)
			return err
		}},
		{"setBeneficiary", 20_000, poraAt, calldata(t, poraABI, "setBeneficiary(bytes32,address)", [32]byte(idle), alice.EVM), func(ctx sdk.Context) error {
			return pora.SetBeneficiary(ctx, owner.Address, idle[:], alice.Address)
		}},
		{"claimRange at load 0", 52_000, poraAt, calldata(t, poraABI, claimRange, [32]byte(idle), uint64(0), uint32(1), uint32(0)), func(ctx sdk.Context) error {
			_, err := pora.ClaimRange(ctx, owner.Address, idle[:], poratypes.Claim{NumShard: 1})
			return err
		}},
		{"claimRange, 33 nodes of the index", 238_000, poraAt, calldata(t, poraABI, claimRange, [32]byte(idle), uint64(1<<46-1<<15), uint32(64), uint32(63)), func(ctx sdk.Context) error {
			_, err := pora.ClaimRange(ctx, owner.Address, idle[:], poratypes.Claim{StartLoad: 1<<46 - 1<<15, NumShard: 64, ShardId: 63})
			return err
		}},
		{"submitProof", 500_000, poraAt, calldata(t, poraABI, submitProof, answerOf(answer)), func(ctx sdk.Context) error {
			_, err := pora.SubmitProof(ctx, answer)
			return err
		}},
		{"replicas", 100_000, verifyAt, calldata(t, verifyABI, "replicas(uint256)", big.NewInt(int64(entry.StartSector))), func(ctx sdk.Context) error {
			_, err := pora.ReplicasOf(ctx, 0, entry.StartSector)
			return err
		}},
		{"accrued", 20_000, rewardAt, calldata(t, rewardABI, "accrued(uint64)", entry.StartSector/layout.SectorsPerLoad), func(ctx sdk.Context) error {
			_, err := c.App.FlowKeeper.Accrued(ctx, 0, entry.StartSector/layout.SectorsPerLoad)
			return err
		}},
	} {
		metered := c.Ctx().WithGasMeter(storetypes.NewInfiniteGasMeter()).WithKVGasConfig(storetypes.KVGasConfig())
		require.NoError(t, w.verb(metered), w.name)
		const runs = 20
		var spent time.Duration
		for range runs {
			ctx := c.Ctx()
			start := time.Now()
			require.NoError(t, w.verb(ctx))
			spent += time.Since(start)
		}
		_, r := c.apply(owner.EVM, w.to, 2_000_000, w.input)
		require.Empty(t, r.VmError, "%s: %s", w.name, reason(r.Ret))
		store := metered.GasMeter().GasConsumed()
		require.Less(t, store, 16*w.table, "the door would stop it")
		t.Logf("%-34s table %6d  transaction %6d  stores %6d  %v", w.name, w.table, r.GasUsed, store, spent/runs)
	}
}
