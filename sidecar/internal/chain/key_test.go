package chain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

const keyOne = "0000000000000000000000000000000000000000000000000000000000000001"

func TestKeyFile(t *testing.T) {
	cases := []struct {
		name, text string
		mode       os.FileMode
		ok         bool
	}{
		{"a line of hex", keyOne + "\n", 0o600, true},
		{"with 0x", "0x" + keyOne, 0o600, true},
		{"read-only for the owner", keyOne, 0o400, true},
		{"readable by the group", keyOne, 0o640, false},
		{"readable by others", keyOne, 0o604, false},
		{"one digit short", keyOne[1:], 0o600, false},
		{"one digit long", keyOne + "0", 0o600, false},
		{"no hex", strings.Replace(keyOne, "1", "g", 1), 0o600, false},
		{"zero is no key", strings.Repeat("0", 64), 0o600, false},
		{"two lines", keyOne + "\n" + keyOne, 0o600, false},
		{"empty", "", 0o600, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			key, err := chain.LoadKeyFile(path)
			if (err == nil) != c.ok {
				t.Fatalf("got %v, want ok=%v", err, c.ok)
			}
			if err != nil && strings.Contains(err.Error(), keyOne[1:]) {
				t.Fatalf("the error shows the key: %v", err)
			}
			if c.ok && key.EVMAddress() != "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf" {
				t.Fatalf("got address %s", key.EVMAddress())
			}
		})
	}
}

func TestAKeyNeverPrintsItsSecret(t *testing.T) {
	key := testKey(t)
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %s", key, key, key, key)} {
		if strings.Contains(text, "private") || !strings.Contains(text, "zg1") {
			t.Fatalf("printed %q", text)
		}
	}
	if address := key.Address(); !strings.HasPrefix(address, "zg1") || len(address) != 41 {
		t.Fatalf("address %s, want zg1 and 38 characters", address)
	}
}
