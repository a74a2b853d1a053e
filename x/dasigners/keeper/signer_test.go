package keeper_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// offSubgroup is on the twisted curve, but not of the group's order.
func offSubgroup() (p bn254.G2Affine) {
	_, _, _, g2 := bn254.Generators()
	b := g2.Y // b' = y² − x³
	b.Square(&b)
	cube := g2.X
	cube.Square(&cube).Mul(&cube, &g2.X)
	b.Sub(&b, &cube)
	for i := uint64(1); ; i++ {
		p.X.A0.SetUint64(i)
		p.Y.Square(&p.X).Mul(&p.Y, &p.X).Add(&p.Y, &b)
		if p.Y.Legendre() == 1 {
			p.Y.Sqrt(&p.Y)
			if p.IsOnCurve() && !p.IsInSubGroup() {
				return p
			}
		}
	}
}

// rogue is a key made of another's: g2 = b·g − other, of which nobody knows the
// secret and whose sum with the other is b's.
func rogue(other member) types.Key {
	g := secretOf("b").Public()
	o := other.secret.Public()
	var g1 bn254.G1Affine
	g1.Sub(&g.G1, &o.G1)
	return types.KeyOf(bls.PublicKey{G1: g1, G2: bls.SubG2(g.G2, o.G2)})
}

// mission D04 D07
func TestRegistrationsAreRefusedOneBitAway(t *testing.T) {
	f := newFixture(t)
	f.begin()
	other := f.join("a", 60)
	m := signerNamed("m")
	f.bank[string(m.address)] = sdkmath.NewInt(deposit)
	good := m.key()
	outside := offSubgroup()
	negated := other.secret.Public()
	negated.G1.Neg(&negated.G1)
	for name, c := range map[string]struct {
		key        types.Key
		possession []byte
		want       error
	}{
		"of another chain":       {good, m.possession(evmChain + 1), types.ErrInvalidSignature},
		"of another account":     {good, other.possession(evmChain), types.ErrInvalidSignature},
		"a bit of the proof":     {good, flip(m.possession(evmChain), 511), types.ErrInvalidSignature},
		"no proof":               {good, nil, types.ErrInvalidSignature},
		"somebody's key":         {other.key(), m.possession(evmChain), types.ErrKeyUsed},
		"a rogue key":            {rogue(other), m.possession(evmChain), types.ErrInvalidSignature},
		"halves of two secrets":  {types.Key{G1: other.key().G1, G2: good.G2}, m.possession(evmChain), types.ErrKeyUsed},
		"halves of two unused":   {types.Key{G1: signerNamed("x").key().G1, G2: good.G2}, m.possession(evmChain), types.ErrInvalidKey},
		"the negative half":      {types.Key{G1: bls.EncodeG1(&negated.G1), G2: other.key().G2}, m.possession(evmChain), types.ErrInvalidKey},
		"infinity in g1":         {types.Key{G1: make([]byte, 64), G2: good.G2}, m.possession(evmChain), types.ErrInvalidKey},
		"infinity in g2":         {types.Key{G1: good.G1, G2: make([]byte, 128)}, m.possession(evmChain), types.ErrInvalidKey},
		"g1 off the curve":       {types.Key{G1: flip(good.G1, 511), G2: good.G2}, m.possession(evmChain), types.ErrInvalidKey},
		"g2 off the curve":       {types.Key{G1: good.G1, G2: flip(good.G2, 1023)}, m.possession(evmChain), types.ErrInvalidKey},
		"g2 out of the subgroup": {types.Key{G1: good.G1, G2: bls.EncodeG2(&outside)}, m.possession(evmChain), types.ErrInvalidKey},
		"a byte too long":        {types.Key{G1: append([]byte{0}, good.G1...), G2: good.G2}, m.possession(evmChain), types.ErrInvalidKey},
	} {
		require.ErrorIs(t, f.register(m, c.key, c.possession), c.want, name)
	}
	f.bank[string(m.address)] = sdkmath.NewInt(deposit - 1)
	require.ErrorContains(t, f.register(m, good, m.possession(evmChain)), "insufficient funds")
	f.bank[string(m.address)] = sdkmath.NewInt(deposit)
	require.NoError(t, f.register(m, good, m.possession(evmChain)))
	require.ErrorIs(t, f.register(m, good, m.possession(evmChain)), types.ErrSignerExists)
	f.balance()
}

func TestSocketsMayChange(t *testing.T) {
	f := newFixture(t)
	f.begin()
	m := f.join("a", 60)
	_, err := f.msgs.UpdateSocket(f.ctx, &types.MsgUpdateSocket{Signer: m.address.String(), Socket: "[::1]:1"})
	require.NoError(t, err)
	signer, err := f.queries.Signer(f.ctx, &types.QuerySignerRequest{Address: m.address.String()})
	require.NoError(t, err)
	require.Equal(t, "[::1]:1", signer.Signer.Socket)
	_, err = f.msgs.UpdateSocket(f.ctx, &types.MsgUpdateSocket{Signer: m.address.String(), Socket: ""})
	require.ErrorIs(t, err, types.ErrInvalidMessage)
	_, err = f.msgs.UpdateSocket(f.ctx, &types.MsgUpdateSocket{Signer: payer.String(), Socket: "[::1]:1"})
	require.ErrorIs(t, err, types.ErrSignerNotFound)
}

