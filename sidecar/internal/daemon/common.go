package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// DefaultHome is where a daemon keeps its files unless it is told otherwise: what
// the variable PREFIX_HOME says, else ~/.zg/folder, else a folder here.
func DefaultHome(envPrefix, folder string) string {
	if home := os.Getenv(envPrefix + "HOME"); home != "" {
		return home
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "zg-" + folder
	}
	return filepath.Join(user, ".zg", folder)
}

// Version is the module's, or the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value[:min(12, len(setting.Value))]
		}
	}
	return "devel"
}

// maxStatusBytes bounds what a daemon says of itself.
const maxStatusBytes = 1 << 20

// FetchStatus asks a running daemon how it is doing.
func FetchStatus[T any](ctx context.Context, url string) (status T, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return status, err
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return status, fmt.Errorf("nobody answers: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxStatusBytes))
	if err != nil {
		return status, fmt.Errorf("status of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return status, fmt.Errorf("%s answers %s: %.200s", url, response.Status, body)
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return status, fmt.Errorf("status of %s: %w", url, err)
	}
	return status, nil
}
