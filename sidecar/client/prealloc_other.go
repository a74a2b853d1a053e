//go:build !linux

package client

import "os"

// preallocate gives a file its final length.
func preallocate(file *os.File, sizeBytes int64) error { return file.Truncate(sizeBytes) }
