package encoder

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// Blob says where a blob stands: by this service's record, else by the chain.
func (s *Service) Blob(ctx context.Context, root Root) (Record, error) {
	if b := s.lookup(root); b != nil {
		return s.finalize(ctx, b), nil
	}
	found, err := s.Chain.DABlobByRoot(ctx, chain.Hash(root))
	switch {
	case errors.Is(err, chain.ErrNotFound):
		return Record{}, fmt.Errorf("%w: %s", ErrNotFound, root)
	case err != nil:
		return Record{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r := Record{Root: root, DataLen: found.DataLen, Profile: found.Profile, State: Submitted}
	r.onChain(found)
	switch found.Status {
	case chain.DABlobConfirmed:
		r.State = Finalized
	case chain.DABlobLapsed:
		r.State, r.Reason = Failed, "lapsed: too few members signed in time"
	}
	return r, nil
}

// recorded says whether the chain has a record of a blob.
func (s *Service) recorded(ctx context.Context, root Root) bool {
	_, err := s.Chain.DABlobByRoot(ctx, chain.Hash(root))
	return err == nil
}

// Wait returns the record of a blob of this service when its way is over, or as
// it is when the context ends.
func (s *Service) Wait(ctx context.Context, root Root) (Record, error) {
	if b := s.lookup(root); b != nil {
		select {
		case <-b.done:
		case <-ctx.Done():
		}
	}
	return s.Blob(context.WithoutCancel(ctx), root)
}

// readAtOnce bounds how many blobs are fetched from quorums at once; each needs
// about twice its payload.
const readAtOnce = 4

// Payload reads a confirmed blob: from memory, or from the members that hold its
// rows, checked and rebuilt.
func (s *Service) Payload(ctx context.Context, root Root) ([]byte, error) {
	if payload, ok := s.cache.get(root); ok {
		s.metrics.reads.WithLabelValues("cache").Inc()
		return payload, nil
	}
	if b := s.lookup(root); b != nil {
		if r := s.recordOf(b); r.State != Confirmed && r.State != Finalized {
			return nil, fmt.Errorf("%w: %s is %s %s", ErrNotConfirmed, root, r.State, r.Reason)
		}
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return nil, &Busy{What: "too many blobs are being read", After: busyAfter}
	}
	payload, err := s.Reader.Payload(ctx, chain.Hash(root))
	if err != nil {
		s.metrics.reads.WithLabelValues("failed").Inc()
		if errors.Is(err, client.ErrNotFound) || errors.Is(err, chain.ErrNotFound) {
			return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
		return nil, err
	}
	s.metrics.reads.WithLabelValues("quorum").Inc()
	s.cache.put(root, payload)
	return payload, nil
}

// Quote is the price of a blob and its shape.
type Quote struct {
	Bytes   uint64 `json:"bytes"`
	FeeAzg  string `json:"fee_azg"` // of the chain; gas comes on top
	Profile uint8  `json:"profile"`
	RowSize uint32 `json:"row_size"`
}

// Quote asks the chain what a payload costs.
func (s *Service) Quote(ctx context.Context, bytes uint64) (Quote, error) {
	want, err := s.network.shape(ctx)
	if err != nil {
		return Quote{}, err
	}
	if bytes > want.maxPayload {
		return Quote{}, tooLarge(bytes, want)
	}
	if _, err := want.profile.RowSize(bytes); err != nil {
		return Quote{}, err
	}
	quote, err := s.Chain.DAQuote(ctx, bytes)
	if err != nil {
		return Quote{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return Quote{Bytes: bytes, FeeAzg: quote.Fee.String(), Profile: quote.Profile, RowSize: quote.RowSize}, nil
}

// Status is how the daemon is doing.
type Status struct {
	Version     string   `json:"version"`
	Address     string   `json:"address"` // of the account that pays
	EVMChainID  uint64   `json:"evm_chain_id"`
	Epoch       uint64   `json:"epoch"`
	Profile     uint8    `json:"profile"`
	MaxBytes    uint64   `json:"max_payload_bytes"`
	Uptime      int64    `json:"uptime_seconds"`
	Pending     int      `json:"pending"` // blobs on their way
	SpoolBytes  uint64   `json:"spool_bytes"`
	MemoryBytes uint64   `json:"memory_bytes"`
	BalanceAzg  *big.Int `json:"balance_azg,omitempty"`
	Trouble     string   `json:"trouble,omitempty"` // the last thing in a batch's way
}

// Status asks the chain and counts.
func (s *Service) Status(ctx context.Context) (Status, error) {
	want, err := s.network.shape(ctx)
	out := Status{
		Version: s.Version, Address: s.Account.Address(), EVMChainID: want.evmChainID, Epoch: want.epoch, Profile: want.profile.ID,
		MaxBytes: want.maxPayload, Uptime: int64(s.Now().Sub(s.began) / time.Second),
		Pending: s.pending(), SpoolBytes: s.disk.inUse(), MemoryBytes: s.memory.inUse(),
	}
	if err != nil {
		return out, err
	}
	out.BalanceAzg, err = s.Chain.Balance(ctx, s.Account.Address())
	s.mu.Lock()
	out.Trouble = s.fault
	s.mu.Unlock()
	return out, err
}

func (s *Service) pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) + s.taken
}

// Health is nil while blobs can be taken and sent.
func (s *Service) Health(ctx context.Context) error {
	if err := s.journal.health(); err != nil {
		return err
	}
	_, err := s.network.shape(ctx)
	return err
}
