package chain

import "time"

// MaxUnderWay is how many transactions of an account are under way at most.
const MaxUnderWay = maxUnderWay

// OfferEvery has transactions under way offered again sooner than a test lasts.
func (a *Account) OfferEvery(d time.Duration) { a.offerEvery = d }
