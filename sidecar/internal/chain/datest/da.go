// Package datest is a chain in memory for the tests of data availability's sidecars:
// the real keeper of x/dasigners judges every message, blocks come on demand. It
// links the SDK's stores, which chaintest spares the other sidecars.
package datest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
	"github.com/zgd-network/zgd/x/flow/keccak"
)

// daEVMChainID is that of a development chain.
const daEVMChainID = 7260001

// DASignerSeed is a signer that stands in genesis with seats in epoch 0.
type DASignerSeed struct {
	Account chain.Key
	Secret  bls.SecretKey
	Socket  string // may be set later, DA.SetSocket
	Votes   uint32
}

// DAParams shape the chain; zero values mean the defaults.
type DAParams struct {
	Profile             erasure.Profile // erasure.Test
	EpochBlocks         uint64          // 1000
	ConfirmWindowBlocks uint64          // 100
	RecordEpochs        uint64          // 3
	RetentionEpochs     uint64          // 42
	Signers             []DASignerSeed
	Funds               int64 // of an account when it is first used, in tokens; 1000
}

// DA is a chain in memory with the real state machine of x/dasigners: its keeper
// judges every message. Every transaction makes one block. Safe for concurrent
// use.
type DA struct {
	chain.DAQueries
	params DAParams

	mu       sync.Mutex
	ctx      sdk.Context // of the last committed block
	keeper   keeper.Keeper
	ledger   ledger
	stake    stakes
	services services
	block    chain.Block
	down     bool
	confirms map[int64][]uint64 // height → ids
	watchers map[chan chain.Block]struct{}
	refuse   func(msg any) error
	sent     []any
}

var _ chain.DAClient = (*DA)(nil)

// usePrefix tells the SDK, which keeps it in a global, how addresses begin.
var usePrefix = sync.OnceFunc(func() {
	sdk.GetConfig().SetBech32PrefixForAccount(chain.AddressPrefix, chain.AddressPrefix+"pub")
})

// NewDA returns a chain at height 1 whose first quorums are drawn.
func NewDA(tb testing.TB, params DAParams) *DA {
	usePrefix()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	c := &DA{
		params: params.withDefaults(), ledger: ledger{}, stake: stakes{},
		confirms: map[int64][]uint64{}, watchers: map[chan chain.Block]struct{}{},
	}
	c.ctx = testutil.DefaultContextWithDB(tb, key, storetypes.NewTransientStoreKey("unused")).Ctx.WithChainID("zg-devnet-1")
	c.keeper = keeper.NewKeeper(moduletestutil.MakeTestEncodingConfig().Codec, runtime.NewKVStoreService(key), keeper.Dependencies{
		Bank: c.ledger, Community: c.ledger, Stake: c.stake, Validators: c.stake, EVMChainID: daEVMChainID,
		IsDevelopment: func(string) bool { return true }, Authority: sdk.AccAddress("authority___________").String(),
	})
	c.services = newServices(c)
	c.DAQueries = chain.NewDAQueries(c.services)
	if err := c.keeper.InitGenesis(c.ctx, c.genesis()); err != nil {
		panic(err) // the seeds of a test do not fit
	}
	c.Advance(1)
	return c
}

func (p DAParams) withDefaults() DAParams {
	if p.Profile.N == 0 {
		p.Profile = erasure.Test
	}
	for _, v := range []struct {
		value *uint64
		to    uint64
	}{{&p.EpochBlocks, 1000}, {&p.ConfirmWindowBlocks, 100}, {&p.RecordEpochs, 3}, {&p.RetentionEpochs, 42}} {
		if *v.value == 0 {
			*v.value = v.to
		}
	}
	if p.Funds == 0 {
		p.Funds = 1000
	}
	return p
}

func tokens(n int64) sdkmath.Int {
	return sdkmath.NewInt(n).Mul(sdkmath.NewIntWithDecimal(1, types.TokenExponent))
}

func (c *DA) genesis() types.GenesisState {
	g := types.DefaultGenesis()
	p := &g.Params
	p.DataSlices, p.EncodedSlices = uint32(c.params.Profile.K), uint32(c.params.Profile.N)
	p.MaxBlobBytes = min(p.MaxBlobBytes, uint64(c.params.Profile.K)*erasure.MaxRowSize)
	p.EpochBlocks, p.ConfirmWindowBlocks = c.params.EpochBlocks, c.params.ConfirmWindowBlocks
	p.RecordRetentionEpochs, p.RetentionEpochs = c.params.RecordEpochs, c.params.RetentionEpochs
	for _, s := range c.params.Signers {
		address := s.Account.Address()
		socket := s.Socket
		if socket == "" {
			socket = "127.0.0.1:1"
		}
		g.Signers = append(g.Signers, types.Signer{
			Address: address, Socket: socket, Key: types.KeyOf(s.Secret.Public()), KeyId: 1, Deposit: p.SignerDeposit,
		})
		g.Registrations = append(g.Registrations, types.Registration{Address: address, Votes: s.Votes})
		c.stake[string(sdk.MustAccAddressFromBech32(address))] = tokens(int64(s.Votes) * int64(p.TokensPerVote))
		c.ledger.add(string(types.ModuleAddress), p.SignerDeposit)
	}
	return *g
}

// Advance makes n empty blocks and returns the last.
func (c *DA) Advance(n int) chain.Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range n {
		c.makeBlock(nil)
	}
	return c.block
}

