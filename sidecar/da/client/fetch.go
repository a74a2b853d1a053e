package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// checkRows is how many rows are checked together: what the combinations cost
// falls with their number, to a third of what 64 rows at a time take.
const checkRows = 512

// fetching collects any K checked rows of one blob. One goroutine decides (run);
// jobs ask and read, others check. Rows expected are those that are there,
// checked or not, and those that are on their way and not late; a late job is
// doubted, not dropped.
type fetching struct {
	*located
	peers    *peers
	options  RetrieverOptions
	progress Progress

	queues  [2][][]uint32 // rows not asked for, by member: systematic, then parity
	next    [2]int        // member whose turn it is
	busy    []int         // jobs of a member
	lost    []bool        // members that are asked for nothing more
	faults  []*Fault
	rows    []erasure.Row // checked
	raw     []erasure.Row // not checked yet
	inCheck int           // rows that are being checked
	have    map[int]bool  // rows in any of these
	jobs    map[*job]bool
	took    []time.Duration
	checked chan struct{} // bounds the cores that check
}

// job asks one member for some rows.
type job struct {
	member int
	rows   []uint32
	began  time.Time
	late   bool
}

// haul is what a job brought, or, without a job, what a check said of rows.
type haul struct {
	job   *job
	rows  []erasure.Row
	kind  FaultKind // "" none
	fault error
	errs  []error // of a check, row by row
}

func newFetching(l *located, p *peers, o RetrieverOptions, progress Progress) *fetching {
	members := len(l.quorum.Members)
	f := &fetching{
		located: l, peers: p, options: o, progress: progress,
		busy: make([]int, members), lost: make([]bool, members), faults: make([]*Fault, members),
		have: make(map[int]bool), jobs: make(map[*job]bool), checked: make(chan struct{}, max(1, o.Workers)),
	}
	f.queues[0], f.queues[1] = l.plan()
	return f
}

// run returns K rows, systematic ones first in what was asked for, or
// ErrTooFewRows with everybody who is to blame.
func (f *fetching) run(ctx context.Context) ([]erasure.Row, error) {
	ctx, cancel := context.WithCancel(ctx)
	hauls := make(chan haul, f.options.Jobs)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	spawn := func(work func() haul) {
		wait.Go(func() {
			h := work()
			select {
			case hauls <- h:
			case <-ctx.Done():
			}
		})
	}
	for len(f.rows) < f.commit.Profile.K {
		f.fill(func(j *job) { spawn(func() haul { return f.ask(ctx, j) }) })
		f.startChecks(func(rows []erasure.Row) { spawn(func() haul { return f.check(ctx, rows) }) })
		if len(f.jobs) == 0 && f.inCheck == 0 {
			return f.rows, fmt.Errorf("%w: %d of %d rows of %s, want %d: %s", ErrTooFewRows, len(f.rows), f.commit.Profile.N, hexRoot(f.root), f.commit.Profile.K, names(f.blamed()))
		}
		timer := time.NewTimer(f.untilLate())
		select {
		case h := <-hauls:
			f.take(h)
		case <-timer.C:
			f.doubt()
		case <-ctx.Done():
			return f.rows, ctx.Err()
		}
		timer.Stop()
	}
	return f.rows, nil
}

// startChecks hands rows that came to the check: a full group, or what there is
// when nothing more is needed or on its way.
func (f *fetching) startChecks(start func([]erasure.Row)) {
	enough := len(f.rows)+f.inCheck+len(f.raw) >= f.commit.Profile.K
	waiting := false
	for j := range f.jobs {
		waiting = waiting || !j.late
	}
	for len(f.raw) >= checkRows || len(f.raw) > 0 && (enough || !waiting) {
		n := min(checkRows, len(f.raw))
		start(f.raw[:n:n])
		f.raw, f.inCheck = f.raw[n:], f.inCheck+n
	}
}

