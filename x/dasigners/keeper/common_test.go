package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

const (
	evmChain = 7260001
	chainID  = "zg-devnet-1"
	deposit  = 1000 // azg
	funds    = 1_000_000_000
)

var (
	payer     = sdk.AccAddress("payer_______________")
	refused   = sdk.AccAddress("refused_____________")
	authority = sdk.AccAddress("gov_________________").String()
	// longAddress is of the kind that modules and multisigs of other chains have.
	longAddress = sdk.AccAddress(make([]byte, 32)).String()
)

// bank is a ledger in memory; one address is refused as in a blocked list.
type bank map[string]sdkmath.Int

func (b bank) of(who string) sdkmath.Int {
	if amount, ok := b[who]; ok {
		return amount
	}
	return sdkmath.ZeroInt()
}

func (b bank) move(from, to string, sent sdk.Coins) error {
	amount := sent.AmountOf(types.Denom)
	if b.of(from).LT(amount) || to == string(refused) {
		return errors.New("insufficient funds, or recipient is blocked")
	}
	b[from] = b.of(from).Sub(amount)
	b[to] = b.of(to).Add(amount)
	return nil
}

func (b bank) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, _ string, sent sdk.Coins) error {
	return b.move(string(from), string(types.ModuleAddress), sent)
}

func (b bank) SendCoinsFromModuleToAccount(_ context.Context, _ string, to sdk.AccAddress, sent sdk.Coins) error {
	return b.move(string(types.ModuleAddress), string(to), sent)
}

func (b bank) FundCommunityPool(_ context.Context, sent sdk.Coins, from sdk.AccAddress) error {
	return b.move(string(from), "community", sent)
}

func (b bank) GetBalance(_ context.Context, of sdk.AccAddress, denom string) sdk.Coin {
	return sdk.NewCoin(denom, b.of(string(of)))
}

// stake says who has how much, tokens.
type stake map[string]int64

func (s stake) Bonded(_ context.Context, of sdk.AccAddress, most uint16) (sdkmath.Int, error) {
	if most != 16 {
		return sdkmath.Int{}, errors.New("want 16 delegations at most")
	}
	return sdkmath.NewInt(s[string(of)]).Mul(sdkmath.NewIntWithDecimal(1, 18)), nil
}

func (s stake) TotalBonded(context.Context) (sdkmath.Int, error) {
	return sdkmath.NewIntWithDecimal(1_000_000, 18), nil
}

type validators struct{}

// ConsensusAddress is the operator's own, backwards; only v… operate.
func (validators) ConsensusAddress(_ context.Context, operator sdk.AccAddress) ([]byte, error) {
	if operator[0] != 'v' {
		return nil, errors.New("no validator")
	}
	out := make([]byte, len(operator))
	for i, b := range operator {
		out[len(out)-1-i] = b
	}
	return out, nil
}

type fixture struct {
	tb      testing.TB
	ctx     sdk.Context
	keeper  keeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	bank    bank
	stake   stake
	log     *dataLog
	slasher *slasher
	nonce   byte
}

// set is four validators with equal powers and two weeks to unbond.
type set struct{}

func (set) Powers(context.Context) ([]int64, error) { return []int64{5, 5, 5, 5}, nil }

func (set) UnbondingTime(context.Context) (time.Duration, error) { return 14 * 24 * time.Hour, nil }

// slasher notes whom it was told to punish; it burns 7 azg.
type slasher struct {
	punished []string
	refuses  error
}

func (s *slasher) PunishValidator(_ context.Context, operator sdk.AccAddress, bps uint32) (sdkmath.Int, error) {
	s.punished = append(s.punished, fmt.Sprintf("%s %d", operator, bps))
	return sdkmath.NewInt(7), s.refuses
}

// member is a signer with its secret.
type member struct {
	address sdk.AccAddress
	secret  bls.SecretKey
}

func secretOf(name string) bls.SecretKey {
	var seed [32]byte
	copy(seed[:], name)
	key, err := bls.GenerateKey(rand.NewChaCha8(seed))
	if err != nil {
		panic(err)
	}
	return key
}

func signerNamed(name string) member {
	return member{address: sdk.AccAddress((name + "____________________")[:20]), secret: secretOf(name)}
}

func (m member) key() types.Key { return types.KeyOf(m.secret.Public()) }

func (m member) possession(chain uint64) []byte {
	point := m.secret.SignPoint(bls.RegistrationPoint([20]byte(m.address), chain))
	return bls.EncodeG1(&point)
}

