package keeper

import (
	"math/big"

	"github.com/zgd-network/zgd/x/flow/types"
)

// Amounts inside windows are fixed point: 2^64 parts of a base unit. An amount
// has at most 128 bits and a time at most 33, so nothing here passes 2^256.
const fractionBits = 64

func toX64(amount *big.Int) *big.Int { return new(big.Int).Lsh(amount, fractionBits) }

func floorX64(amount *big.Int) *big.Int { return new(big.Int).Rsh(amount, fractionBits) }

func decodeX64(raw []byte) *big.Int { return new(big.Int).SetBytes(raw) }

// window is types.Window with its numbers decoded.
type window struct {
	rate, accrued *big.Int // X64
	settled       int64    // Unix seconds
	claimed       int64
	payouts       uint64
}

func decodeWindow(w types.Window) window {
	return window{
		rate: decodeX64(w.RateX64), accrued: decodeX64(w.AccruedX64),
		settled: w.SettledTime, claimed: w.ClaimedTime, payouts: w.Payouts,
	}
}

func (w window) encode() types.Window {
	return types.Window{
		RateX64: w.rate.Bytes(), AccruedX64: w.accrued.Bytes(),
		SettledTime: w.settled, ClaimedTime: w.claimed, Payouts: w.payouts,
	}
}

// advance releases at the present rate up to time. A time before the settled
// one changes nothing: block times never run backwards, but genesis may.
func (w *window) advance(time int64) {
	if time <= w.settled {
		return
	}
	elapsed := big.NewInt(time - w.settled)
	w.accrued.Add(w.accrued, elapsed.Mul(elapsed, w.rate))
	w.settled = time
}

// expire ends one entry's release and credits what its rate rounded away.
func (w *window) expire(e types.Expiry) error {
	rate := decodeX64(e.RateX64)
	if w.rate.Cmp(rate) < 0 {
		return types.ErrInvalidState.Wrapf("window releases %s per second, an entry in it %s", w.rate, rate)
	}
	w.rate.Sub(w.rate, rate)
	w.accrued.Add(w.accrued, decodeX64(e.RemainderX64))
	return nil
}

// pay takes the whole base units that accrued; the fraction stays.
func (w *window) pay() *big.Int {
	amount := floorX64(w.accrued)
	w.accrued.Sub(w.accrued, toX64(amount))
	w.claimed = w.settled
	w.payouts++
	return amount
}
