package arch_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestMakeHelp wants every phony target described in `make help`, and the other
// way round.
func TestMakeHelp(t *testing.T) {
	files := repoFiles(t, func(path string) bool { return path == "Makefile" })
	if len(files) != 1 {
		t.Fatal("no Makefile")
	}
	phony := strings.Fields(regexp.MustCompile(`(?m)^\.PHONY: (.*)$`).FindStringSubmatch(files[0].text)[1])
	cmd := exec.Command("make", "help")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make help: %v\n%s", err, out)
	}
	described := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^  make (\S+) +\S`).FindAllStringSubmatch(string(out), -1) {
		described[m[1]] = true
	}
	for _, target := range phony {
		if !described[target] {
			t.Errorf("make help does not tell of %q: put `## %s: what it does` above it", target, target)
		}
		delete(described, target)
	}
	for target := range described {
		t.Errorf("make help tells of %q, which is no target", target)
	}
}
