package daemon

import (
	"fmt"
	"io"
	"log/slog"
	"os"
)

// Log says what is logged where.
type Log struct {
	Level  string `toml:"level" comment:"debug, info, warn or error"`
	Format string `toml:"format" comment:"text or json"`
	File   string `toml:"file" comment:"append to this file; empty: standard error"`
}

// DefaultLog logs text of level info to standard error.
func DefaultLog() Log { return Log{Level: "info", Format: "text"} }

// Logger opens the log. Close it last.
func (l Log) Logger() (*slog.Logger, io.Closer, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return nil, nil, fmt.Errorf("log level %q, want debug, info, warn or error", l.Level)
	}
	out := os.Stderr
	closer := io.NopCloser(nil)
	if l.File != "" {
		file, err := os.OpenFile(l.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("log file: %w", err)
		}
		out, closer = file, file
	}
	options := &slog.HandlerOptions{Level: level}
	switch l.Format {
	case "json":
		return slog.New(slog.NewJSONHandler(out, options)), closer, nil
	case "text":
		return slog.New(slog.NewTextHandler(out, options)), closer, nil
	}
	return nil, nil, fmt.Errorf("log format %q, want text or json", l.Format)
}
