package evmload

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of /proc/PID/stat: USER_HZ is 100 on every Linux that Go
// runs on.
const clockTick = 10 * time.Millisecond

// cpuTime is the user and system time that a process has used, all threads.
func cpuTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("CPU time of the node: %w: is --pid right, and on this machine?", err)
	}
	return ParseStat(string(text))
}

// ParseStat reads utime and stime, fields 14 and 15, of /proc/PID/stat. The
// second field is a name in brackets that may hold anything.
func ParseStat(text string) (time.Duration, error) {
	end := strings.LastIndexByte(text, ')')
	fields := strings.Fields(text[end+1:])
	if end < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("stat of a process is %q, want a name in brackets and 13 fields behind it", text)
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("stat of a process has CPU time %q, want a number of ticks", field)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// loadAverage is the machine's of the last minute, empty where there is none.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}
