package miner_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/zgd-network/zgd/sidecar/miner"
	"github.com/zgd-network/zgd/x/pora/mine"
)

func mixedSeals() miner.Seals {
	seals := miner.Seals{MinerID: mine.Hash{9}}
	for k := range seals.Digests {
		seals.Digests[k] = mine.Hash{byte(k / 5)}
	}
	return seals
}

func TestSealsEncodeToTheByte(t *testing.T) {
	var plain miner.Seals
	if got := plain.Encode(); len(got) != 66 || got[0] != 1 || got[33] != 63 {
		t.Fatalf("one run: %x", got)
	}
	seals := mixedSeals()
	encoded := seals.Encode()
	decoded, err := miner.DecodeSeals(encoded)
	if err != nil || decoded != seals {
		t.Fatalf("got %+v %v", decoded, err)
	}
	for name, bad := range map[string][]byte{
		"empty":               nil,
		"another version":     append([]byte{2}, encoded[1:]...),
		"a byte short":        encoded[:len(encoded)-1],
		"a byte long":         append(bytes.Clone(encoded), 0),
		"a run too few":       encoded[:len(encoded)-33],
		"a run too many":      append(bytes.Clone(encoded), make([]byte, 33)...),
		"a run that is split": append(append([]byte{1}, make([]byte, 32)...), append(append([]byte{31}, make([]byte, 32)...), append([]byte{31}, make([]byte, 32)...)...)...),
	} {
		if _, err := miner.DecodeSeals(bad); !errors.Is(err, miner.ErrSeals) {
			t.Errorf("%s: got %v, want ErrSeals", name, err)
		}
	}
}

func FuzzDecodeSeals(f *testing.F) {
	seals := mixedSeals()
	f.Add(seals.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		decoded, err := miner.DecodeSeals(b)
		if err == nil && !bytes.Equal(decoded.Encode(), b) {
			t.Fatalf("%x decodes and encodes to %x", b, decoded.Encode())
		}
	})
}

func TestSealedLoadsOutliveTheProcess(t *testing.T) {
	dir, id := filepath.Join(t.TempDir(), "data"), mine.Hash{9}
	store, err := miner.OpenStore(dir, id, quiet)
	if err != nil {
		t.Fatal(err)
	}
	load, seals := store.Buffer(), mixedSeals()
	for i := range load {
		load[i] = byte(i * 7)
	}
	if err := store.Write(context.Background(), 5, load, mine.Hash{3}, seals); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := miner.OpenStore(dir, mine.Hash{8}, quiet); err == nil {
		t.Fatal("another miner opened the store")
	}
	store, err = miner.OpenStore(dir, id, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	found := []uint64{}
	if err := store.Loads(func(load uint64) error { found = append(found, load); return nil }); err != nil || len(found) != 1 || found[0] != 5 {
		t.Fatalf("loads %v %v", found, err)
	}
	back := store.Buffer()
	got, err := store.Seals(5)
	if err != nil || got != seals {
		t.Fatalf("seals %+v %v", got, err)
	}
	if err := store.Read(5, back); err != nil || *back != *load {
		t.Fatalf("read: %v, equal %v", err, *back == *load)
	}
	if err := store.Read(6, back); err == nil {
		t.Fatal("read a load that is not there")
	}
}

func TestMinesFromItsDiskAcrossARestart(t *testing.T) {
	w := diskWorld(t)
	w.storage.put(1, 3<<18)
	first := w.start()
	first.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	first.until(t, "a proof and all loads sealed", func(s minerStatus) bool {
		return s.Proofs.Accepted == 1 && s.Loads.Sealed == s.Loads.Wanted
	})
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	fetches := w.storage.fetches.Load()
	second := w.start()
	second.until(t, "enrolled", func(s minerStatus) bool { return s.Claim.NumShard == 1 })
	w.chain.NextEpoch()
	second.until(t, "a proof", func(s minerStatus) bool { return s.Proofs.Accepted == 1 })
	if w.storage.fetches.Load() != fetches {
		t.Fatal("sealed loads were fetched again")
	}
}
