package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

// testNetwork starts a network that ends with the test.
func testNetwork(t testing.TB, params chaintest.Params, nodes int) *clienttest.Network {
	network := clienttest.New(params, nodes)
	t.Cleanup(network.Close)
	return network
}

// testClient returns a signing client with a resume folder of its own.
func testClient(t testing.TB, network *clienttest.Network, change func(*client.Options)) *client.Client {
	opts := network.Options()
	opts.ResumeDir = t.TempDir()
	if change != nil {
		change(&opts)
	}
	c, err := network.Client(opts, true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// randomFile writes sizeBytes that a seed decides.
func randomFile(t testing.TB, path string, sizeBytes int, seed uint64) []byte {
	data := make([]byte, sizeBytes)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = source.Read(data)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return data
}

func mustRead(t testing.TB, path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// mission S18, S19: what is stored comes back, at every size where a layout changes.
func TestPutThenGetReturnsTheSameBytes(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	const load = 256 << 10
	for seed, size := range []int{1, 255, 256, 257, load - 1, load, load + 1, 3 << 20} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			folder := t.TempDir()
			data := randomFile(t, filepath.Join(folder, "in"), size, uint64(seed)+1)
			put, err := c.Put(context.Background(), []string{filepath.Join(folder, "in")}, client.PutOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if put.TxSeq == 0 || put.SizeBytes != uint64(size) || put.Kind != client.KindNameFile || len(put.Entries) != 1 {
				t.Fatalf("put result %+v", put)
			}
			out := filepath.Join(folder, "out")
			got, err := c.Get(context.Background(), client.Hash(put.Root), client.GetOptions{Out: out})
			if err != nil {
				t.Fatal(err)
			}
			if got.SizeBytes != uint64(size) || !bytes.Equal(mustRead(t, out), data) {
				t.Fatalf("got %d bytes that differ, want the %d put", got.SizeBytes, size)
			}
			if left, _ := filepath.Glob(filepath.Join(folder, "*.zgpart*")); len(left) != 0 {
				t.Fatalf("files left behind: %v", left)
			}
		})
	}
}

// mission S20: a folder is one root and comes back as it was.
func TestFolderRoundTrip(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	in := filepath.Join(t.TempDir(), "tree")
	randomFile(t, filepath.Join(in, "a.txt"), 10, 1)
	randomFile(t, filepath.Join(in, "same-as-a.txt"), 10, 1)
	randomFile(t, filepath.Join(in, "sub", "b.bin"), 700_000, 2)
	randomFile(t, filepath.Join(in, "sub", "ends with dot."), 300, 3)
	randomFile(t, filepath.Join(in, "empty"), 0, 4)
	if err := errors.Join(os.MkdirAll(filepath.Join(in, "hollow", "inner"), 0o755), os.Chmod(filepath.Join(in, "a.txt"), 0o755)); err != nil {
		t.Fatal(err)
	}
	put, err := c.Put(context.Background(), []string{in}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if put.Kind != client.KindNameTree || put.Files != 5 || len(put.Entries) != 4 { // 3 different contents and the manifest
		t.Fatalf("kind %s, %d files, %d entries; want tree, 5, 4", put.Kind, put.Files, len(put.Entries))
	}
	if network.Account.Submits != 1 {
		t.Fatalf("%d transactions, want one batch", network.Account.Submits)
	}
	out := filepath.Join(t.TempDir(), "out")
	for _, round := range []string{"fresh", "again over what is there"} {
		if _, err := c.Get(context.Background(), client.Hash(put.Root), client.GetOptions{Out: out}); err != nil {
			t.Fatalf("%s: %v", round, err)
		}
		if want, got := describeTree(t, in), describeTree(t, out); want != got {
			t.Fatalf("%s: got\n%swant\n%s", round, got, want)
		}
	}
	randomFile(t, filepath.Join(out, "sub", "b.bin"), 700_000, 9)
	if _, err := c.Get(context.Background(), client.Hash(put.Root), client.GetOptions{Out: out}); !errors.Is(err, client.ErrExists) {
		t.Fatalf("another file in the way: %v, want ErrExists", err)
	}
	var one bytes.Buffer
	if _, _, err := c.Stream(context.Background(), client.Hash(put.Root), "sub/b.bin", 5, 700, &one); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), mustRead(t, filepath.Join(in, "sub", "b.bin"))[5:700]) {
		t.Fatal("range of a file in a folder differs")
	}
}

