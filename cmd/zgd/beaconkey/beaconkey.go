// Package beaconkey keeps a validator's beacon keys in config/beacon_key.json.
//
// The file holds one key or more. The chain says which of them is effective: a
// validator that changes its key adds the new one (Add), registers it on chain,
// and signs with the old one until the new one takes over, two epochs later. The
// file is as secret as priv_validator_key.json and is never read by the DA node.
package beaconkey

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// ErrMissing says that a home has no beacon key.
var ErrMissing = errors.New("no beacon key")

const fileType = "zgd/beacon-key/v1"

// file is the JSON form.
type file struct {
	Type string `json:"type"`
	Keys []key  `json:"keys"` // oldest first
}

type key struct {
	G2     string `json:"g2"`     // public, 128 bytes in hex
	Secret string `json:"secret"` // 32 bytes in hex
}

// Path of the key file of a node's home.
func Path(home string) string { return filepath.Join(home, "config", "beacon_key.json") }

// Load reads the keys of a home, oldest first. It refuses a file that others may
// read.
func Load(home string) ([]beacon.Signer, error) {
	content, err := read(Path(home))
	if err != nil {
		return nil, err
	}
	signers := make([]beacon.Signer, len(content.Keys))
	for i, k := range content.Keys {
		if signers[i], err = k.signer(); err != nil {
			return nil, fmt.Errorf("%s: key %d: %w", Path(home), i, err)
		}
	}
	return signers, nil
}

// Ensure loads the keys of a home and makes one when there is none.
func Ensure(home string) ([]beacon.Signer, error) {
	signers, err := Load(home)
	if errors.Is(err, ErrMissing) {
		return Add(home)
	}
	return signers, err
}

// Add makes a new key, beside those that are there, and returns all.
func Add(home string) ([]beacon.Signer, error) {
	path := Path(home)
	content, err := read(path)
	if errors.Is(err, ErrMissing) {
		content, err = file{Type: fileType}, nil
	}
	if err != nil {
		return nil, err
	}
	secret, err := bls.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	public := secret.Public()
	content.Keys = append(content.Keys, key{G2: hex.EncodeToString(bls.EncodeG2(&public.G2)), Secret: hex.EncodeToString(secret.Bytes())})
	if err := write(path, content); err != nil {
		return nil, err
	}
	return Load(home)
}

func read(path string) (content file, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return content, fmt.Errorf("%w: %s does not exist: zgd beacon-key add makes one", ErrMissing, path)
	}
	if err != nil {
		return content, fmt.Errorf("beacon key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return content, fmt.Errorf("%s has mode %04o, want 0600: others on this machine can read the key: chmod 600 it, and change the key if they may have", path, mode)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return content, fmt.Errorf("beacon key: %w", err)
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		return content, fmt.Errorf("%s is not JSON: %w", path, err)
	}
	if content.Type != fileType || len(content.Keys) == 0 {
		return content, fmt.Errorf("%s: type %.40q with %d keys, want %q with one or more", path, content.Type, len(content.Keys), fileType)
	}
	return content, nil
}

// write replaces the file at once, so that no key is lost half-way.
func write(path string, content file) error {
	raw, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("beacon key: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".beacon_key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("beacon key: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when all went well
	_, err = temporary.Write(append(raw, '\n'))
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("beacon key: %w", err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("beacon key: %w", err)
	}
	return nil
}

func (k key) signer() (beacon.Signer, error) {
	raw, err := hex.DecodeString(k.Secret)
	if err != nil {
		return nil, errors.New("secret is not hex") // without the text, which is the secret
	}
	secret, err := bls.ParseSecretKey(raw)
	if err != nil {
		return nil, err
	}
	signer := beacon.NewSigner(secret)
	public := signer.Public()
	if got := hex.EncodeToString(bls.EncodeG2(&public.G2)); got != k.G2 {
		return nil, fmt.Errorf("secret is of key %.16s…, the file says %.16s…: one of the two was changed", got, k.G2)
	}
	return signer, nil
}
