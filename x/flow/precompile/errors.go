package precompile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/types"
)

// flowError is a custom error of the flow's ABI.
func (c contracts) flowError(name string, args ...any) error {
	return contract.NewRevert(c.flow.Errors[name], args...)
}

// invalid says which submission cannot be entered and why, in the text that 0G's
// contract and its clients use. Errors of other kinds are left alone.
func invalid(i, of int, err error) error {
	var revert *contract.Revert
	if errors.As(err, &revert) {
		return err
	}
	text := err.Error()
	if errors.Is(err, types.ErrInvalidSubmission) {
		text = strings.TrimSuffix(text, ": "+types.ErrInvalidSubmission.Error())
	}
	text = strings.TrimPrefix(text, types.ErrInvalidSubmission.Error()+": ")
	if of > 1 {
		text = fmt.Sprintf("item %d: %s", i, text)
	}
	//lint:ignore ST1005 clients of 0G look for this text
	return fmt.Errorf("Invalid submission: %s", text)
}
