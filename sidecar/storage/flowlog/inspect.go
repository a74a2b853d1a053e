package flowlog

// Stats is the store at a glance.
type Stats struct {
	Dir          string
	UUID         string
	Role         Role
	Format       int
	SlotsPerPack int
	Packs        int
	FailedPacks  int
	UsedSlots    int // bad ones included; 0 capacity means the disk's
	Capacity     int
	Loads        int // stored, in part or whole
	Partial      int
	Plain        int
	Sealed       int
	Quarantined  int
	Bytes        int64
	Corruptions  uint64 // pieces found corrupt since Open
	ReadErrors   uint64 // reads the disk refused since Open
	MetaBytes    uint64 // on disk
	Disk         Space
	ReadOnly     string // why writes fail, or ""
}

// Inspect returns the store's numbers.
func (s *Store) Inspect() (Stats, error) {
	if err := s.enter(); err != nil {
		return Stats{}, err
	}
	defer s.leave()
	stats := Stats{
		Dir: s.dir, UUID: s.manifest.UUID, Role: s.manifest.Role, Format: s.manifest.Format,
		SlotsPerPack: s.manifest.SlotsPerPack, Capacity: s.opts.CapacityLoads,
		Loads: s.Count(), Bytes: s.Bytes(),
		Corruptions: s.corruptions.Load(), ReadErrors: s.readErrors.Load(),
		UsedSlots: int(s.usedSlots.Load()),
	}
	metrics := make(chan uint64, 1) // left behind where pebble waits for ever
	if err := s.meta.guard(func() error { metrics <- s.meta.db.Metrics().DiskSpaceUsage(); return nil }); err == nil {
		stats.MetaBytes = <-metrics
	}
	s.index.mu.RLock()
	stats.Partial, stats.Plain = s.index.count[Partial], s.index.count[Plain]
	stats.Sealed, stats.Quarantined = s.index.count[Sealed], s.index.count[Quarantined]
	s.index.mu.RUnlock()
	s.packs.mu.RLock()
	stats.Packs = len(s.packs.files)
	for _, pack := range s.packs.files {
		if pack.failed() != nil {
			stats.FailedPacks++
		}
	}
	s.packs.mu.RUnlock()
	if err := s.meta.failed(); err != nil {
		stats.ReadOnly = err.Error()
	}
	var err error
	stats.Disk, err = s.opts.FS.Space(s.dir)
	return stats, err
}
