package encoder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// busyAfter is when somebody may try again who found no room: about a batch.
const busyAfter = 2 * time.Second

// Put takes a payload of size bytes (-1: until the stream ends) of a client. When
// it returns without error the blob is on disk and will be confirmed, or is known
// already; fresh says which. Nothing is taken that cannot be held.
func (s *Service) Put(ctx context.Context, from *tenant, body io.Reader, size int64) (r Record, fresh bool, err error) {
	defer func() { s.metrics.count(err, fresh) }()
	want, err := s.network.shape(ctx)
	if err != nil {
		return Record{}, false, err
	}
	most := want.maxPayload
	if size >= 0 {
		most = min(most, uint64(size))
	}
	rowSize, err := want.profile.RowSize(uint64(max(size, 0)))
	switch {
	case size == 0 || size > 0 && err != nil:
		return Record{}, false, err
	case size > int64(want.maxPayload):
		return Record{}, false, tooLarge(size, want)
	case size < 0:
		rowSize, _ = want.profile.RowSize(most) // fits: it is the largest
	}
	held := most + codedBytes(want.profile, rowSize)
	if held > s.memory.size {
		return Record{}, false, fmt.Errorf("%w: %d bytes need %d of memory, memory_mib is less", erasure.ErrBlobTooLarge, most, held)
	}
	if !s.memory.take(held) {
		return Record{}, false, &Busy{What: "no memory for another blob", After: busyAfter}
	}
	kept := uint64(0)
	defer func() { s.memory.give(held - kept) }()
	payload, err := readPayload(body, size, want)
	if err != nil {
		return Record{}, false, err
	}
	undo, err := from.spend(s.Now(), uint64(len(payload)))
	if err != nil {
		return Record{}, false, err
	}
	defer func() {
		if err != nil || !fresh {
			undo()
		}
	}()
	coded, err := s.code(ctx, want, payload)
	if err != nil {
		return Record{}, false, err
	}
	r, fresh, err = s.accept(ctx, from, want, payload, coded)
	if err != nil || !fresh {
		encode.Recycle(coded)
		return r, fresh, err
	}
	kept = codedBytes(coded.Profile, coded.RowSize)
	return r, true, nil
}

func tooLarge[N int64 | uint64](size N, want shape) error {
	return fmt.Errorf("%w: %d bytes, want at most %d: split it", erasure.ErrBlobTooLarge, size, want.maxPayload)
}

// readPayload reads a body and holds it to its size.
func readPayload(body io.Reader, size int64, want shape) ([]byte, error) {
	if size < 0 {
		var all bytes.Buffer
		n, err := io.Copy(&all, io.LimitReader(body, int64(want.maxPayload)+1))
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: payload: %w", errBadRequest, err)
		case n == 0:
			return nil, erasure.ErrEmptyBlob
		case n > int64(want.maxPayload):
			return nil, tooLarge(n, want)
		}
		return all.Bytes(), nil
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(body, payload); err != nil {
		return nil, fmt.Errorf("%w: payload: want %d bytes: %w", errBadRequest, size, err)
	}
	if n, _ := body.Read(make([]byte, 1)); n > 0 {
		return nil, fmt.Errorf("%w: payload is longer than the %d bytes announced", errBadRequest, size)
	}
	return payload, nil
}

func (s *Service) code(ctx context.Context, want shape, payload []byte) (*erasure.Blob, error) {
	began := time.Now()
	coded, err := encode.Encode(ctx, s.Codec, want.profile, want.evmChainID, payload, s.cfg.Workers)
	if err == nil {
		s.metrics.encoded(len(payload), time.Since(began))
	}
	return coded, err
}

// accept puts a coded payload into spool, journal and queue, unless the blob is
// known or confirmed already: the same payload is not paid twice.
func (s *Service) accept(ctx context.Context, from *tenant, want shape, payload []byte, coded *erasure.Blob) (Record, bool, error) {
	root := Root(coded.DataRoot())
	unlock := s.lockRoot(root)
	defer unlock()
	if b := s.lookup(root); b != nil {
		if r := s.recordOf(b); stands(r, want) {
			return r, false, nil
		}
	} else if r, ok := s.confirmedByOthers(ctx, root, coded); ok {
		return r, false, nil
	}
	n := uint64(len(payload))
	if !s.disk.take(n) {
		return Record{}, false, &Busy{What: "no room in the spool", After: 5 * busyAfter}
	}
	r := Record{
		Root: root, State: Accepted, DataLen: n, Profile: want.profile.ID, Client: from.name, Received: s.Now().Unix(),
	}
	err := s.spool.put(root, r.Profile, payload)
	if err == nil {
		err = s.enter(&blob{
			record: r, coded: coded, held: codedBytes(coded.Profile, coded.RowSize), spooled: n,
			since: s.Now(), due: s.Now(), done: make(chan struct{}),
		})
	}
	if err != nil {
		s.disk.give(n)
		return Record{}, false, errors.Join(err, s.spool.remove(root))
	}
	return r, true, nil
}

// stands says whether a blob needs no new order.
func stands(r Record, want shape) bool {
	switch r.State {
	case Failed:
		return false
	case Confirmed, Finalized:
		return want.kept(r.Epoch)
	}
	return true
}

// confirmedByOthers asks the chain for a blob that this service does not know. If
// the chain does not answer, the order will tell.
func (s *Service) confirmedByOthers(ctx context.Context, root Root, coded *erasure.Blob) (Record, bool) {
	found, err := s.Chain.DABlobByRoot(ctx, chain.Hash(root))
	if err != nil || found.Status != chain.DABlobConfirmed || found.Root != chain.Hash(root) {
		return Record{}, false
	}
	r := Record{Root: root, State: Finalized, DataLen: coded.DataLen, Profile: coded.Profile.ID}
	r.onChain(found)
	return r, true
}

// enter makes a new blob known: journal, memory, queue.
func (s *Service) enter(b *blob) error {
	s.saving.RLock()
	defer s.saving.RUnlock()
	if err := s.journal.append(b.record, true); err != nil {
		return err
	}
	s.mu.Lock()
	s.blobs[b.record.Root] = b
	s.queue = append(s.queue, b)
	s.mu.Unlock()
	s.metrics.states.WithLabelValues(string(b.record.State)).Inc()
	s.nudge()
	return nil
}

func (s *Service) lookup(root Root) *blob {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blobs[root]
}

// lockRoot lets one request at a time decide about a root.
func (s *Service) lockRoot(root Root) (unlock func()) {
	for {
		s.mu.Lock()
		busy, taken := s.deciding[root]
		if !taken {
			free := make(chan struct{})
			s.deciding[root] = free
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.deciding, root)
				s.mu.Unlock()
				close(free)
			}
		}
		s.mu.Unlock()
		<-busy
	}
}

// nudge tells Run that something is due.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
