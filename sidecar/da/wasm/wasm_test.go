//go:build e2e

package main_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// holders has the rows of one blob in memory, with faults, behind the encoder's
// own door.
type holders struct {
	*erasure.Blob
	gone  func(row int) bool
	spoil func(*erasure.Chunk)
}

func (h *holders) Holders(_ context.Context, root chain.Hash) (encoder.Holders, error) {
	if root != h.DataRoot() {
		return nil, client.ErrNotFound
	}
	return h, nil
}

func (h *holders) Commitment(context.Context) (erasure.Commitment, error) {
	return h.Blob.Commitment, nil
}

func (h *holders) Chunk(_ context.Context, row, index int) (erasure.Commitment, erasure.Chunk, error) {
	if h.gone != nil && h.gone(row) {
		return erasure.Commitment{}, erasure.Chunk{}, client.ErrNotFound
	}
	chunk, err := erasure.ChunkOf(h.Row(row), index)
	if err == nil && h.spoil != nil {
		chunk.Data = bytes.Clone(chunk.Data)
		h.spoil(&chunk)
	}
	return h.Blob.Commitment, chunk, err
}

// nothing is a chain without records.
type nothing struct{ chain.DAReader }

func (nothing) DABlobByRoot(context.Context, chain.Hash) (chain.DABlob, error) {
	return chain.DABlob{}, chain.ErrNotFound
}

// door serves holders as zg-da-encoder does, and returns its URL.
func door(t *testing.T, perSecond uint32, h *holders) string {
	t.Helper()
	cfg := encoder.DefaultConfig()
	cfg.ChunksPerSecond = perSecond
	registry := prometheus.NewRegistry()
	service, err := encoder.Open(t.TempDir(), cfg, encoder.Parts{Chain: nothing{}, Locator: h, Log: slog.New(slog.DiscardHandler)}, registry)
	require.NoError(t, err)
	server := httptest.NewServer(service.Handler(registry))
	t.Cleanup(func() { server.Close(); require.NoError(t, service.Close()) })
	return server.URL
}

// built compiles the module and tells what it weighs.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sampler.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	module, err := os.ReadFile(path)
	require.NoError(t, err)
	var small bytes.Buffer
	zip, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	require.NoError(t, err)
	_, err = zip.Write(module)
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	t.Logf("sampler.wasm: %d bytes, %d with gzip", len(module), small.Len())
	require.Less(t, len(module), 6<<20, "the module grew: what does it link?")
	return path
}

// one is a case: sample with options, or zgSample with an odd callback.
type one struct {
	Name     string         `json:"name"`
	Callback string         `json:"callback,omitempty"`
	Options  map[string]any `json:"options"`
}

// verdict is what JavaScript is told.
type verdict struct {
	Root, Error           string
	Shown                 bool
	Confidence, Asked     float64
	Samples, Failed       int
	Bytes, Size           uint64
	Rows, DataRows, Calls int
	EVMChainID            uint64
	Reasons               []string
	Millis                float64
}

type report struct {
	LoadMillis float64
	Verdicts   map[string]verdict
}

// node runs cases in Node, which has to be there: a browser's engine with the same
// fetch, promises and WebAssembly.
func node(t *testing.T, cases []one) (r report) {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	input, err := json.Marshal(cases)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	loader := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")
	cmd := exec.CommandContext(ctx, "node", filepath.Join("testdata", "drive.mjs"), loader, built(t))
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "node (20 or newer is needed): %s", &stderr)
	require.NoError(t, json.Unmarshal(out, &r), "%s", out)
	t.Logf("loaded in %.0f ms", r.LoadMillis)
	return r
}

