package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	makeCommand  = regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z0-9-]*)")
)

// TestReadmesPointAtWhatExists follows every relative link of every README, and
// knows every make target that one names.
func TestReadmesPointAtWhatExists(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range repoFiles(t, func(path string) bool { return filepath.Ext(path) == ".md" }) {
		for _, m := range markdownLink.FindAllStringSubmatch(f.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(f.path), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", f.path, m[1])
			}
		}
		for _, m := range makeCommand.FindAllStringSubmatch(f.text, -1) {
			if !strings.Contains(string(makefile), "\n## "+m[1]+": ") {
				t.Errorf("%s tells to type make %s, which is no target", f.path, m[1])
			}
		}
	}
}
