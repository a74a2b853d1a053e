package keeper

import (
	"math/big"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/types"
)

// An entry's endowment is split over the reward windows it touches by sectors;
// what the division leaves goes to the last, so that the parts add up exactly.

// span is the part of an entry that lies in one window.
type span struct {
	window  uint64
	sectors uint64
}

// spans lists the windows of an entry, ascending.
func spans(entry types.Entry, windowLoads uint64) []span {
	unit := windowLoads * layout.SectorsPerLoad
	first, end := entry.StartSector, entry.StartSector+entry.Sectors
	var out []span
	for window := first / unit; window*unit < end; window++ {
		from, to := max(first, window*unit), min(end, (window+1)*unit)
		out = append(out, span{window: window, sectors: to - from})
	}
	return out
}

// shares splits an amount of base units over spans, in X64.
func shares(amount *big.Int, parts []span) []*big.Int {
	whole, left := toX64(amount), toX64(amount)
	total := uint64(0)
	for _, part := range parts {
		total += part.sectors
	}
	out := make([]*big.Int, len(parts))
	for i, part := range parts {
		if i == len(parts)-1 {
			out[i] = left
			break
		}
		share := new(big.Int).Mul(whole, new(big.Int).SetUint64(part.sectors))
		out[i] = share.Div(share, new(big.Int).SetUint64(total))
		left = new(big.Int).Sub(left, out[i])
	}
	return out
}

// release is how one interval of an entry is paid out in one window.
type release struct {
	window    uint64
	rate      *big.Int // X64 per second
	remainder *big.Int // X64, credited at the end; negative if the interval is too long
	share     *big.Int // X64, all of it
}

// releases computes the releases of an interval. They follow from the entry and
// the interval alone, so nothing is stored per entry and window but the expiry.
func releases(entry types.Entry, interval types.ActiveInterval, windowLoads uint64) []release {
	parts := spans(entry, windowLoads)
	rateShares := shares(interval.RateBase.BigInt(), parts)
	payShares := shares(interval.Endowment.BigInt(), parts)
	seconds, lasting := big.NewInt(interval.RateSeconds), big.NewInt(interval.EndTime-interval.StartTime)
	out := make([]release, len(parts))
	for i, part := range parts {
		rate := new(big.Int).Div(rateShares[i], seconds)
		remainder := new(big.Int).Sub(payShares[i], new(big.Int).Mul(rate, lasting))
		out[i] = release{window: part.window, rate: rate, remainder: remainder, share: payShares[i]}
	}
	return out
}

// releasedBy is how much of a release has been released at a time.
func (r release) releasedBy(interval types.ActiveInterval, time int64) *big.Int {
	switch {
	case time >= interval.EndTime:
		return new(big.Int).Set(r.share)
	case time <= interval.StartTime:
		return new(big.Int)
	default:
		return new(big.Int).Mul(r.rate, big.NewInt(time-interval.StartTime))
	}
}
