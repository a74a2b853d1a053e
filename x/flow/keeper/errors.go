package keeper

import (
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
)

// notFound turns a missing key into the module's own error and tells of any
// other failure what was being read.
func notFound(err error, missing *errorsmod.Error, format string, args ...any) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, collections.ErrNotFound):
		return missing.Wrapf(format, args...)
	default:
		return fmt.Errorf("read %s: %w", fmt.Sprintf(format, args...), err)
	}
}