// describeTree lists paths, modes, sizes and contents.
func describeTree(t *testing.T, top string) string {
	var out strings.Builder
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, _ := filepath.Rel(top, path)
		if entry.IsDir() {
			fmt.Fprintf(&out, "%s/\n", relative)
			return nil
		}
		info, err := entry.Info()
		data := mustRead(t, path)
		fmt.Fprintf(&out, "%s %v %d %x\n", relative, info.Mode(), len(data), data[:min(8, len(data))])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// mission S20: a file beyond one entry becomes parts and one root.
func TestFileLargerThanAnEntryRoundTrip(t *testing.T) {
	network := testNetwork(t, chaintest.Params{MaxEntrySectors: 4096}, 2) // 1 MiB
	c := testClient(t, network, nil)
	folder := t.TempDir()
	data := randomFile(t, filepath.Join(folder, "big"), 3<<20+12345, 5)
	put, err := c.Put(context.Background(), []string{filepath.Join(folder, "big")}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if put.Kind != client.KindNameBigFile || len(put.Entries) != 5 {
		t.Fatalf("kind %s with %d entries, want %s with 5", put.Kind, len(put.Entries), client.KindNameBigFile)
	}
	if _, err := c.Get(context.Background(), client.Hash(put.Root), client.GetOptions{Out: filepath.Join(folder, "out")}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(mustRead(t, filepath.Join(folder, "out")), data) {
		t.Fatal("the joined file differs")
	}
	for _, span := range [][2]uint64{{0, 1}, {1<<20 - 1, 1<<20 + 1}, {123, 3<<20 + 12345}, {3 << 20, 3<<20 + 12345}} {
		var piece bytes.Buffer
		if _, _, err := c.Stream(context.Background(), client.Hash(put.Root), "", span[0], span[1], &piece); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(piece.Bytes(), data[span[0]:span[1]]) {
			t.Fatalf("range %v differs", span)
		}
	}
	if _, _, err := c.Stream(context.Background(), client.Hash(put.Root), "", 5, 3<<20+12346, &bytes.Buffer{}); !errors.Is(err, client.ErrUsage) {
		t.Fatalf("range one byte past the end: %v, want ErrUsage", err)
	}
}

func TestStatListExtend(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	folder := t.TempDir()
	randomFile(t, filepath.Join(folder, "a"), 5000, 1)
	put, err := c.Put(context.Background(), []string{filepath.Join(folder, "a")}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root := client.Hash(put.Root)
	stat, err := c.Stat(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	if !stat.Finalized || stat.TxSeq != 1 || stat.EndowmentLeft != "20000" || stat.SizeBytes != 5000 || stat.Proofs == nil {
		t.Fatalf("stat %+v", stat)
	}
	rows, err := c.List(context.Background(), clienttest.Address, 0)
	if err != nil || len(rows) != 1 || rows[0].Root != put.Root {
		t.Fatalf("list %+v %v", rows, err)
	}
	const day = 86400
	dry, err := c.Extend(context.Background(), root, client.ExtendOptions{Seconds: day, DryRun: true})
	if err != nil || dry.Fee != "100" || dry.Quote.Total().Int64() != dry.Quote.Amount.Int64()+100 {
		t.Fatalf("dry run %+v %v", dry, err)
	}
	declined := errors.New("too much")
	_, err = c.Extend(context.Background(), root, client.ExtendOptions{Seconds: day, Accept: func(q client.ExtendQuote) error {
		if q.Fee.Int64() != 100 || q.Entries != 1 || q.Balance == nil {
			t.Errorf("quote %+v", q)
		}
		return declined
	}})
	if !errors.Is(err, declined) {
		t.Fatalf("a price that was declined: %v", err)
	}
	if after, err := c.Stat(context.Background(), root); err != nil || after.EndTime != put.EndTime {
		t.Fatalf("dry or declined, but extended: %+v %v", after, err)
	}
	network.Chain.SetBalance(clienttest.Address, dry.Quote.Total().Int64()-1)
	if _, err := c.Extend(context.Background(), root, client.ExtendOptions{Seconds: day}); !errors.Is(err, client.ErrPayment) {
		t.Fatalf("one azg short of amount and fee: %v, want ErrPayment", err)
	}
	network.Chain.SetBalance(clienttest.Address, dry.Quote.Total().Int64())
	extended, err := c.Extend(context.Background(), root, client.ExtendOptions{Seconds: day})
	if err != nil {
		t.Fatal(err)
	}
	if got := extended.EndTime - put.EndTime; got < day || got > day+2000 {
		t.Fatalf("extended by %d s, want a day", got)
	}
	if _, err := c.Extend(context.Background(), root, client.ExtendOptions{}); !errors.Is(err, client.ErrUsage) {
		t.Fatalf("neither time nor amount: %v", err)
	}
	if _, err := c.Stat(context.Background(), client.Hash{1}); !errors.Is(err, client.ErrNotFound) {
		t.Fatalf("unknown root: %v, want ErrNotFound", err)
	}
	info, err := c.Info(context.Background(), clienttest.Address)
	if err != nil || !info.Nodes[0].OK || info.UnitPrice != "1000" || info.Entries != 1 {
		t.Fatalf("info %+v %v", info, err)
	}
}
