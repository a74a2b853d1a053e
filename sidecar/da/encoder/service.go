package encoder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// maxRecords is how many blobs that are over are remembered; the chain and the
// quorums know of older ones.
const maxRecords = 10_000

// Quorums brings the rows of blobs to the members of their quorum and their
// signatures back (client.Disperser).
type Quorums interface {
	// Disperse uses no blob any more when it returns. The error is
	// *client.InsufficientSignatures for blobs that are in no certificate.
	Disperse(ctx context.Context, q chain.DAQuorum, pieces []client.Piece) (*client.Dispersal, error)
}

// Reader fetches a confirmed payload from those who hold its rows, checked and
// rebuilt (client.Client).
type Reader interface {
	Payload(ctx context.Context, root chain.Hash) ([]byte, error)
}

// Parts are what a service stands on.
type Parts struct {
	Chain   chain.DAReader
	Account chain.DASender
	Quorums Quorums
	Reader  Reader
	Locator Locator // nil: no door for light samplers
	Codec   erasure.Codec
	Log     *slog.Logger
	Version string
	Now     func() time.Time // nil: the clock
}

// Service takes blobs, has them confirmed and reads them back.
type Service struct {
	Parts
	cfg     Config
	began   time.Time
	access  *access
	memory  *budget  // bytes of requests and coded blobs
	disk    *budget  // bytes of payloads in the spool
	lock    *os.File // the home is ours while it is open
	journal *journal
	spool   spool
	cache   *cache
	network *network
	metrics *metrics
	wake    chan struct{} // something is due
	reading chan struct{} // slots of Payload
	samples *samples

	saving sync.RWMutex // held to read while a record is on its way to journal and memory

	mu       sync.Mutex // guards the rest and every blob
	blobs    map[Root]*blob
	deciding map[Root]chan struct{} // roots whose acceptance is under way
	queue    []*blob                // not in anybody's hands, oldest first
	taken    int                    // in a batch's hands
	fault    string                 // the last thing that kept a batch from its way; "" after a success
}

// blob is one that this service knows of.
type blob struct {
	record    Record
	coded     *erasure.Blob // nil: to be coded again from the spool
	held      uint64        // bytes of memory reserved for coded
	spooled   uint64        // bytes of disk reserved
	uncertain bool          // where it stands on chain is to be asked first
	failures  int           // in a row
	since     time.Time     // since when it waits
	due       time.Time
	done      chan struct{} // closed when its record is over
}

// Open reads a home and continues what is in it once Run runs.
func Open(home string, cfg Config, parts Parts, registry *prometheus.Registry) (*Service, error) {
	if parts.Now == nil {
		parts.Now = time.Now
	}
	allowed, err := loadAccess(cfg.AccessFile)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("make home: %w", err)
	}
	lock, err := lockHome(home)
	if err != nil {
		return nil, err
	}
	pending, err := openSpool(home)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("spool: %w", err), lock.Close())
	}
	log, records, err := openJournal(home)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s := &Service{
		Parts: parts, lock: lock, cfg: cfg, began: parts.Now(), access: allowed, journal: log, spool: pending,
		memory: newBudget(cfg.MemoryMiB << 20), disk: newBudget(cfg.SpoolMiB << 20), cache: newCache(cfg.CacheMiB << 20),
		network: &network{chain: parts.Chain, now: parts.Now}, wake: make(chan struct{}, 1), reading: make(chan struct{}, readAtOnce), blobs: make(map[Root]*blob), deciding: make(map[Root]chan struct{}),
	}
	s.samples = newSamples(parts.Locator, s.recorded, cfg.ChunksPerSecond, parts.Now)
	s.metrics = newMetrics(s, registry)
	if err := s.resume(records); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// resume continues what was acknowledged. A payload without a record was not, or
// the journal was taken away: it is finished, too, for its client will ask for it
// again.
func (s *Service) resume(records []Record) error {
	spooled, err := s.spool.list()
	if err != nil {
		return err
	}
	there := make(map[Root]bool, len(spooled))
	for _, root := range spooled {
		there[root] = true
	}
	now := s.Now()
	for _, r := range records {
		if !r.State.over() && !there[r.Root] {
			r.State, r.Reason = Failed, "its payload is gone from the spool: put it again"
			if err := s.journal.append(r, true); err != nil {
				return err
			}
		}
		s.adopt(r, now)
		if r.State.over() && there[r.Root] {
			err = errors.Join(err, s.spool.remove(r.Root))
		}
	}
	for _, root := range spooled {
		if s.blobs[root] != nil {
			continue
		}
		payload, profile, readErr := s.spool.get(root)
		r := Record{Root: root, State: Accepted, DataLen: uint64(len(payload)), Profile: profile, Received: now.Unix()}
		if readErr != nil || r.check() != nil {
			s.Log.Warn("a payload that nobody was promised is damaged: removed", "root", root, "reason", readErr)
			err = errors.Join(err, s.spool.remove(root))
			continue
		}
		if err := s.journal.append(r, true); err != nil {
			return err
		}
		s.adopt(r, now)
	}
	return err
}

// adopt puts a record of the journal into memory, and into the queue if it is not
// over.
func (s *Service) adopt(r Record, now time.Time) {
	b := &blob{record: r, uncertain: true, since: now, due: now, done: make(chan struct{})}
	s.blobs[r.Root] = b
	if r.State.over() {
		close(b.done)
		return
	}
	b.spooled = r.DataLen
	s.disk.force(b.spooled)
	s.queue = append(s.queue, b)
}

// Close leaves the home; Run has returned.
func (s *Service) Close() error { return errors.Join(s.journal.close(), s.lock.Close()) }

// update changes the record of a blob that is in the caller's hands, in the
// journal first. That its way is over is on disk before its payload is removed.
func (s *Service) update(b *blob, change func(r *Record)) error {
	s.saving.RLock()
	defer s.saving.RUnlock()
	r := s.recordOf(b)
	was := r.State
	change(&r)
	if err := s.journal.append(r, r.State.over() && !was.over()); err != nil {
		return err
	}
	s.mu.Lock()
	b.record = r
	if r.State.over() && !was.over() {
		close(b.done)
	}
	s.mu.Unlock()
	if was != r.State {
		s.metrics.states.WithLabelValues(string(r.State)).Inc()
		s.Log.Info("blob", "root", r.Root, "state", r.State, "id", r.BlobID, "height", r.ConfirmHeight, "reason", r.Reason)
	}
	return nil
}

func (s *Service) recordOf(b *blob) Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.record
}

// forget drops the oldest records that are over when there are too many, and
// shortens the journal.
func (s *Service) forget() error {
	if !s.journal.tooLong() {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	kept := make([]Record, 0, len(s.blobs))
	for _, b := range s.blobs {
		kept = append(kept, b.record)
	}
	slices.SortFunc(kept, func(a, b Record) int { return cmp.Compare(b.Received, a.Received) }) // newest first
	over := 0
	kept = slices.DeleteFunc(kept, func(r Record) bool {
		if r.State.over() {
			over++
		}
		if !r.State.over() || over <= maxRecords {
			return false
		}
		delete(s.blobs, r.Root)
		return true
	})
	s.mu.Unlock()
	slices.Reverse(kept)
	return s.journal.rewrite(kept)
}
