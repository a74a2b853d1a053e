package flowlog

import (
	"fmt"
	"log/slog"
	"time"
)

// Options of a store. Only Role is needed; zero values take the defaults said.
type Options struct {
	FS    FS   // default OS()
	Role  Role // what the directory is for; refused when it is another's
	Owner [32]byte
	// Program is the name in advice to the operator. Default by role.
	Program string

	CapacityLoads int // most slots ever used; 0: as many as the disk holds
	// SlotsPerPack of a new directory: 4096 (1 GiB) unless said; an old directory
	// keeps its own. Small ones (256: 64 MiB) suit devnets.
	SlotsPerPack int
	GroupCommit  GroupCommit
	// FullPercent: no new pack that would fill the file system this far. Default 95.
	FullPercent int
	// ReserveBytes of free space are left to metadata: below, writes of loads are
	// refused. Default 64 MiB.
	ReserveBytes uint64

	// Direct lets ReadLoadDirect go past the page cache where the disk can.
	Direct bool
	// DirectWrites sends whole 4-KiB pieces past the page cache where the disk can:
	// less processor time, and steady, for batches of many loads that are seldom
	// read. The first read after comes from the disk.
	DirectWrites bool
	// Repair lets Open go on with lost packs: their loads are forgotten, to be fetched again.
	Repair bool

	MetaCacheBytes    int64  // default 64 MiB
	MetaMemTableBytes uint64 // default 8 MiB

	Clock  Clock        // default the system's
	Logger *slog.Logger // default slog.Default()
}

// GroupCommit says when a group of queued batches is written: at Loads loads, at
// Delay after its first batch, or when somebody waits and the queue is empty.
type GroupCommit struct {
	Loads int           // default 32
	Delay time.Duration // default 100 ms
}

// Clock is time, as far as the engine needs it.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func (o Options) withDefaults() (Options, error) {
	if o.FS == nil {
		o.FS = OS()
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Program == "" {
		o.Program = map[Role]string{RolePlain: "zg-storage", RoleSealed: "zg-miner"}[o.Role]
	}
	setDefault(&o.SlotsPerPack, DefaultSlotsPerPack)
	setDefault(&o.GroupCommit.Loads, 32)
	setDefault(&o.GroupCommit.Delay, 100*time.Millisecond)
	setDefault(&o.FullPercent, 95)
	setDefault(&o.ReserveBytes, 64<<20)
	setDefault(&o.MetaCacheBytes, 64<<20)
	setDefault(&o.MetaMemTableBytes, 8<<20)
	switch {
	case o.Role != RolePlain && o.Role != RoleSealed:
		return o, fmt.Errorf("%w: role %q, want %q or %q", ErrArgument, o.Role, RolePlain, RoleSealed)
	case o.SlotsPerPack < 1 || o.SlotsPerPack > maxSlotsPerPack:
		return o, fmt.Errorf("%w: %d slots per pack, want 1 to %d", ErrArgument, o.SlotsPerPack, maxSlotsPerPack)
	case o.CapacityLoads < 0 || o.GroupCommit.Loads < 0 || o.GroupCommit.Delay < 0:
		return o, fmt.Errorf("%w: capacity %d, group of %d loads or %v: want none below 0", ErrArgument, o.CapacityLoads, o.GroupCommit.Loads, o.GroupCommit.Delay)
	case o.FullPercent < 1 || o.FullPercent > 100:
		return o, fmt.Errorf("%w: full at %d %%, want 1 to 100", ErrArgument, o.FullPercent)
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
