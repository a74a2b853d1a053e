package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/zgd-network/zgd"

// root is the repository's root, seen from this package's folder.
const root = "../.."

// pkg is what `go list` knows of a package.
type pkg struct {
	ImportPath string
	Dir        string
	Name       string
	Export     string // file with the compiled package's types
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
	ImportMap  map[string]string
}

// goList runs one `go list` and decodes its packages by import path.
func goList(t *testing.T, args ...string) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Name,Export,Standard,GoFiles,CgoFiles,Imports,ImportMap"}, args...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	packages := make(map[string]pkg)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

var listOnce struct {
	sync.Once
	packages map[string]pkg
}

// allPackages is everything the module's packages need, tests left out.
func allPackages(t *testing.T) map[string]pkg {
	t.Helper()
	listOnce.Do(func() { listOnce.packages = goList(t, "-deps", "./...") })
	if listOnce.packages == nil {
		t.Fatal("go list failed in an earlier test")
	}
	return listOnce.packages
}

// file is a text file of the repository, path relative to its root.
type file struct {
	path string
	text string
}

func (f file) lines() []string { return strings.Split(strings.TrimSuffix(f.text, "\n"), "\n") }

func (f file) generated() bool {
	return strings.HasSuffix(f.path, ".pb.go") || strings.HasSuffix(f.path, ".pb.gw.go")
}

// repoFiles reads the files whose path keep wants. build/ and dot folders are
// not part of the house; .ci is.
func repoFiles(t *testing.T, keep func(path string) bool) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && (rel == "build" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".ci") {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !keep(rel) {
			return nil
		}
		text, err := os.ReadFile(path)
		files = append(files, file{rel, string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return files
}

func goFile(path string) bool { return strings.HasSuffix(path, ".go") }
