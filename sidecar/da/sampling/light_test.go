package sampling_test

import (
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/sampling"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// shelf serves a blob from memory, with faults.
type shelf struct {
	*erasure.Blob
	gone  func(row int) bool
	spoil func(body []byte)
	asked atomic.Int64
}

var errGone = errors.New("no such chunk")

func (s *shelf) Preimage(context.Context) ([]byte, error) { return s.Blob.Preimage(), nil }

func (s *shelf) Chunk(_ context.Context, row, index int) ([]byte, error) {
	s.asked.Add(1)
	if s.gone != nil && s.gone(row) {
		return nil, errGone
	}
	chunk, err := erasure.ChunkOf(s.Row(row), index)
	if err != nil {
		return nil, err
	}
	body := sampling.AppendAnswer(nil, s.Commitment, chunk)
	if s.spoil != nil {
		s.spoil(body)
	}
	return body, nil
}

func encode(tb testing.TB, p erasure.Profile, size int) *erasure.Blob {
	tb.Helper()
	payload := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(payload)
	blob, err := erasure.Encode(erasure.CPU, p, 7260001, payload)
	require.NoError(tb, err)
	return blob
}

// mission D09 (the light sampler, by its root alone): healthy blobs are shown, those of
// which too little is left, or of which nothing is right, are not.
func TestLightSamples(t *testing.T) {
	blob := encode(t, erasure.Dev, 200_000) // 4 chunks a row
	const seed = 9                          // with others a blob may be shown before any of its missing rows is drawn
	t.Logf("seed %d", seed)
	for _, one := range []struct {
		name   string
		source *shelf
		shown  bool
		least  int // samples
		reason string
	}{
		{"all there", &shelf{Blob: blob}, true, 9, ""},
		{"a third missing", &shelf{Blob: blob, gone: func(row int) bool { return row%3 == 0 }}, true, 10, "no such chunk"},
		{"one row too few", &shelf{Blob: blob, gone: func(row int) bool { return row >= 31 }}, false, 40, "no such chunk"},
		{"nothing there", &shelf{Blob: blob, gone: func(int) bool { return true }}, false, 97, "no such chunk"},
		{"a bit of data wrong", &shelf{Blob: blob, spoil: func(b []byte) { b[erasure.PreimageSize] ^= 1 }}, false, 97, "does not lead to the root"},
		{"a bit of path wrong", &shelf{Blob: blob, spoil: func(b []byte) { b[len(b)-1] ^= 1 }}, false, 97, "does not lead to the root"},
		{"a bit of preimage wrong", &shelf{Blob: blob, spoil: func(b []byte) { b[80] ^= 1 }}, false, 97, "preimage of another root"},
	} {
		t.Run(one.name, func(t *testing.T) {
			told := 0
			got, err := sampling.Light(t.Context(), blob.DataRoot(), one.source, sampling.Options{
				Random: rand.NewChaCha8([32]byte{seed}), Progress: func(sampling.Result) { told++ },
			})
			require.NoError(t, err)
			t.Logf("shown %v, confidence %.7f, %d samples, %d failed, %d bytes, %v", got.Shown, got.Confidence, got.Samples, got.Failed, got.Bytes, got.Reasons)
			require.Equal(t, one.shown, got.Shown)
			require.Equal(t, one.shown, got.Confidence >= 0.999999)
			require.GreaterOrEqual(t, got.Samples, one.least)
			require.LessOrEqual(t, got.Samples, 128)
			require.Equal(t, got.Samples, told)
			require.GreaterOrEqual(t, one.source.asked.Load(), int64(got.Samples))
			require.Equal(t, blob.Commitment, got.Commitment)
			require.Contains(t, strings.Join(got.Reasons, "\n"), one.reason)
			require.Equal(t, one.reason == "", got.Failed == 0 && len(got.Reasons) == 0)
		})
	}
}

// stuck never answers.
type stuck struct{}

func (stuck) Preimage(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
func (stuck) Chunk(ctx context.Context, _, _ int) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// other tells the preimage of another blob.
type other struct{ shelf }

func TestLightWithoutAPreimage(t *testing.T) {
	blob := encode(t, erasure.Test, 1000)
	got, err := sampling.Light(t.Context(), blob.DataRoot(), stuck{}, sampling.Options{TryTimeout: time.Millisecond})
	require.NoError(t, err)
	require.False(t, got.Shown)
	require.Zero(t, got.Samples)
	require.Len(t, got.Reasons, 1)

	got, err = sampling.Light(t.Context(), blob.DataRoot(), &other{shelf{Blob: encode(t, erasure.Test, 1001)}}, sampling.Options{})
	require.NoError(t, err)
	require.False(t, got.Shown)
	require.Contains(t, got.Reasons[0], "preimage of another root")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sampling.Light(ctx, blob.DataRoot(), &shelf{Blob: blob}, sampling.Options{})
	require.ErrorIs(t, err, context.Canceled)
	for _, confidence := range []float64{-1, 1, 2} {
		_, err = sampling.Light(t.Context(), blob.DataRoot(), &shelf{Blob: blob}, sampling.Options{Confidence: confidence})
		require.ErrorIs(t, err, sampling.ErrUsage)
	}
}

func TestRootsAsText(t *testing.T) {
	root := encode(t, erasure.Test, 1).DataRoot()
	text := hex.EncodeToString(root[:])
	for _, good := range []string{text, "0x" + text, strings.ToUpper(text)} {
		got, err := sampling.ParseRoot(good)
		require.NoError(t, err)
		require.Equal(t, root, got)
	}
	for _, bad := range []string{"", "0x", text[1:], text + "0", text + "00", "0x0x" + text, "g" + text[1:], strings.Repeat("x", 1000)} {
		_, err := sampling.ParseRoot(bad)
		require.ErrorIs(t, err, sampling.ErrUsage, bad)
	}
}

// Every bit of an answer counts, and every byte of its length.
func TestAnswersOneBitAway(t *testing.T) {
	blob := encode(t, erasure.Test, 10_000) // rows of 2560: a whole chunk, and one of 512
	root := blob.DataRoot()
	for index := range 2 {
		chunk, err := erasure.ChunkOf(blob.Row(3), index)
		require.NoError(t, err)
		body := sampling.AppendAnswer(nil, blob.Commitment, chunk)
		commit, got, err := sampling.ReadAnswer(root, 3, index, body)
		require.NoError(t, err)
		require.Equal(t, chunk, got)
		require.Equal(t, blob.Commitment, commit)
		for bit := range 8 * len(body) {
			body[bit/8] ^= 1 << (bit % 8)
			_, _, err := sampling.ReadAnswer(root, 3, index, body)
			require.ErrorIs(t, err, sampling.ErrWrong, "bit %d", bit)
			body[bit/8] ^= 1 << (bit % 8)
		}
		for n := range len(body) {
			_, _, err := sampling.ReadAnswer(root, 3, index, body[:n])
			require.ErrorIs(t, err, sampling.ErrWrong, "%d bytes", n)
		}
		for _, more := range []int{1, 32, sampling.MaxAnswer} {
			_, _, err := sampling.ReadAnswer(root, 3, index, append(body[:len(body):len(body)], make([]byte, more)...))
			require.ErrorIs(t, err, sampling.ErrWrong, "%d bytes more", more)
		}
		for _, place := range [][2]int{{2, index}, {4, index}, {-1, index}, {16, index}, {3, 1 - index}, {3, -1}, {3, 2}} {
			_, _, err := sampling.ReadAnswer(root, place[0], place[1], body)
			require.Error(t, err, "%v", place)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	blob := encode(f, erasure.Test, 10_000)
	root := blob.DataRoot()
	chunk, err := erasure.ChunkOf(blob.Row(3), 1)
	require.NoError(f, err)
	right := sampling.AppendAnswer(nil, blob.Commitment, chunk)
	f.Add(right, 3, 1)
	f.Add(right[:erasure.PreimageSize], 3, 0)
	f.Fuzz(func(t *testing.T, body []byte, row, index int) {
		_, got, err := sampling.ReadAnswer(root, row, index, body)
		if err != nil {
			return
		}
		want, err := erasure.ChunkOf(blob.Row(row), index)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func BenchmarkReadAnswer(b *testing.B) {
	blob := encode(b, erasure.Production, 32<<20-16)
	root := blob.DataRoot()
	chunk, err := erasure.ChunkOf(blob.Row(77), 3)
	require.NoError(b, err)
	body := sampling.AppendAnswer(nil, blob.Commitment, chunk)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, _, err := sampling.ReadAnswer(root, 77, 3, body); err != nil {
			b.Fatal(err)
		}
	}
}