// mission D09 (wasm): the sampler of zg da sample, in JavaScript, against the
// disperser's door.
func TestTheSamplerRunsInJavaScript(t *testing.T) {
	payload := make([]byte, 300_000)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(payload)
	blob, err := erasure.Encode(erasure.CPU, erasure.Dev, 7260001, payload)
	require.NoError(t, err)
	sum := blob.DataRoot()
	root := hex.EncodeToString(sum[:])
	const plenty = 1 << 20
	dead := httptest.NewServer(nil)
	dead.Close()
	healthy := door(t, plenty, &holders{Blob: blob})
	at := func(doors ...string) map[string]any { return map[string]any{"root": root, "doors": doors} }
	with := func(options map[string]any, key string, value any) map[string]any {
		options[key] = value
		return options
	}
	r := node(t, []one{
		{"healthy", "", at(healthy)},
		{"0x before the root, / after the door", "", with(at(healthy+"/"), "root", "0x"+root)},
		{"less confidence", "", with(at(healthy), "confidence", 0.99)},
		{"a third missing", "", at(door(t, plenty, &holders{Blob: blob, gone: func(row int) bool { return row%3 == 0 }}))},
		{"as few rows as there may be", "", at(door(t, plenty, &holders{Blob: blob, gone: func(row int) bool { return row%4 != 1 }}))},
		{"one row too few", "", at(door(t, plenty, &holders{Blob: blob, gone: func(row int) bool { return row%4 != 1 || row == 1 }}))},
		{"a bit of data wrong", "", at(door(t, plenty, &holders{Blob: blob, spoil: func(c *erasure.Chunk) { c.Data[len(c.Data)-1] ^= 0x80 }}))},
		{"a bit of path wrong", "", at(door(t, plenty, &holders{Blob: blob, spoil: func(c *erasure.Chunk) { c.Path[0][31] ^= 1 }}))},
		{"a door that says wait", "", at(door(t, 8, &holders{Blob: blob}))},
		{"one door of two dead", "", at(dead.URL, healthy)},
		{"no door alive", "", at(dead.URL)},
		{"another blob", "", with(at(healthy), "root", strings.Repeat("ab", 32))},
		{"few samples", "", with(at(healthy), "maxSamples", 5)},
		{"no root", "", with(at(healthy), "root", "0x12")},
		{"root is a number", "", with(at(healthy), "root", 12)},
		{"certainty", "", with(at(healthy), "confidence", 1)},
		{"confidence in words", "", with(at(healthy), "confidence", "high")},
		{"no doors", "", at()},
		{"never", "never", map[string]any{"root": root, "timeout": 100}},
		{"throws", "throws", map[string]any{"root": root}},
		{"rejects", "rejects", map[string]any{"root": root}},
		{"nothing", "nothing", map[string]any{"root": root}},
		{"text", "text", map[string]any{"root": root}},
		{"endless", "endless", map[string]any{"root": root}},
		{"thenable", "thenable", map[string]any{"root": root}},
		{"healthy after all that", "", at(healthy)},
	})
	for name, v := range r.Verdicts {
		t.Logf("%-40s shown %-5v confidence %.7f, %3d samples, %3d failed, %6d bytes, %5.0f ms %v %s", name, v.Shown, v.Confidence, v.Samples, v.Failed, v.Bytes, v.Millis, v.Reasons, v.Error)
	}
	for _, name := range []string{"healthy", "0x before the root, / after the door", "a door that says wait", "one door of two dead", "healthy after all that"} {
		v := r.Verdicts[name]
		require.True(t, v.Shown, name)
		require.GreaterOrEqual(t, v.Confidence, 0.999999, name)
		require.Zero(t, v.Failed, name)
		require.Equal(t, 10, v.Samples, name)
		require.Equal(t, 10, v.Calls, name)
		require.Equal(t, []uint64{uint64(len(payload)), 7260001, 128, 32}, []uint64{v.Size, v.EVMChainID, uint64(v.Rows), uint64(v.DataRows)}, name)
		require.Equal(t, "0x"+root, v.Root, name)
	}
	require.Less(t, r.Verdicts["less confidence"].Samples, 10)
	require.True(t, r.Verdicts["less confidence"].Shown)
	require.True(t, r.Verdicts["a third missing"].Shown)
	require.True(t, r.Verdicts["as few rows as there may be"].Shown)
	for name, reason := range map[string]string{
		"one row too few": "HTTP 404", "a bit of data wrong": "does not lead to the root", "a bit of path wrong": "does not lead to the root",
		"no door alive": "fetch failed", "another blob": "HTTP 404", "never": "deadline", "throws": "thrown at once", "rejects": "a word",
		"nothing": "not a Uint8Array", "text": "not a Uint8Array", "endless": "1048576 bytes", "thenable": "thrown by then",
	} {
		v := r.Verdicts[name]
		require.False(t, v.Shown, name)
		require.Empty(t, v.Error, name)
		require.Less(t, v.Confidence, 0.999999, name)
		require.Contains(t, strings.Join(v.Reasons, "\n"), reason, name)
	}
	require.Equal(t, 97, r.Verdicts["a bit of data wrong"].Failed, "beyond that k rows cannot be there")
	require.Equal(t, 5, r.Verdicts["few samples"].Samples)
	require.False(t, r.Verdicts["few samples"].Shown)
	for name, reason := range map[string]string{
		"no root": "64 hex characters", "root is a number": "64 hex characters", "certainty": "confidence", "confidence in words": "has to be a number", "no doors": "base URLs",
	} {
		require.Contains(t, r.Verdicts[name].Error, reason, name)
	}
}

// TestTheModuleIsForJavaScriptOnly: started elsewhere it says how to build it.
func TestTheModuleIsForJavaScriptOnly(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "run", ".")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "GOOS=js GOARCH=wasm")
}
