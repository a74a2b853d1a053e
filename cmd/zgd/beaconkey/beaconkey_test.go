package beaconkey_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
)

func TestKeysAreKeptAndOldOnesStay(t *testing.T) {
	home := t.TempDir()
	if _, err := beaconkey.Load(home); !errors.Is(err, beaconkey.ErrMissing) {
		t.Fatalf("an empty home: %v", err)
	}
	made, err := beaconkey.Ensure(home)
	if err != nil || len(made) != 1 {
		t.Fatalf("%d keys, %v", len(made), err)
	}
	again, err := beaconkey.Ensure(home)
	if err != nil || len(again) != 1 || again[0].Public() != made[0].Public() {
		t.Fatalf("the second time another key, %v", err)
	}
	both, err := beaconkey.Add(home)
	if err != nil || len(both) != 2 || both[0].Public() != made[0].Public() || both[1].Public() == made[0].Public() {
		t.Fatalf("%d keys, %v", len(both), err)
	}
	info, err := os.Stat(beaconkey.Path(home))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(beaconkey.Path(home)))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files beside the key, %v", len(entries)-1, err)
	}
}

func TestABadFileIsRefusedAndSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(string) string
		mode   os.FileMode
		want   string
	}{
		{"readable by the group", func(s string) string { return s }, 0o640, "chmod 600"},
		{"cut off", func(s string) string { return s[:len(s)/2] }, 0o600, "not JSON"},
		{"another type", func(s string) string { return strings.Replace(s, "v1", "v2", 1) }, 0o600, "want \"zgd/beacon-key/v1\""},
		{"a key of another secret", func(s string) string { return strings.Replace(s, `"g2": "`, `"g2": "00`, 1) }, 0o600, "one of the two"},
		{"a secret that is none", func(s string) string { return strings.Replace(s, `"secret": "`, `"secret": "zz`, 1) }, 0o600, "not hex"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			if _, err := beaconkey.Ensure(home); err != nil {
				t.Fatal(err)
			}
			path := beaconkey.Path(home)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.change(string(raw))), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := beaconkey.Ensure(home); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
