//go:build !cuda || !linux

package gpu

// openMachine has no driver in this build.
func openMachine() (machine, error) { return nil, ErrNoCUDA }
