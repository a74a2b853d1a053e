package cmd

import "errors"

// ExitCode is what an error ends the process with: its own code where it has
// one (2 for what must be typed differently; the daemons have more), else 1.
func ExitCode(err error) int {
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return 1
}
