package miner

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// slotsPerPack makes packs of 64 MiB: a miner of a small range takes little disk.
const slotsPerPack = 256

// flowStore is a Store in the engine's format.
type flowStore struct{ log *flowlog.Store }

// OpenStore opens the sealed loads of a miner id, or makes an empty store.
func OpenStore(dir string, minerID mine.Hash, log *slog.Logger) (Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	engine, err := flowlog.Open(dir, flowlog.Options{
		Role: flowlog.RoleSealed, Owner: minerID, SlotsPerPack: slotsPerPack, Direct: true,
		MetaCacheBytes: 8 << 20, Logger: log,
	})
	if err != nil {
		return nil, fmt.Errorf("open sealed loads in %s: %w", dir, err)
	}
	return flowStore{engine}, nil
}

func (s flowStore) Loads(visit func(load uint64) error) error {
	var failed error
	err := s.log.Loads(0, func(load uint64, _ flowlog.State) bool {
		failed = visit(load)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

func (s flowStore) Seals(load uint64) (Seals, error) {
	meta, err := s.log.SealMeta(load)
	if err != nil {
		return Seals{}, err
	}
	return DecodeSeals(meta.Opaque)
}

func (s flowStore) Write(ctx context.Context, load uint64, sealed *mine.Load, loadRoot mine.Hash, seals Seals) error {
	return s.log.WriteSealed(ctx, load, sealed[:], flowlog.SealMeta{LoadRoot: loadRoot, Opaque: seals.Encode()})
}

func (s flowStore) Buffer() *mine.Load { return (*mine.Load)(flowlog.AlignedBuffer(len(mine.Load{}))) }

func (s flowStore) Read(load uint64, into *mine.Load) error {
	return s.log.ReadLoadDirect(load, into[:])
}

func (s flowStore) Delete(ctx context.Context, load uint64) error { return s.log.Delete(ctx, load) }

func (s flowStore) Close() error { return s.log.Close() }
