package erasure_test

import (
	"math"
	"testing"
)

// The table of SOUNDNESS.md, bits of the exponent.
func TestTheTableOfTheSoundnessNote(t *testing.T) {
	entropy := func(a, b float64) float64 { return a*math.Log2(a/b) + (1-a)*math.Log2((1-a)/(1-b)) }
	rows := []int{1, 2, 3, 4, 6, 8, 16}
	for _, line := range []struct {
		n, rho, beta float64
		want         [7]float64
	}{
		{4096, 1. / 4, 5. / 12, [7]float64{0, 5, 93, 187, 322, 406, 547}},
		{3072, 1. / 3, 1. / 3, [7]float64{0, 9, 89, 168, 280, 350, 471}},
		{1024, 1. / 4, 5. / 12, [7]float64{0, 1, 23, 47, 81, 101, 137}},
	} {
		for i, w := range rows {
			pass := math.Pow((1+line.rho)/2, float64(w)) // one signer looks away
			need := (2./3 - line.beta) / (1 - line.beta)
			bits := 0.
			if pass < need {
				bits = math.Round((1 - line.beta) * line.n / float64(w) * entropy(need, pass))
			}
			if bits != line.want[i] {
				t.Errorf("n=%v, %d rows a signer: %v bits, the note says %v", line.n, w, bits, line.want[i])
			}
		}
	}
}
