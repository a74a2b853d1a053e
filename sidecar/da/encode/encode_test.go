package encode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const evmChainID = 16601

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// mission D01 (encode): the bytes do not depend on how many cores made them.
func TestAnyNumberOfWorkersGivesTheSameBlob(t *testing.T) {
	cases := []struct {
		p    erasure.Profile
		size int
	}{
		{erasure.Test, 1}, {erasure.Test, 9}, {erasure.Test, 240}, {erasure.Test, 241}, {erasure.Test, 70_000},
		{erasure.Dev, 1000}, {erasure.Dev, 100_000}, {erasure.Dev, 32*4160 - 16}, {erasure.Production, 1 << 20},
		{erasure.Parity, 4<<20 + 3},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d of %d rows, %d bytes", c.p.K, c.p.N, c.size), func(t *testing.T) {
			payload := noise(c.size, byte(c.size))
			want, err := erasure.Encode(erasure.CPU, c.p, evmChainID, payload)
			if err != nil {
				t.Fatal(err)
			}
			for _, workers := range []int{0, 1, 2, 3, 7, 64} {
				got, err := encode.Encode(context.Background(), erasure.CPU, c.p, evmChainID, payload, workers)
				if err != nil {
					t.Fatal(err)
				}
				same(t, got, want)
				encode.Recycle(got) // the next one lies where this one lay
			}
		})
	}
}

func same(t *testing.T, got, want *erasure.Blob) {
	t.Helper()
	if got.Commitment != want.Commitment {
		t.Fatalf("got commitment %+v, want %+v", got.Commitment, want.Commitment)
	}
	if !reflect.DeepEqual(got.RLC, want.RLC) {
		t.Fatal("the combinations differ")
	}
	for i := range want.Rows {
		if !bytes.Equal(got.Rows[i], want.Rows[i]) {
			t.Fatalf("row %d differs", i)
		}
		if !reflect.DeepEqual(got.Row(i).Path, want.Row(i).Path) {
			t.Fatalf("the path of row %d differs", i)
		}
	}
}

// A smaller blob in the memory of a larger one must not see its bytes.
func TestRecycledMemoryHoldsNothingOld(t *testing.T) {
	large, err := encode.Encode(context.Background(), erasure.CPU, erasure.Dev, evmChainID, bytes.Repeat([]byte{0xff}, 150_000), 2)
	if err != nil {
		t.Fatal(err)
	}
	encode.Recycle(large)
	for _, size := range []int{60_001, 60_000, 59_900} {
		want, err := erasure.Encode(erasure.CPU, erasure.Dev, evmChainID, noise(size, 3))
		if err != nil {
			t.Fatal(err)
		}
		got, err := encode.Encode(context.Background(), erasure.CPU, erasure.Dev, evmChainID, noise(size, 3), 2)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
		encode.Recycle(got)
	}
}

func TestNothingAndTooMuchAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		size uint64
		want error
	}{
		{"nothing", 0, erasure.ErrEmptyBlob},
		{"the most there can be", erasure.Test.MaxPayload(), nil},
		{"one byte more", erasure.Test.MaxPayload() + 1, erasure.ErrBlobTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := encode.Encode(context.Background(), erasure.CPU, erasure.Test, evmChainID, make([]byte, c.size), 2)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

// stuck fails, or cancels, at a stripe.
type stuck struct {
	erasure.Codec
	at func() error
}

func (s stuck) Encode(p erasure.Profile, rows [][]byte) error {
	if err := s.at(); err != nil {
		return err
	}
	return s.Codec.Encode(p, rows)
}

func TestACancelledContextEndsTheWork(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	codec := stuck{erasure.CPU, func() error { cancel(); return nil }}
	if _, err := encode.Encode(ctx, codec, erasure.Dev, evmChainID, noise(1<<20, 4), 2); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want %v", err, context.Canceled)
	}
}

func TestAnErrorOfTheBackendIsReturned(t *testing.T) {
	broken := errors.New("no such device")
	codec := stuck{erasure.CPU, func() error { return broken }}
	if _, err := encode.Encode(context.Background(), codec, erasure.Dev, evmChainID, noise(1<<20, 4), 2); !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
}
