package node

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// KeyFile is the node's first key below its home. A rotation adds da.key.HEX,
// named by the key's first bytes; none is ever removed, because quorums that were
// drawn before keep their key.
const KeyFile = "da.key"

// ErrKeyFile says that a key file is not one, or not private.
var ErrKeyFile = errors.New("unusable key file")

// Keys are the node's BLS keys. The chain says which of them is used when.
type Keys struct {
	home string

	mu   sync.Mutex
	list []ownKey // the first key first, then by name
}

type ownKey struct {
	secret bls.SecretKey
	public chain.DAKey
	made   time.Time
	file   string
}

// OpenKeys reads the keys below a home, and makes the first one if there is none.
func OpenKeys(home string) (*Keys, error) {
	path := filepath.Join(home, KeyFile)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		if _, err := newKeyFile(home, true); err != nil {
			return nil, err
		}
	}
	return LookKeys(home)
}

// LookKeys reads the keys below a home and makes none.
func LookKeys(home string) (*Keys, error) {
	k := &Keys{home: home}
	return k, k.Reload()
}

// KeyInfo is a key without its secret.
type KeyInfo struct {
	File   string
	Public chain.DAKey
}

// List returns the keys, the first one first.
func (k *Keys) List() (list []KeyInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, own := range k.list {
		list = append(list, KeyInfo{own.file, own.public})
	}
	return list
}

// Reload reads the files again, after a rotation.
func (k *Keys) Reload() error {
	paths, err := filepath.Glob(filepath.Join(k.home, KeyFile+".*"))
	if err != nil {
		return fmt.Errorf("look for keys: %w", err)
	}
	var list []ownKey
	for _, path := range append([]string{filepath.Join(k.home, KeyFile)}, paths...) {
		secret, made, err := readKeyFile(path)
		if err != nil {
			return err
		}
		list = append(list, ownKey{secret, publicOf(secret), made, path})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = list
	return nil
}

// Newest is the key that was made last; registrations use it, since a key serves
// for one registration only.
func (k *Keys) Newest() (bls.SecretKey, chain.DAKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	newest := k.list[0]
	for _, own := range k.list[1:] {
		if own.made.After(newest.made) {
			newest = own
		}
	}
	return newest.secret, newest.public
}

// Of returns the secret of a public key; it looks at the disk when it does not
// know it.
func (k *Keys) Of(public chain.DAKey) (bls.SecretKey, error) {
	if secret, ok := k.find(public); ok {
		return secret, nil
	}
	if err := k.Reload(); err != nil {
		return bls.SecretKey{}, err
	}
	if secret, ok := k.find(public); ok {
		return secret, nil
	}
	return bls.SecretKey{}, fmt.Errorf("%w: the chain has key %x… for this signer, and no %s below %s is its secret: restore it, or rotate to a new one",
		ErrKeyFile, prefixOf(public.G1), KeyFile+"*", k.home)
}

func (k *Keys) find(public chain.DAKey) (bls.SecretKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, own := range k.list {
		if bytes.Equal(own.public.G2, public.G2) {
			return own.secret, true
		}
	}
	return bls.SecretKey{}, false
}

// withOthers lists a key, then the others, the newest first, at most so many: what
// was promised under an earlier key is served under it.
func (k *Keys) withOthers(first bls.SecretKey, most int) []bls.SecretKey {
	k.mu.Lock()
	others := slices.Clone(k.list)
	k.mu.Unlock()
	slices.SortStableFunc(others, func(a, b ownKey) int { return b.made.Compare(a.made) })
	secrets := []bls.SecretKey{first}
	for _, own := range others {
		if len(secrets) < most && !bytes.Equal(own.secret.Bytes(), first.Bytes()) {
			secrets = append(secrets, own.secret)
		}
	}
	return secrets
}

// Make makes a new key file; the chain must be told of it (Possession).
func (k *Keys) Make() (bls.SecretKey, chain.DAKey, error) {
	secret, err := newKeyFile(k.home, false)
	if err != nil {
		return secret, chain.DAKey{}, err
	}
	return secret, publicOf(secret), k.Reload()
}

// Possession proves to the chain that this account has a key's secret.
func Possession(secret bls.SecretKey, address chain.Address, evmChainID uint64) []byte {
	signature := secret.SignPoint(bls.RegistrationPoint(address, evmChainID))
	return bls.EncodeG1(&signature)
}

func publicOf(secret bls.SecretKey) chain.DAKey {
	public := secret.Public()
	return chain.DAKey{G1: bls.EncodeG1(&public.G1), G2: bls.EncodeG2(&public.G2)}
}

func prefixOf(b []byte) []byte { return b[:min(4, len(b))] }

// newKeyFile makes a key of 0600 and never writes over one.
func newKeyFile(home string, first bool) (bls.SecretKey, error) {
	secret, err := bls.GenerateKey(rand.Reader)
	if err != nil {
		return secret, fmt.Errorf("make a key: %w", err)
	}
	path := filepath.Join(home, KeyFile)
	if !first {
		path += "." + hex.EncodeToString(prefixOf(publicOf(secret).G1))
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return secret, fmt.Errorf("make home: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return secret, fmt.Errorf("make key file: %w", err)
	}
	_, err = file.WriteString(hex.EncodeToString(secret.Bytes()) + "\n")
	err = errors.Join(err, file.Sync(), file.Close(), syncDir(home))
	if err != nil {
		return secret, fmt.Errorf("write key file: %w", err)
	}
	return secret, nil
}

func syncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func readKeyFile(path string) (bls.SecretKey, time.Time, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return bls.SecretKey{}, time.Time{}, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return bls.SecretKey{}, time.Time{}, fmt.Errorf("%w: %s has mode %v, want a file of mode 0600: others could read the key; run chmod 600", ErrKeyFile, path, mode)
	}
	if info.Size() > 256 {
		return bls.SecretKey{}, time.Time{}, fmt.Errorf("%w: %s has %d bytes, want one line of 64 hex characters", ErrKeyFile, path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return bls.SecretKey{}, time.Time{}, fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != bls.SecretKeySize { // never show what was read
		return bls.SecretKey{}, time.Time{}, fmt.Errorf("%w: %s: want one line of 64 hex characters", ErrKeyFile, path)
	}
	secret, err := bls.ParseSecretKey(raw)
	if err != nil {
		return bls.SecretKey{}, time.Time{}, fmt.Errorf("%w: %s: not a key of this curve", ErrKeyFile, path)
	}
	return secret, info.ModTime(), nil
}
