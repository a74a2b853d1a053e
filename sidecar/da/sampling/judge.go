package sampling

import (
	"errors"
	"fmt"
	"math"
)

// ErrUsage: the request makes no sense as given.
var ErrUsage = errors.New("bad sampling request")

// Judge decides by samples, drawn without replacement from n rows of which any k
// rebuild the blob, whether at least k can be had (protocol-da.md §6h). Two rules
// share the error δ:
//
//	all succeed:    the chance of s successes, when only k−1 rows can be had, is
//	                Π (k−1−i)/(n−i) ≤ δ/2
//	some fail:      Λ = Π p₁/q_t over successes · Π (1−p₁)/(1−q_t) over failures,
//	                q_t = (k−1−successes)/(n−t), p₁ = max(2/3, q_t). When at most
//	                k−1 rows can be had Λ is a supermartingale from 1, so that it
//	                ever reaches 2/δ has probability ≤ δ/2 (Ville), whenever one
//	                stops.
//
// Two thirds is what a healthy blob has at least: as many seats signed for it. With
// p₁ below q_t a failure would speak for the blob; q_t comes that far when most of
// a small blob's rows were drawn and failed.
type Judge struct {
	k, n, successes, failures int
	logError                  float64 // ln δ
	logAll, logRatio          float64 // ln of the product over successes, ln Λ
}

// healthyShare is p₁.
const healthyShare = 2.0 / 3

// NewJudge returns a judge for a confidence of 1 − δ.
func NewJudge(k, n int, confidence float64) (*Judge, error) {
	if k < 1 || n < k {
		return nil, fmt.Errorf("%w: %d of %d rows", ErrUsage, k, n)
	}
	if !(confidence > 0 && confidence < 1) {
		return nil, fmt.Errorf("%w: confidence %v, want more than 0 and less than 1", ErrUsage, confidence)
	}
	return &Judge{k: k, n: n, logError: math.Log1p(-confidence)}, nil
}

// Add counts one sample.
func (j *Judge) Add(success bool) {
	t := j.successes + j.failures
	if t >= j.n {
		return
	}
	q := min(1, float64(max(0, j.k-1-j.successes))/float64(j.n-t))
	p := max(healthyShare, q)
	if success {
		j.successes++
		j.logAll += math.Log(q) // −∞ once k rows came: certain
		j.logRatio += math.Log(p) - math.Log(q)
		return
	}
	j.failures++
	if q < healthyShare { // else the ratio is 1, or 0 over 0
		j.logRatio += math.Log1p(-p) - math.Log1p(-q)
	}
}

// Count is how many samples were counted.
func (j *Judge) Count() (successes, failures int) { return j.successes, j.failures }

// Shown says whether the samples show that the blob can be rebuilt.
func (j *Judge) Shown() bool {
	half := j.logError - math.Ln2
	return j.successes >= j.k || j.failures == 0 && j.successes > 0 && j.logAll <= half || j.logRatio >= -half
}

// Hopeless says that k rows cannot be there any more: n − k + 1 are missing.
func (j *Judge) Hopeless() bool { return j.failures > j.n-j.k }

// AllSuccess is how many samples it takes when all succeed.
func (j *Judge) AllSuccess() int {
	fresh := Judge{k: j.k, n: j.n, logError: j.logError}
	for s := 0; ; s++ {
		if fresh.Shown() {
			return s
		}
		fresh.Add(true)
	}
}

// Confidence is what these samples show: 1 − twice the smaller of the two errors,
// 0 when they show nothing.
func (j *Judge) Confidence() float64 {
	if j.successes >= j.k {
		return 1
	}
	log := -j.logRatio
	if j.failures == 0 && j.successes > 0 {
		log = min(log, j.logAll)
	}
	return max(0, -math.Expm1(min(0, log+math.Ln2)))
}
