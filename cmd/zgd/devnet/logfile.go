package devnet

import (
	"bytes"
	"fmt"
	"os"
	"sync"
)

// maxLogBytes bounds a log file; the one before it is kept as NAME.log.1.
const maxLogBytes = 32 << 20

// logFile is a process's output on disk, at most two files of limit bytes. It
// keeps the last lines in memory for the report of a death.
type logFile struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File // guarded by mu
	size int64    // guarded by mu
	tail []byte   // guarded by mu; at most tailBytes
}

const tailBytes = 4 << 10

func openLog(path string, limit int64) (*logFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return &logFile{path: path, limit: limit, file: file, size: info.Size()}, nil
}

// Write appends p. A disk that refuses does not stop the process: its output is
// dropped, the tail is kept.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, p...)
	if extra := len(l.tail) - tailBytes; extra > 0 {
		l.tail = append(l.tail[:0], l.tail[extra:]...)
	}
	if l.size+int64(len(p)) > l.limit {
		l.rotate()
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

// rotate makes the file NAME.log.1 and begins a new one; mu is held.
func (l *logFile) rotate() {
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.size = nil, 0
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return
	}
	if file, err := os.OpenFile(l.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err == nil {
		l.file = file
	}
}

// Tail returns the last n lines.
func (l *logFile) Tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := bytes.Split(bytes.TrimRight(l.tail, "\n"), []byte("\n"))
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}

func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