// Run makes a block each interval until the context ends.
func (c *DA) Run(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.Advance(1)
		}
	}
}

// makeBlock makes a block with at most one transaction and needs the lock.
func (c *DA) makeBlock(run func(sdk.Context)) {
	height := c.block.Height + 1
	at := c.block.Time
	if at.IsZero() {
		at = time.Unix(1_700_000_000, 0).UTC()
	}
	at = at.Add(time.Second)
	ctx := c.ctx.WithBlockHeight(height).WithBlockTime(at).WithEventManager(sdk.NewEventManager())
	proof := binary.BigEndian.AppendUint64(make([]byte, 56), uint64(height))
	must(c.keeper.MixBlock(ctx, proof))
	must(c.keeper.BeginBlock(ctx))
	if run != nil {
		run(ctx)
	}
	must(c.keeper.EndBlock(ctx))
	c.ctx = ctx
	c.block = chain.Block{Height: height, Hash: keccak.Sum256(proof), Time: at}
	if c.down {
		return
	}
	for watcher := range c.watchers {
		select {
		case <-watcher:
		default:
		}
		watcher <- c.block
	}
}

func must(err error) {
	if err != nil {
		panic(err) // hooks of the module never fail
	}
}

// SetDown makes every call fail with ErrUnavailable until it is set up again.
func (c *DA) SetDown(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// SetSocket says where a signer listens.
func (c *DA) SetSocket(address chain.Address, socket string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	must(c.keeper.UpdateSocket(c.ctx, address[:], socket))
}

// RefuseWith lets a function refuse messages; nil: none. It gets the message.
func (c *DA) RefuseWith(refuse func(msg any) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = refuse
}

// Sent are the messages that came into blocks, in order.
func (c *DA) Sent() []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// EVMChainID is the network's.
func (c *DA) EVMChainID() uint64 { return daEVMChainID }

// Status is where the chain stands.
func (c *DA) Status(context.Context) (chain.Status, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return chain.Status{}, errDown
	}
	return chain.Status{
		ChainID: "zg-devnet-1", EVMChainID: daEVMChainID, Height: c.block.Height, BlockHash: c.block.Hash, BlockTime: c.block.Time,
	}, nil
}

var errDown = fmt.Errorf("fake chain: %w: it was set down", chain.ErrUnavailable)

// DAConfirmedIn returns the blobs that a block confirmed.
func (c *DA) DAConfirmedIn(ctx context.Context, height int64) ([]chain.DABlob, error) {
	c.mu.Lock()
	ids := slices.Clone(c.confirms[height])
	c.mu.Unlock()
	slices.Sort(ids)
	blobs := make([]chain.DABlob, len(ids))
	for i, id := range ids {
		var err error
		if blobs[i], err = c.DABlob(ctx, id); err != nil {
			return nil, err
		}
	}
	return blobs, nil
}

// Balance is what an account owns.
func (c *DA) Balance(_ context.Context, address string) (*big.Int, error) {
	parsed, err := chain.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.of(string(parsed[:])).BigInt(), nil
}

// Blocks feeds the newest block.
func (c *DA) Blocks(ctx context.Context) <-chan chain.Block {
	watcher := make(chan chain.Block, 1)
	c.mu.Lock()
	c.watchers[watcher] = struct{}{}
	watcher <- c.block
	c.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, watcher)
		close(watcher)
	})
	return watcher
}

// Close does nothing.
func (c *DA) Close() error { return nil }

// ledger has the coins of accounts, base units.
type ledger map[string]sdkmath.Int

func (l ledger) of(who string) sdkmath.Int {
	if amount, ok := l[who]; ok {
		return amount
	}
	return sdkmath.ZeroInt()
}

func (l ledger) add(who string, amount sdkmath.Int) { l[who] = l.of(who).Add(amount) }

func (l ledger) move(from, to string, coins sdk.Coins) error {
	amount := coins.AmountOf(types.Denom)
	if l.of(from).LT(amount) {
		return errors.New("insufficient funds")
	}
	l.add(from, amount.Neg())
	l.add(to, amount)
	return nil
}

func (l ledger) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, _ string, coins sdk.Coins) error {
	return l.move(string(from), string(types.ModuleAddress), coins)
}

func (l ledger) SendCoinsFromModuleToAccount(_ context.Context, _ string, to sdk.AccAddress, coins sdk.Coins) error {
	return l.move(string(types.ModuleAddress), string(to), coins)
}

func (l ledger) FundCommunityPool(_ context.Context, coins sdk.Coins, from sdk.AccAddress) error {
	return l.move(string(from), "community", coins)
}

func (l ledger) GetBalance(_ context.Context, of sdk.AccAddress, denom string) sdk.Coin {
	return sdk.NewCoin(denom, l.of(string(of)))
}

// stakes say who has how much with bonded validators.
type stakes map[string]sdkmath.Int

func (s stakes) Bonded(_ context.Context, of sdk.AccAddress, _ uint16) (sdkmath.Int, error) {
	if amount, ok := s[string(of)]; ok {
		return amount, nil
	}
	return sdkmath.ZeroInt(), nil
}

func (s stakes) TotalBonded(context.Context) (sdkmath.Int, error) {
	return tokens(1_000_000), nil
}

func (stakes) ConsensusAddress(context.Context, sdk.AccAddress) ([]byte, error) {
	return nil, errors.New("no validators here")
}
