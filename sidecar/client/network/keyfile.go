package network

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxKeyFileBytes: 64 digits, 0x, an end of line.
const maxKeyFileBytes = 68

// Errors of a key file. None of them ever quotes what the file holds.
var (
	// ErrKeyFileMode: others on this machine could read the key.
	ErrKeyFileMode = errors.New("key file is open to others")
	// ErrKeyFileFormat: the file is not one line of 64 hex digits.
	ErrKeyFileFormat = errors.New("not a key file")
)

// ReadKeyFile returns the 32 secret bytes of a key file: one line, 64 hex
// digits (0x optional), mode 0600 or stricter, a regular file. The mode is
// read from the open file, so that the file cannot be exchanged in between.
func ReadKeyFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrKeyFileFormat, path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o, want 0600: chmod 600 %s", ErrKeyFileMode, path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	digits := strings.TrimPrefix(strings.TrimSpace(string(text)), "0x")
	if len(text) > maxKeyFileBytes || len(digits) != 64 {
		return nil, fmt.Errorf("%w: %s: want one line of 64 hex digits", ErrKeyFileFormat, path)
	}
	key, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: want one line of 64 hex digits", ErrKeyFileFormat, path)
	}
	return key, nil
}
