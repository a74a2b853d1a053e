package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/time/rate"
)

// accessFile is the operator's list of clients. Quotas are a hosted disperser's
// own affair: the chain knows only the account that pays.
type accessFile struct {
	Clients []accessEntry `toml:"client"`
}

type accessEntry struct {
	Name        string `toml:"name"`
	TokenSHA256 string `toml:"token_sha256"` // hex; the token itself is nowhere on disk
	MiBPerDay   uint64 `toml:"mib_per_day"`  // 0: no limit
	BlobsPerMin uint64 `toml:"blobs_per_minute"`
}

// access knows the clients. Allowances are kept in memory: a restart fills them.
type access struct {
	open    bool // no list: everybody who reaches the door
	clients map[[32]byte]*tenant
}

// tenant is somebody with a token.
type tenant struct {
	name  string
	mu    sync.Mutex
	bytes *rate.Limiter // nil: no limit
	blobs *rate.Limiter
}

// loadAccess reads a list; an empty path is an open door.
func loadAccess(path string) (*access, error) {
	if path == "" {
		return &access{open: true}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("access file: %w", err)
	}
	return parseAccess(text)
}

func parseAccess(text []byte) (*access, error) {
	var file accessFile
	if err := toml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("access file: %w", err)
	}
	a := &access{clients: make(map[[32]byte]*tenant)}
	for i, entry := range file.Clients {
		digest, err := hex.DecodeString(entry.TokenSHA256)
		if err != nil || len(digest) != 32 {
			return nil, fmt.Errorf("access file: client %d: token_sha256 %q, want 64 hex characters: printf %%s TOKEN | sha256sum", i, entry.TokenSHA256)
		}
		if entry.Name == "" || a.clients[[32]byte(digest)] != nil {
			return nil, fmt.Errorf("access file: client %d (%q): want a name, and a token of its own", i, entry.Name)
		}
		const day = 24 * 60 * 60
		c := &tenant{name: entry.Name}
		if n := entry.MiBPerDay; n > 0 {
			c.bytes = rate.NewLimiter(rate.Limit(float64(n)*(1<<20)/day), int(min(n, 1<<30)<<20))
		}
		if n := entry.BlobsPerMin; n > 0 {
			c.blobs = rate.NewLimiter(rate.Limit(float64(n)/60), int(min(n, 1<<30)))
		}
		a.clients[[32]byte(digest)] = c
	}
	if len(a.clients) == 0 {
		return nil, fmt.Errorf("access file: no [[client]]: nobody could come in")
	}
	return a, nil
}

// anybody is the client of an open door.
var anybody = &tenant{name: ""}

// who returns the client of a token. The digest is looked up, so that the time of
// the comparison tells nothing of the token.
func (a *access) who(token string) (*tenant, error) {
	if a.open {
		return anybody, nil
	}
	if c := a.clients[sha256.Sum256([]byte(token))]; c != nil && token != "" {
		return c, nil
	}
	return nil, ErrUnauthorized
}

// spend takes a blob of n bytes off the allowance, or says when there will be
// enough; undo gives it back: what was not accepted, or was known already, costs
// nothing.
func (c *tenant) spend(now time.Time, n uint64) (undo func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var taken []*rate.Reservation
	undo = func() {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	for _, one := range []struct {
		what    string
		limiter *rate.Limiter
		n       int
	}{{"blobs a minute", c.blobs, 1}, {"bytes a day", c.bytes, int(n)}} {
		if one.limiter == nil {
			continue
		}
		r := one.limiter.ReserveN(now, one.n)
		if !r.OK() {
			undo()
			return nil, &Busy{What: fmt.Sprintf("%d %s are more than %s may ever send at once", one.n, one.what, c.name), After: 24 * time.Hour, Quota: true}
		}
		taken = append(taken, r)
		if wait := r.DelayFrom(now); wait > 0 {
			undo()
			return nil, &Busy{What: fmt.Sprintf("%s has used up its %s", c.name, one.what), After: wait, Quota: true}
		}
	}
	return undo, nil
}
