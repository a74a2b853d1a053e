package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
)

// maxLightBytes bounds the file of a trusted header: 10 000 validators fit.
const maxLightBytes = 8 << 20

// path is the file of this chain's newest trusted header. A chain id may have any
// letters, so the name has its hash.
func (l *Light) path() string {
	digest := sha256.Sum256([]byte(l.chainID))
	return filepath.Join(l.options.Dir, hex.EncodeToString(digest[:8])+".header")
}

// load returns the header that was trusted last; nil if there is none, or none
// that can still be trusted.
func (l *Light) load() (*cmttypes.LightBlock, error) {
	if l.options.Dir == "" {
		return nil, nil
	}
	text, err := os.ReadFile(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("trusted header: %w", err)
	}
	var message cmtproto.LightBlock
	if len(text) > maxLightBytes {
		err = fmt.Errorf("%d bytes", len(text))
	} else {
		err = message.Unmarshal(text)
	}
	if err != nil {
		return nil, fmt.Errorf("trusted header %s is damaged: %w; delete it, or name a trusted header", l.path(), err)
	}
	block, err := cmttypes.LightBlockFromProto(&message)
	if err == nil {
		err = block.ValidateBasic(l.chainID)
	}
	if err != nil {
		return nil, fmt.Errorf("trusted header %s is damaged: %w; delete it, or name a trusted header", l.path(), err)
	}
	if l.options.Now().After(block.Time.Add(trustingPeriod)) {
		return nil, fmt.Errorf("%w: the trusted header in %s is older than %v; name a newer one, or delete the file to trust the node's word", ErrUntrusted, l.path(), trustingPeriod)
	}
	return block, nil
}

// save keeps the newest trusted header.
func (l *Light) save() error {
	if l.options.Dir == "" {
		return nil
	}
	message, err := l.trusted.ToProto()
	if err != nil {
		return fmt.Errorf("trusted header: %w", err)
	}
	text, err := message.Marshal()
	if err != nil {
		return fmt.Errorf("trusted header: %w", err)
	}
	if err := os.MkdirAll(l.options.Dir, 0o700); err != nil {
		return fmt.Errorf("trusted header: %w", err)
	}
	temporary, err := os.CreateTemp(l.options.Dir, "header-*")
	if err != nil {
		return fmt.Errorf("trusted header: %w", err)
	}
	_, err = temporary.Write(text)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), l.path())
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("trusted header: %w", err)
	}
	return nil
}
