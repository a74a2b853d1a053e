//go:build !linux

package encode_test

import "time"

func threadTime() time.Duration { return wallTime() }

func processTime() time.Duration { return wallTime() }
