package daemon_test

import (
	"testing"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func TestOnlyThisMachinesOwnNamesAreLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "127.0.0.1:5679": true, "127.9.9.9": true, "[::1]:5679": true, "::1": true,
		"": false, "localhost.example.com": false, "128.0.0.1": false, "0.0.0.0:80": false, "[::2]:80": false, "[::1%eth0]:80": false,
	} {
		if got := daemon.LocalHost(host); got != want {
			t.Errorf("%q: local %v, want %v", host, got, want)
		}
	}
}