// fill starts jobs until enough rows are on their way.
func (f *fetching) fill(start func(*job)) {
	expected := len(f.rows) + len(f.raw) + f.inCheck
	running := 0
	for j := range f.jobs {
		if !j.late {
			expected, running = expected+len(j.rows), running+1
		}
	}
	for expected < f.commit.Profile.K && running < f.options.Jobs && len(f.jobs) < 4*f.options.Jobs {
		j := f.pick(f.commit.Profile.K - expected)
		if j == nil {
			return
		}
		expected, running = expected+len(j.rows), running+1
		f.jobs[j] = true
		f.busy[j.member]++
		start(j)
	}
}

// pick makes the next job: of the members with the fewest jobs under way the next
// in turn, systematic rows before others.
func (f *fetching) pick(most int) *job {
	most = min(most, max(1, f.options.JobBytes/f.commit.RowSize))
	for kind := range f.queues {
		best := -1
		for i := range f.queues[kind] {
			m := (f.next[kind] + i) % len(f.queues[kind])
			if !f.lost[m] && len(f.queues[kind][m]) > 0 && (best < 0 || f.busy[m] < f.busy[best]) {
				best = m
			}
		}
		if best < 0 {
			continue
		}
		f.next[kind] = best + 1
		queue := f.queues[kind][best]
		n := min(most, len(queue))
		f.queues[kind][best] = queue[n:]
		return &job{member: best, rows: queue[:n], began: time.Now()}
	}
	return nil
}

// limit is when a job is late: after the 95th percentile of those that are done
// and half as much again.
func (f *fetching) limit() time.Duration {
	if len(f.took) < 4 {
		return f.options.FirstHedge
	}
	return min(f.options.TryTimeout, p95(f.took)*3/2+20*time.Millisecond)
}

// untilLate is how long until the next job is late.
func (f *fetching) untilLate() time.Duration {
	limit, now, until := f.limit(), time.Now(), f.options.TryTimeout
	for j := range f.jobs {
		if !j.late {
			until = min(until, j.began.Add(limit).Sub(now))
		}
	}
	return max(until, time.Millisecond)
}

// doubt marks what is late, so that other rows are asked for in its place.
func (f *fetching) doubt() {
	limit, now := f.limit(), time.Now()
	for j := range f.jobs {
		if !j.late && now.Sub(j.began) >= limit {
			j.late = true
			if f.faults[j.member] == nil {
				f.faults[j.member] = faultOf(f.quorum.Members[j.member], FaultLate, fmt.Sprintf("no rows within %v", limit.Round(time.Millisecond)))
			}
		}
	}
}

// take counts what a job brought, or what a check said.
func (f *fetching) take(h haul) {
	if h.job == nil {
		f.judge(h)
		return
	}
	delete(f.jobs, h.job)
	f.busy[h.job.member]--
	for _, row := range h.rows {
		if !f.have[row.Index] {
			f.have[row.Index] = true
			f.raw = append(f.raw, row)
		}
	}
	if h.kind == "" {
		f.took = append(f.took, time.Since(h.job.began))
		if h.job.late && f.faults[h.job.member] != nil && f.faults[h.job.member].Kind == FaultLate {
			f.faults[h.job.member] = nil // it came after all
		}
		return
	}
	f.accuse(h.job.member, h.kind, h.fault)
}

// judge takes the rows that a check found right.
func (f *fetching) judge(h haul) {
	f.inCheck -= len(h.rows)
	for i, row := range h.rows {
		if h.errs[i] != nil {
			f.accuse(f.holders[row.Index], FaultBadRows, h.errs[i])
			continue
		}
		if len(f.rows) < f.commit.Profile.K {
			f.rows = append(f.rows, row)
			f.progress.Add(uint64(len(row.Data)))
		}
	}
}

// accuse blames a member, for the worst that is known of it, and asks it for
// nothing more; one that has lost rows may have others.
func (f *fetching) accuse(m int, kind FaultKind, why error) {
	if f.faults[m] == nil || f.faults[m].Kind == FaultLate || kind == FaultBadRows {
		f.faults[m] = faultOf(f.quorum.Members[m], kind, reason(why))
	}
	if kind != FaultNotFound {
		f.lost[m] = true
	}
}

func (f *fetching) blamed() (faults []Fault) {
	for _, fault := range f.faults {
		if fault != nil {
			faults = append(faults, *fault)
		}
	}
	return faults
}
