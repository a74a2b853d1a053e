package integration_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	"github.com/zgd-network/zgd/x/dasigners/precompile/examples"
)

// An aggregate over 3072 seats of 300 signers verifies in Solidity by a bitmap of
// 384 bytes; a wrong bitmap, a rogue key, too few seats and another epoch do not.
// mission D07
func TestAnAggregateOf3072Seats(t *testing.T) {
	c := newCrowd(t, erasure.Parity, 300)
	alice := c.Accounts[5]
	checker := compiledOf(t, examples.QuorumSignature, "QuorumSignature")
	at := c.deploy(alice, checker, nil)
	code := c.App.EVMKeeper.GetCodeHash(c.Ctx(), at)
	c.App.EVMKeeper.SetCodeHash(c.ctx, at[:], code[:])
	c.App.EVMKeeper.SetCode(c.ctx, code[:], c.App.EVMKeeper.GetCode(c.Ctx(), code))

	message := erasure.BatchMessage(c.App.EVMChainID, 0, 0, 1, [32]byte{7})
	seats := func(members int) []byte {
		bitmap := make([]byte, 3072/8)
		for seat := range 3072 {
			if seat%300 < members {
				bitmap[seat/8] |= 1 << (seat % 8)
			}
		}
		return bitmap
	}
	signs := func(members int) (keys daprecompile.G2Point, signature daprecompile.G1Point) {
		point, err := bls.Hash(bls.DomainBatch, message)
		require.NoError(t, err)
		sum, shares := bls.SumG2(), bls.SumG1()
		for _, key := range c.keys[:members] {
			sum, shares = bls.SumG2(sum, key.Public().G2), bls.SumG1(shares, key.SignPoint(point))
		}
		return abiG2(sum), abiG1(shares)
	}
	verifies := func(epoch int64, bitmap []byte, keys daprecompile.G2Point, signature daprecompile.G1Point) (ok bool, failure string) {
		data, err := checker.ABI.Pack("verify", big.NewInt(epoch), new(big.Int), bitmap, message, keys, signature)
		require.NoError(t, err)
		start := time.Now()
		branch, _ := c.ctx.CacheContext()
		_, r := c.applyIn(branch, alice.EVM, at, 20_000_000, data)
		if r.VmError != "" {
			name, _ := typedReason(daABI, r.Ret)
			return false, name
		}
		t.Logf("judged in Solidity: %d gas, %v", r.GasUsed, time.Since(start).Round(time.Microsecond))
		return common.BytesToHash(r.Ret) == common.BigToHash(big.NewInt(1)), ""
	}
	keys, signature := signs(200) // 200 of 300 sit on 2072 of 3072 seats, 24 more than two thirds
	ok, _ := verifies(0, seats(200), keys, signature)
	require.True(t, ok)

	fewer, less := signs(197)
	ok, _ = verifies(0, seats(197), fewer, less) // 2042 seats
	require.False(t, ok, "too few seats")
	ok, _ = verifies(0, seats(201), keys, signature)
	require.False(t, ok, "a bitmap that names one signer more")
	ok, _ = verifies(0, seats(200), fewer, less)
	require.False(t, ok, "keys and signature that are not those of the bitmap")
	rogue := newDASigner(t, alice) // signs alone, and claims that its key is the sum
	point, err := rogue.secret.Sign(bls.DomainBatch, message)
	require.NoError(t, err)
	ok, _ = verifies(0, seats(200), abiG2(rogue.secret.Public().G2), abiG1(point))
	require.False(t, ok, "a rogue key")
	_, failure := verifies(1, seats(200), keys, signature)
	require.Equal(t, "QuorumNotFound", failure, "another epoch")
	_, failure = verifies(0, seats(200)[1:], keys, signature)
	require.Equal(t, "InvalidBitmap", failure)
}
