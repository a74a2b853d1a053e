package flowlog_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

func isErr(got, want error) bool {
	if want == nil {
		return got == nil
	}
	return errors.Is(got, want)
}

func TestOneStoreIsOpenOnce(t *testing.T) {
	dir := t.TempDir()
	store := mustOpen(t, dir, testOptions(flowlog.RolePlain))
	_, err := flowlog.Open(dir, testOptions(flowlog.RolePlain))
	wantErr(t, "second open", err, flowlog.ErrLocked)
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("the error does not name the directory: %v", err)
	}
	store.Close()
	mustOpen(t, dir, testOptions(flowlog.RolePlain))
}

func TestForeignDirectoriesAreRefused(t *testing.T) {
	dir := t.TempDir()
	opts := testOptions(flowlog.RoleSealed)
	opts.Owner = [32]byte{1, 2, 3}
	mustOpen(t, dir, opts).Close()
	path := filepath.Join(dir, "MANIFEST.json")
	manifest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, other := opts, opts
	plain.Role = flowlog.RolePlain
	other.Owner[31] ^= 1
	for _, c := range []struct {
		name     string
		opts     flowlog.Options
		from, to string
		want     error
		says     string
	}{
		{"as it was", opts, "", "", nil, ""},
		{"another role", plain, "", "", flowlog.ErrIdentity, "holds sealed loads"},
		{"an owner one bit away", other, "", "", flowlog.ErrIdentity, "belongs to 010203"},
		{"a format from the future", opts, `"format": 1`, `"format": 3`, flowlog.ErrFormat,
			fmt.Sprintf("data directory %s was written by format 3, this binary reads up to 1: upgrade zg-miner", dir)},
		{"other slots per pack", opts, `"slots_per_pack": 4`, `"slots_per_pack": 5`, flowlog.ErrDamaged, "checksum"},
		{"not JSON", opts, `{`, `[`, flowlog.ErrDamaged, "MANIFEST.json"},
		{"another case of a name", opts, `"format"`, `"Format"`, flowlog.ErrDamaged, "not as it was written"},
		{"as it was, again", opts, "", "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(string(manifest), c.from, c.to, 1)
			if err := os.WriteFile(path, []byte(changed), 0o640); err != nil {
				t.Fatal(err)
			}
			store, err := flowlog.Open(dir, c.opts)
			if store != nil {
				store.Close()
			}
			if !isErr(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v saying %q", err, c.want, c.says)
			}
		})
	}
}