func (m member) epochSignature(epoch uint64) []byte {
	point := m.secret.SignPoint(bls.EpochPoint([20]byte(m.address), epoch, evmChain))
	return bls.EncodeG1(&point)
}

// smallGenesis has short epochs and the smallest shape.
func smallGenesis() *types.GenesisState {
	g := types.DefaultGenesis()
	p := &g.Params
	p.DataSlices, p.EncodedSlices, p.MaxBlobBytes = uint32(erasure.Test.K), uint32(erasure.Test.N), 64<<10
	p.EpochBlocks, p.ConfirmWindowBlocks, p.MaxQuorums = 8, 6, 2
	p.RecordRetentionEpochs, p.RetentionEpochs = 1, 3
	p.BlobBaseFee, p.FeePerKib, p.SignerDeposit = sdkmath.NewInt(1000), sdkmath.NewInt(42), sdkmath.NewInt(deposit)
	return g
}

// newFixture stands at height 1 before its first BeginBlock.
func newFixture(tb testing.TB, change ...func(*types.GenesisState)) *fixture {
	tb.Helper()
	f := bareFixture(tb)
	genesis := smallGenesis()
	for _, c := range change {
		c(genesis)
	}
	require.NoError(tb, f.keeper.InitGenesis(f.ctx, *genesis))
	return f
}

func bareFixture(tb testing.TB) *fixture {
	tb.Helper()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	ctx := testutil.DefaultContextWithDB(tb, key, storetypes.NewTransientStoreKey("unused")).Ctx
	ledger, backing := bank{string(payer): sdkmath.NewInt(funds)}, stake{}
	log, punisher := newLog(ledger), &slasher{}
	k := keeper.NewKeeper(moduletestutil.MakeTestEncodingConfig().Codec, runtime.NewKVStoreService(key), keeper.Dependencies{
		Bank: ledger, Community: ledger, Stake: backing, Validators: validators{}, Set: set{}, Slasher: punisher, Log: log, EVMChainID: evmChain,
		IsDevelopment: func(id string) bool { return id == chainID }, Authority: authority,
	})
	return &fixture{
		tb: tb, keeper: k, bank: ledger, stake: backing, log: log, slasher: punisher, msgs: keeper.NewMsgServer(k), queries: keeper.NewQueryServer(k),
		ctx: ctx.WithBlockHeight(1).WithChainID(chainID),
	}
}

// do runs a transaction: on error nothing has changed.
func (f *fixture) do(run func(context.Context) error) error {
	branch, write := f.ctx.CacheContext()
	before := maps.Clone(f.bank)
	if err := run(branch); err != nil {
		clear(f.bank)
		maps.Copy(f.bank, before)
		return err
	}
	write()
	return nil
}

// begin begins the block that the fixture stands at.
func (f *fixture) begin() {
	f.tb.Helper()
	f.nonce++
	require.NoError(f.tb, f.keeper.MixBlock(f.ctx, append(make([]byte, 63), f.nonce)))
	require.NoError(f.tb, f.keeper.BeginBlock(f.ctx))
	f.noFailures()
}

// next ends this block and begins the next.
func (f *fixture) next() {
	f.tb.Helper()
	require.NoError(f.tb, f.keeper.EndBlock(f.ctx))
	f.noFailures()
	f.balance()
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1).WithEventManager(sdk.NewEventManager())
	f.begin()
}

func (f *fixture) to(height int64) {
	f.tb.Helper()
	for f.ctx.BlockHeight() < height {
		f.next()
	}
}

func (f *fixture) noFailures() {
	f.tb.Helper()
	for _, event := range f.ctx.EventManager().Events() {
		require.NotContains(f.tb, event.Type, "EventFailure", "%v", event.Attributes)
	}
}

// balance: the module holds what it owes, to the last unit.
func (f *fixture) balance() {
	f.tb.Helper()
	owed, err := f.keeper.Liabilities(f.ctx)
	require.NoError(f.tb, err)
	require.Equal(f.tb, owed.String(), f.bank.of(string(types.ModuleAddress)).String(), "held and owed at height %d", f.ctx.BlockHeight())
}

// join registers a signer with stake, tokens.
func (f *fixture) join(name string, tokens int64) member {
	f.tb.Helper()
	m := signerNamed(name)
	f.stake[string(m.address)] = tokens
	f.bank[string(m.address)] = sdkmath.NewInt(funds)
	require.NoError(f.tb, f.register(m, m.key(), m.possession(evmChain)))
	return m
}

func (f *fixture) register(m member, key types.Key, possession []byte) error {
	return f.do(func(ctx context.Context) error {
		_, err := f.msgs.RegisterSigner(ctx, &types.MsgRegisterSigner{Signer: m.address.String(), Socket: "10.0.0.1:34000", Key: key, Possession: possession})
		return err
	})
}

