package bench_test

import (
	"testing"
	"time"

	"github.com/zgd-network/zgd/cmd/zgd/bench"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	var hundred []time.Duration
	for i := 1; i <= 100; i++ {
		hundred = append(hundred, time.Duration(i))
	}
	for _, c := range []struct {
		name   string
		values []time.Duration
		p      int
		want   time.Duration
	}{
		{"median of a hundred", hundred, 50, 50},
		{"99th of a hundred", hundred, 99, 99},
		{"the largest", hundred, 100, 100},
		{"99th of two is the larger", hundred[:2], 99, 2},
		{"median of two is the smaller", hundred[:2], 50, 1},
		{"of one", hundred[:1], 1, 1},
		{"of none", nil, 50, 0},
	} {
		if got := bench.Percentile(c.values, c.p); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
