package miner_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/miner"
)

func TestConfigIsCheckedBeforeAnythingStarts(t *testing.T) {
	if _, err := miner.DefaultConfig().Settings(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		change func(*miner.Config)
		says   string
	}{
		"no threads to seal":       {func(c *miner.Config) { c.SealThreads = 0 }, "seal_threads"},
		"negative threads":         {func(c *miner.Config) { c.Threads = -1 }, "threads"},
		"no read-ahead":            {func(c *miner.Config) { c.ReadAhead = 0 }, "read_ahead"},
		"duty of nothing":          {func(c *miner.Config) { c.DutyPercent = 0 }, "duty_percent"},
		"duty of more than all":    {func(c *miner.Config) { c.DutyPercent = 101 }, "duty_percent"},
		"shard past the number":    {func(c *miner.Config) { c.Shard = "2/2" }, "shard"},
		"three shards":             {func(c *miner.Config) { c.Shard = "0/3" }, "shard"},
		"no number of shards":      {func(c *miner.Config) { c.Shard = "0" }, "shard"},
		"zero shards":              {func(c *miner.Config) { c.Shard = "0/0" }, "shard"},
		"start between the shards": {func(c *miner.Config) { c.Shard, c.StartLoad = "0/4", 2 }, "start_load"},
		"a storage without a host": {func(c *miner.Config) { c.Storage = "storage" }, "storage"},
		"a balance with a decimal": {func(c *miner.Config) { c.MinBalance = "0.5" }, "min_balance"},
		"a balance below nothing":  {func(c *miner.Config) { c.MinBalance = "-1" }, "min_balance"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := miner.DefaultConfig()
			c.change(&config)
			if _, err := config.Settings(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want an error about %s", err, c.says)
			}
		})
	}
	config := miner.DefaultConfig()
	config.Shard, config.StartLoad, config.Threads = "3/4", 32768, 0
	s, err := config.Settings()
	if err != nil || s.Claim.ShardID != 3 || s.Claim.NumShard != 4 || s.Claim.StartLoad != 32768 || s.Threads < 1 {
		t.Fatalf("got %+v %v", s, err)
	}
}

// mission R09: random reads of 256 KiB beside sequential ones.
func TestR09_BenchMeasuresTheDisk(t *testing.T) {
	var steps []string
	report, err := miner.Bench(context.Background(), miner.BenchOptions{
		Dir: t.TempDir(), SizeBytes: 8 << 20, Threads: 2, Depth: 4, Spell: 50 * time.Millisecond,
	}, func(step string) { steps = append(steps, step) })
	if err != nil {
		t.Fatal(err)
	}
	if report.RandomShare <= 0 || report.SealMB <= 0 || report.Iterations <= 0 || report.Bottleneck == "" || len(steps) < 6 {
		t.Fatalf("report %+v, steps %v", report, steps)
	}
	if _, err := miner.Bench(context.Background(), miner.BenchOptions{Dir: t.TempDir(), SizeBytes: 1<<20 + 1, Threads: 1, Depth: 1}, nil); err == nil {
		t.Fatal("a file of half a load was accepted")
	}
}
