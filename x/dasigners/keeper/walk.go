package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
)

// firstOf lists at most so many keys of a set.
func firstOf[K any](ctx context.Context, set collections.KeySet[K], within collections.Ranger[K], most int) (keys []K, err error) {
	err = set.Walk(ctx, within, func(key K) (stop bool, err error) {
		keys = append(keys, key)
		return len(keys) == most, nil
	})
	return keys, err
}

// firstIn lists at most so many keys of a map.
func firstIn[K, V any](ctx context.Context, m collections.Map[K, V], within collections.Ranger[K], most int) (keys []K, err error) {
	err = m.Walk(ctx, within, func(key K, _ V) (stop bool, err error) {
		keys = append(keys, key)
		return len(keys) == most, nil
	})
	return keys, err
}

// prune removes at most so many records of a map.
func prune[K, V any](ctx context.Context, m collections.Map[K, V], within collections.Ranger[K], most int) error {
	old, err := firstIn(ctx, m, within, most)
	if err != nil {
		return err
	}
	for _, key := range old {
		if err := m.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// removeIf removes an entry of an index that still points to a record.
func removeIf[K any](ctx context.Context, index collections.Map[K, uint64], key K, id uint64) error {
	newest, err := index.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) || err == nil && newest != id {
		return nil
	}
	if err != nil {
		return err
	}
	return index.Remove(ctx, key)
}