func (f *fixture) epoch() types.Epoch {
	f.tb.Helper()
	epoch, err := f.keeper.Epoch.Get(f.ctx)
	require.NoError(f.tb, err)
	return epoch
}

// renew registers signers for the next epoch.
func (f *fixture) renew(members ...member) {
	f.tb.Helper()
	for _, m := range members {
		require.NoError(f.tb, f.renewOne(m))
	}
}

func (f *fixture) renewOne(m member) error {
	return f.do(func(ctx context.Context) error {
		_, err := f.msgs.RegisterNextEpoch(ctx, &types.MsgRegisterNextEpoch{Signer: m.address.String(), Signature: m.epochSignature(f.epoch().Number + 1)})
		return err
	})
}

// running stands at the first block of epoch 1, whose quorum has these members.
func running(tb testing.TB, tokens ...int64) (*fixture, []member) {
	tb.Helper()
	f := newFixture(tb)
	f.begin()
	var members []member
	for i, t := range tokens {
		members = append(members, f.join(string(rune('a'+i)), t))
	}
	f.renew(members...)
	f.to(8)
	require.Equal(tb, uint64(1), f.epoch().Number)
	return f, members
}

func rootOf(n byte) erasure.Hash { return erasure.Hash{n, 1} }

func (f *fixture) submit(roots ...erasure.Hash) (*types.MsgSubmitBlobsResponse, error) {
	msg := &types.MsgSubmitBlobs{Submitter: payer.String(), Profile: uint32(erasure.Test.ID), MaxFee: sdkmath.NewInt(funds)}
	for _, root := range roots {
		msg.DataRoots, msg.DataLens = append(msg.DataRoots, root[:]...), append(msg.DataLens, 1000)
	}
	return f.submitMsg(msg)
}

func (f *fixture) submitMsg(msg *types.MsgSubmitBlobs) (response *types.MsgSubmitBlobsResponse, err error) {
	err = f.do(func(ctx context.Context) error {
		response, err = f.msgs.SubmitBlobs(ctx, msg)
		return err
	})
	return response, err
}

// sign makes the confirmation of blobs by those members of their quorum for whom
// signs is true.
func (f *fixture) sign(members []member, first uint64, count int, signs func(member) bool) *types.MsgConfirmBatch {
	f.tb.Helper()
	return f.signFor(evmChain, members, first, count, signs)
}

func (f *fixture) signFor(chain uint64, members []member, first uint64, count int, signs func(member) bool) *types.MsgConfirmBatch {
	f.tb.Helper()
	blob, err := f.keeper.Blob(f.ctx, first)
	require.NoError(f.tb, err)
	record, err := f.keeper.Quorum(f.ctx, blob.Epoch, blob.QuorumId)
	require.NoError(f.tb, err)
	msg := &types.MsgConfirmBatch{Sender: payer.String(), FirstBlobId: first}
	var leaves []erasure.Hash
	for i := range count {
		b, err := f.keeper.Blob(f.ctx, first+uint64(i))
		require.NoError(f.tb, err)
		leaves = append(leaves, erasure.BatchLeaf(erasure.Hash(b.DataRoot), b.BlobId))
		if i > 0 {
			msg.BlobDeltas = append(msg.BlobDeltas, 1)
		}
	}
	message := erasure.BatchMessage(chain, blob.Epoch, blob.QuorumId, uint32(count), erasure.MerkleRoot(leaves))
	drawn := record.Drawn()
	msg.MemberBitmap = make([]byte, (len(drawn.Members)+7)/8)
	sum := bls.SumG1()
	for i, address := range drawn.Members {
		for _, m := range members {
			if [20]byte(m.address) == address && signs(m) {
				point, err := m.secret.Sign(bls.DomainBatch, message)
				require.NoError(f.tb, err)
				sum = bls.SumG1(sum, point)
				msg.MemberBitmap[i/8] |= 1 << (i % 8)
			}
		}
	}
	msg.Signature = bls.EncodeG1(&sum)
	return msg
}

func all(member) bool { return true }

func (f *fixture) confirm(msg *types.MsgConfirmBatch) (response *types.MsgConfirmBatchResponse, err error) {
	err = f.do(func(ctx context.Context) error {
		response, err = f.msgs.ConfirmBatch(ctx, msg)
		return err
	})
	return response, err
}

func flip(b []byte, bit int) []byte {
	out := append([]byte(nil), b...)
	out[bit/8] ^= 1 << (bit % 8)
	return out
}
