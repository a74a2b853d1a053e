package node

import (
	"errors"
	"fmt"
)

// Why a call is refused; the gRPC door has a code for each.
var (
	// ErrInvalid: the caller sent what is wrong, whoever tries again (InvalidArgument).
	ErrInvalid = errors.New("invalid")
	// ErrDenied: the caller is not who may ask (PermissionDenied).
	ErrDenied = errors.New("not allowed")
	// ErrState: the chain's state does not allow it (FailedPrecondition).
	ErrState = errors.New("not possible now")
	// ErrUnseen: this node's chain has not come that far; try again (Unavailable).
	ErrUnseen = errors.New("not seen yet")
	// ErrBusy: out of room or of the caller's share; try again later (ResourceExhausted).
	ErrBusy = errors.New("too much at a time")
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

func state(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
}
