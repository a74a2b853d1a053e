package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// pruneBatch bounds how much one commit deletes.
const pruneBatch = 4096

// Drop forgets one blob. Loads that it has for itself are freed; what it shares
// with others goes when the epoch does.
func (s *Store) Drop(ctx context.Context, id uint64) error {
	r, err := s.Record(id)
	if errors.Is(err, ErrNotHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	floor := s.next[r.Epoch]
	s.mu.Unlock()
	var b flowlog.Batch
	s.unset(&b, r)
	b.Set(key(prefixFloor, word(r.Epoch)), word(floor))
	from := (r.First + layout.SectorsPerLoad - 1) / layout.SectorsPerLoad
	for load := from; load < r.end()/layout.SectorsPerLoad; load++ {
		b.Delete(r.Epoch<<32 | load)
	}
	if err := s.commit(ctx, &b); err != nil {
		return fmt.Errorf("delete blob %d: %w", id, err)
	}
	s.forget(r)
	return nil
}

func (s *Store) unset(b *flowlog.Batch, r *Record) {
	b.Unset(blobKey(r.BlobID))
	b.Unset(rootKey(r.Root(), r.BlobID))
	b.Unset(epochKey(r.Epoch, r.BlobID))
}

func (s *Store) forget(records ...*Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		delete(s.waiting, r.BlobID)
		s.blobs--
	}
}

// Prune forgets all blobs of epochs before one and frees their loads. It can be
// cut anywhere and called again.
func (s *Store) Prune(ctx context.Context, before uint64) (blobs int, err error) {
	if before > maxEpoch {
		return 0, fmt.Errorf("%w: prune before epoch %d", ErrRecord, before)
	}
	for {
		records, err := s.expired(before)
		if err != nil || len(records) == 0 {
			return blobs, errors.Join(err, s.freeLoads(ctx, before))
		}
		var b flowlog.Batch
		for _, r := range records {
			s.unset(&b, r)
		}
		if err := s.commit(ctx, &b); err != nil {
			return blobs, fmt.Errorf("delete expired blobs: %w", err)
		}
		s.forget(records...)
		blobs += len(records)
	}
}

// expired returns some blobs of epochs before one.
func (s *Store) expired(before uint64) (records []*Record, err error) {
	var ids []uint64
	err = s.meta.Iterate([]byte{prefixEpoch}, func(key, _ []byte) (bool, error) {
		if len(key) != 17 {
			return false, fmt.Errorf("%w: epoch key %x", ErrRecord, key)
		}
		if binary.BigEndian.Uint64(key[1:]) >= before {
			return false, nil
		}
		ids = append(ids, binary.BigEndian.Uint64(key[9:]))
		return len(ids) < pruneBatch, nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := s.Record(id)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// freeLoads deletes the loads of epochs before one, and what is remembered of
// their sectors.
func (s *Store) freeLoads(ctx context.Context, before uint64) error {
	for {
		var b flowlog.Batch
		count := 0
		err := s.engine.Loads(0, func(load uint64, _ flowlog.State) bool {
			if load>>32 >= before || count == pruneBatch {
				return false
			}
			b.Delete(load)
			count++
			return true
		})
		if err != nil {
			return err
		}
		if count == 0 {
			break
		}
		if err := s.commit(ctx, &b); err != nil {
			return fmt.Errorf("free loads of expired epochs: %w", err)
		}
	}
	return s.freeFloors(ctx, before)
}

func (s *Store) freeFloors(ctx context.Context, before uint64) error {
	var b flowlog.Batch
	s.mu.Lock()
	for epoch := range s.next {
		if epoch < before {
			delete(s.next, epoch)
			b.Unset(key(prefixFloor, word(epoch)))
		}
	}
	s.mu.Unlock()
	if b.Empty() {
		return nil
	}
	return s.commit(ctx, &b)
}