func TestLostFilesAreNotTakenForAnEmptyStore(t *testing.T) {
	opts := testOptions(flowlog.RolePlain)
	fill := func(t *testing.T) string {
		dir := t.TempDir()
		store := mustOpen(t, dir, opts)
		for load := range uint64(10) { // packs 0, 1, 2
			if err := store.WriteSectors(ctx, load, 0, content(load, 1)); err != nil {
				t.Fatal(err)
			}
		}
		store.Close()
		return dir
	}
	t.Run("without its manifest", func(t *testing.T) {
		dir := fill(t)
		os.Remove(filepath.Join(dir, "MANIFEST.json"))
		_, err := flowlog.Open(dir, opts)
		wantErr(t, "open", err, flowlog.ErrDamaged)
	})
	for _, c := range []struct {
		name string
		hurt func(pack string) error
		pack int
		left int
	}{
		{"a pack removed", os.Remove, 1, 6},
		{"the last pack removed", os.Remove, 2, 8},
		{"a pack one byte short", func(pack string) error { return os.Truncate(pack, 4*layout.LoadSize-1) }, 0, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := fill(t)
			if err := c.hurt(fmt.Sprintf("%s/chunks/%08d.zgc", dir, c.pack)); err != nil {
				t.Fatal(err)
			}
			_, err := flowlog.Open(dir, opts)
			wantErr(t, "open", err, flowlog.ErrDamaged)
			repair := opts
			repair.Repair = true
			for _, opts := range []flowlog.Options{repair, opts} {
				store := mustOpen(t, dir, opts)
				if store.Count() != c.left {
					t.Errorf("%d loads are left, want %d", store.Count(), c.left)
				}
				for load := range uint64(10) {
					if store.Has(load, 0, layout.SectorsPerLoad) {
						wantSectors(t, store, load, 0, layout.SectorsPerLoad, content(load, 1))
					}
				}
				store.Close()
			}
			store := mustOpen(t, dir, opts)
			for load := range uint64(10) {
				if err := store.WriteSectors(ctx, load, 0, content(load, 1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := checkState(store, fullModel(10), 10); err != nil {
				t.Error(err)
			}
		})
	}
}

func fullModel(loads uint64) model {
	m := model{}
	for load := range loads {
		m[load] = modelLoad{version: 1, bits: flowlog.FullBitmap()}
	}
	return m
}

// mission B03: at 95 % of the file system, or at the capacity, writes are refused
// with clear words, reads go on, and writes resume by themselves.
func TestFullStoresRefuseAndResume(t *testing.T) {
	d := newDisk()
	opts := testOptions(flowlog.RolePlain)
	opts.FS, opts.ReserveBytes = d, 100
	store := mustOpen(t, "data", opts)
	pack := uint64(4 * layout.LoadSize)
	set := func(used, avail uint64) {
		d.mu.Lock()
		d.space.UsedBytes, d.space.AvailBytes = used, avail
		d.mu.Unlock()
	}
	write := func(load uint64) error { return store.WriteSectors(ctx, load, 0, content(load, 1)) }

	set(95*pack-pack, 6*pack) // a pack more is 95 of 100
	wantErr(t, "first write at 95 %", write(0), flowlog.ErrFull)
	set(95*pack-pack-1000, 6*pack+1000)
	for load := range uint64(4) {
		if err := write(load); err != nil {
			t.Fatalf("just below 95 %%: %v", err)
		}
	}
	set(97*pack, 3*pack)
	wantErr(t, "a second pack", write(4), flowlog.ErrFull)
	if err := store.Delete(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if err := write(4); err != nil {
		t.Errorf("a free slot of the first pack needs no space: %v", err)
	}
	if err := store.Delete(ctx, 4); err != nil {
		t.Fatal(err)
	}
	set(100*pack-99, 99)
	err := write(5)
	wantErr(t, "less than the reserve", err, flowlog.ErrFull)
	if err == nil || !strings.Contains(err.Error(), "free space") {
		t.Errorf("no advice: %v", err)
	}
	for load := range uint64(3) {
		wantSectors(t, store, load, 0, layout.SectorsPerLoad, content(load, 1))
	}
	set(0, 100*pack)
	if err := write(5); err != nil {
		t.Errorf("after space is back: %v", err)
	}
}

func TestCapacityCountsSlots(t *testing.T) {
	opts := testOptions(flowlog.RolePlain)
	opts.FS, opts.CapacityLoads = newDisk(), 3
	store := mustOpen(t, "data", opts)
	for load := range uint64(3) {
		if err := store.WriteSectors(ctx, load, 0, noise(load, 10)); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "a fourth load", store.WriteSectors(ctx, 3, 0, noise(3, 10)), flowlog.ErrFull)
	if err := store.WriteSectors(ctx, 2, 10, noise(4, 10)); err != nil {
		t.Errorf("more sectors of a stored load: %v", err)
	}
	if err := store.Delete(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteSectors(ctx, 3, 0, noise(3, 10)); err != nil {
		t.Errorf("after a delete: %v", err)
	}
}

func TestScrubberFindsRotAndStartsOver(t *testing.T) {
	d := newDisk()
	opts := testOptions(flowlog.RolePlain)
	opts.FS = d
	store := mustOpen(t, "data", opts)
	for load := range uint64(5) {
		if err := store.WriteSectors(ctx, load*3, 0, content(load, 1)); err != nil {
			t.Fatal(err)
		}
	}
	d.mu.Lock()
	page := append([]byte{}, d.names["data/chunks/00000000.zgc"].pages[64*2+9]...) // slot 2: load 6
	page[0] ^= 0x80
	d.names["data/chunks/00000000.zgc"].pages[64*2+9] = page
	d.mu.Unlock()
	scrub := store.Scrubber(8 << 20)
	for scrub.Rounds < 2 {
		wait, err := scrub.Step()
		if err != nil {
			t.Fatal(err)
		}
		if scrub.Rounds == 0 && wait.Milliseconds() != 31 { // 256 KiB at 8 MiB/s
			t.Errorf("wait %v", wait)
		}
	}
	if scrub.Corrupt != 1 || scrub.Loads != 5+4 || store.State(6).State != flowlog.Quarantined {
		t.Errorf("%d corrupt of %d, load 6 is %v", scrub.Corrupt, scrub.Loads, store.State(6).State)
	}
}

func TestSmallDisksWithoutDirectReads(t *testing.T) {
	d := newDisk()
	d.direct = false
	opts := testOptions(flowlog.RoleSealed)
	opts.FS = d
	store := mustOpen(t, "data", opts)
	if err := store.WriteSealed(ctx, 1, content(1, 1), flowlog.SealMeta{}); err != nil {
		t.Fatal(err)
	}
	got := flowlog.AlignedBuffer(layout.LoadSize)
	if err := store.ReadLoadDirect(1, got); err != nil || string(got) != string(content(1, 1)) {
		t.Errorf("fallback: %v", err)
	}
}