// A new key signs from the second epoch after, and the old one until then.
func TestKeysRotateTwoEpochsLater(t *testing.T) {
	f, members := running(t, 60, 60)
	old := members[0]
	fresh := member{address: old.address, secret: secretOf("fresh")}
	rotate := func(key types.Key, possession []byte) (*types.MsgRotateKeyResponse, error) {
		var response *types.MsgRotateKeyResponse
		err := f.do(func(ctx context.Context) (err error) {
			response, err = f.msgs.RotateKey(ctx, &types.MsgRotateKey{Signer: old.address.String(), Key: key, Possession: possession})
			return err
		})
		return response, err
	}
	_, err := rotate(old.key(), old.possession(evmChain))
	require.ErrorIs(t, err, types.ErrKeyUsed)
	_, err = rotate(fresh.key(), old.possession(evmChain))
	require.ErrorIs(t, err, types.ErrInvalidSignature)
	response, err := rotate(fresh.key(), fresh.possession(evmChain))
	require.NoError(t, err)
	require.Equal(t, uint64(3), response.EffectiveEpoch)
	require.ErrorIs(t, f.renewOne(fresh), types.ErrInvalidSignature, "for epoch 2 it is too young")
	f.renew(old, members[1])
	f.to(16)
	require.ErrorIs(t, f.renewOne(old), types.ErrInvalidSignature, "for epoch 3 it is too old")
	f.renew(fresh, members[1])
	third := member{address: old.address, secret: secretOf("third")}
	for _, height := range []int64{16, 20, 23} { // before the freeze and after it
		f.to(height)
		_, err = rotate(third.key(), third.possession(evmChain))
		require.ErrorIs(t, err, types.ErrRegistrationClosed, "the one that takes over in epoch 3 stands")
	}
	f.to(24)
	_, err = f.submit(rootOf(1))
	require.NoError(t, err)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.ErrorIs(t, err, types.ErrInvalidSignature)
	_, err = f.confirm(f.sign([]member{fresh, members[1]}, 1, 1, all))
	require.NoError(t, err)
	require.ErrorIs(t, f.register(member{address: payer, secret: old.secret}, old.key(), nil), types.ErrKeyUsed, "rotated away is used")
}

func TestDepositsStayUntilPromisesEnd(t *testing.T) {
	f, members := running(t, 60, 60)
	leave := func(m member) (*types.MsgUnregisterSignerResponse, error) {
		return f.msgs.UnregisterSigner(f.ctx, &types.MsgUnregisterSigner{Signer: m.address.String()})
	}
	idle := f.join("idle", 60)
	response, err := leave(idle)
	require.NoError(t, err)
	require.Zero(t, response.LockedUntilEpoch)
	require.Equal(t, int64(funds), f.bank.of(string(idle.address)).Int64(), "nothing depends on it")
	require.ErrorIs(t, f.register(idle, idle.key(), idle.possession(evmChain)), types.ErrKeyUsed, "its key stays burnt")

	f.renew(members...)
	response, err = leave(members[0])
	require.NoError(t, err)
	require.Equal(t, uint64(1+3+1), response.LockedUntilEpoch, "epoch, retention, confirmation window")
	_, err = leave(members[0])
	require.ErrorIs(t, err, types.ErrSignerLeaving)
	_, err = f.msgs.Deposit(f.ctx, &types.MsgDeposit{Signer: members[0].address.String(), Amount: sdkmath.OneInt()})
	require.ErrorIs(t, err, types.ErrSignerLeaving)
	f.to(16)
	count, err := f.queries.EpochQuorum(f.ctx, &types.QueryEpochQuorumRequest{Epoch: 2})
	require.NoError(t, err)
	require.Len(t, count.Members, 1, "its registration went with it")
	f.to(47)
	_, err = f.keeper.Signer(f.ctx, members[0].address)
	require.NoError(t, err)
	f.to(48)
	_, err = f.keeper.Signer(f.ctx, members[0].address)
	require.ErrorIs(t, err, types.ErrSignerNotFound)
	require.Equal(t, int64(funds), f.bank.of(string(members[0].address)).Int64())
}

func TestSignersThatSignTooLittleSitOut(t *testing.T) {
	f, members := running(t, 60, 60, 60, 60, 60)
	lazy := members[4]
	for n := range byte(4) {
		_, err := f.submit(rootOf(n))
		require.NoError(t, err)
		_, err = f.confirm(f.sign(members, uint64(n)+1, 1, func(m member) bool { return n == 0 || !m.address.Equals(lazy.address) }))
		require.NoError(t, err)
	}
	f.renew(members...)
	f.to(16)
	signer, err := f.keeper.Signer(f.ctx, lazy.address)
	require.NoError(t, err)
	require.Equal(t, uint64(4), signer.JailedUntilEpoch, "one of four is less than half; epoch 2 was frozen by then")
	require.ErrorIs(t, f.renewOne(lazy), types.ErrSignerJailed)
	f.renew(members[:4]...)
	f.to(24)
	f.renew(lazy)
	reward, err := f.queries.Rewards(f.ctx, &types.QueryRewardsRequest{Address: lazy.address.String()})
	require.NoError(t, err)
	require.True(t, reward.Amount.IsPositive(), "what it signed is paid")
}
