package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// gcPercent lets the heap grow to three times what lives in it before it is
// collected. Most of what a node allocates dies with its transaction, and at Go's
// 100 a sixth of a busy node's CPU time went into collecting it. Above 200 there
// is more memory to pay and little CPU to win (cmd/zgd/bench/README.md).
const gcPercent = 200

// tuneGC sets the collector's pace unless the operator did, by GOGC and
// GOMEMLIMIT. The heap collects harder when it nears half of the machine's memory.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		if total := memoryBytes(); total > 0 {
			debug.SetMemoryLimit(total / 2)
		}
	}
}

// memoryBytes is the machine's memory, 0 where the kernel does not say.
func memoryBytes() int64 {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "MemTotal:"); found {
			var kib int64
			if _, err := fmt.Sscanf(rest, "%d kB", &kib); err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
