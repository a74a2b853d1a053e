package flowlog

import "context"

// Meta is the owner's small ordered key-value area: cursors, roots, progress.
// It shows committed rows; write together with loads through a Batch.
type Meta struct{ store *Store }

// Meta returns the owner's area.
func (s *Store) Meta() Meta { return Meta{s} }

func ownerKey(key []byte) []byte { return append([]byte{keyOwner}, key...) }

// Get returns a copy of the value; ok is false when there is none.
func (m Meta) Get(key []byte) (value []byte, ok bool, err error) {
	if err := m.store.enter(); err != nil {
		return nil, false, err
	}
	defer m.store.leave()
	return m.store.meta.get(ownerKey(key))
}

// Set stores one row and returns when it is durable.
func (m Meta) Set(ctx context.Context, key, value []byte) error {
	var b Batch
	b.Set(key, value)
	return m.store.Commit(ctx, &b)
}

// Delete removes one row and returns when that is durable.
func (m Meta) Delete(ctx context.Context, key []byte) error {
	var b Batch
	b.Unset(key)
	return m.store.Commit(ctx, &b)
}

// Iterate calls do for every key with the prefix, in order, on one snapshot,
// until do says false. Key and value are valid during the call only; do must not
// Close the store.
func (m Meta) Iterate(prefix []byte, do func(key, value []byte) (more bool, err error)) error {
	if err := m.store.enter(); err != nil {
		return err
	}
	defer m.store.leave()
	from := ownerKey(prefix)
	return m.store.meta.iterate(from, prefixEnd(from), func(key, value []byte) (bool, error) { return do(key[1:], value) })
}

// prefixEnd returns the first key after all that start with prefix; prefix
// starts with keyOwner, so there is one.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte{}, prefix...)
	for i := len(end) - 1; ; i-- {
		if end[i] != 0xff {
			end[i]++
			return end[:i+1]
		}
	}
}
