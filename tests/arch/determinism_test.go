package arch_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowance is the comment that lets one line break a determinism rule; what
// follows it is the reason.
const allowance = "// deterministic:"

// nodeLocal are the files of app/ that run outside consensus, with the reason.
// They may use what their node needs; none of it can reach an app hash.
var nodeLocal = map[string]string{
	"app/config.go": "names, prefixes and the default home: read when the process starts, before any block",
}

// bannedImports are packages with no place in a state machine.
var bannedImports = map[string]string{
	"math/rand":    "random numbers differ on every node",
	"math/rand/v2": "random numbers differ on every node",
	"crypto/rand":  "random numbers differ on every node",
	"unsafe":       "memory layout differs between machines",
}

// bannedCalls are functions whose answer depends on the node.
var bannedCalls = map[string]string{
	"time.Now":           "nodes have different clocks; use ctx.BlockTime()",
	"time.Since":         "nodes have different clocks; use ctx.BlockTime()",
	"time.Until":         "nodes have different clocks; use ctx.BlockTime()",
	"time.After":         "nodes have different clocks",
	"time.Sleep":         "a block must not wait for the clock",
	"time.NewTimer":      "nodes have different clocks",
	"time.NewTicker":     "nodes have different clocks",
	"os.Getenv":          "nodes have different environments",
	"os.ReadFile":        "nodes have different files",
	"runtime.NumCPU":     "nodes have different machines",
	"runtime.GOMAXPROCS": "nodes have different machines",
}

// TestDeterminism refuses in x/ and app/ what can make two nodes disagree.
func TestDeterminism(t *testing.T) {
	patterns := existing("./x/...", "./app/...")
	packages := goList(t, append([]string{"-export", "-deps"}, patterns...)...)
	for path, p := range packages {
		name, isOurs := ours(path)
		if !isOurs || !under(name, "x") && !under(name, "app") || strings.Contains(name, "/simulation") {
			continue
		}
		for _, f := range checkPackage(t, packages, p) {
			t.Error(f)
		}
	}
}

// existing leaves out patterns whose folder is not there.
func existing(patterns ...string) []string {
	return slices.DeleteFunc(patterns, func(p string) bool {
		_, err := os.Stat(filepath.Join(root, strings.TrimSuffix(p, "/...")))
		return err != nil
	})
}

// checkPackage type-checks a package from source, its imports from what the
// compiler exported, and walks its files.
func checkPackage(t *testing.T, packages map[string]pkg, p pkg) []string {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	lookup := func(path string) (io.ReadCloser, error) {
		if mapped, ok := p.ImportMap[path]; ok {
			path = mapped
		}
		return os.Open(packages[path].Export)
	}
	return checkFiles(t, fset, p.ImportPath, files, importer.ForCompiler(fset, "gc", lookup))
}

func checkFiles(t *testing.T, fset *token.FileSet, path string, files []*ast.File, imp types.Importer) []string {
	t.Helper()
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{Importer: imp, FakeImportC: true}
	if _, err := conf.Check(path, fset, files, info); err != nil {
		t.Fatalf("type check %s: %v", path, err)
	}
	var found []string
	for _, f := range files {
		c := &determinismCheck{fset: fset, info: info, allowed: allowedLines(fset, f)}
		name := strings.TrimPrefix(path, module+"/") + "/" + filepath.Base(fset.Position(f.Pos()).Filename)
		if (file{path: name}).generated() || nodeLocal[name] != "" {
			continue
		}
		ast.Inspect(f, c.visit)
		found = append(found, c.found...)
	}
	return found
}

// allowedLines are the lines that an allowance stands on or above.
func allowedLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := make(map[int]bool)
	for _, group := range f.Comments {
		for _, c := range group.List {
			if reason, ok := strings.CutPrefix(c.Text, allowance); ok && len(strings.TrimSpace(reason)) > 8 {
				lines[fset.Position(c.Pos()).Line] = true
				lines[fset.Position(group.End()).Line+1] = true
			}
		}
	}
	return lines
}

type determinismCheck struct {
	fset    *token.FileSet
	info    *types.Info
	allowed map[int]bool
	found   []string
}

func (c *determinismCheck) report(n ast.Node, what, why string) {
	pos := c.fset.Position(n.Pos())
	if c.allowed[pos.Line] {
		return
	}
	c.found = append(c.found, fmt.Sprintf("%s:%d: %s: %s (or say why not: %s reason)", pos.Filename, pos.Line, what, why, allowance))
}

func (c *determinismCheck) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec:
		path := strings.Trim(n.Path.Value, `"`)
		if why, bad := bannedImports[path]; bad {
			c.report(n, "import of "+path, why)
		}
	case *ast.RangeStmt:
		if typ := c.info.Types[n.X].Type; typ != nil {
			if _, isMap := typ.Underlying().(*types.Map); isMap {
				c.report(n, "range over a map", "its order differs on every run; sort the keys, or use a slice")
			}
		}
	case *ast.GoStmt:
		c.report(n, "goroutine", "the state machine is one thread; scheduling differs on every node")
	case *ast.SelectStmt:
		c.report(n, "select", "it chooses at random among ready channels")
	case *ast.SelectorExpr:
		c.checkSelector(n)
	case ast.Expr:
		c.checkFloat(n)
	}
	return true
}

// checkSelector refuses the functions of bannedCalls, whatever the package is
// called in the file, and goes on to look at floats.
func (c *determinismCheck) checkSelector(n *ast.SelectorExpr) {
	if obj := c.info.Uses[n.Sel]; obj != nil && obj.Pkg() != nil {
		if fn, ok := obj.(*types.Func); ok && fn.Signature().Recv() == nil {
			name := obj.Pkg().Path() + "." + obj.Name()
			if why, bad := bannedCalls[name]; bad {
				c.report(n, name, why)
			}
		}
	}
	c.checkFloat(n)
}

// checkFloat refuses values and types of floating point; untyped constants
// that end as integers are fine.
func (c *determinismCheck) checkFloat(n ast.Expr) {
	tv, ok := c.info.Types[n]
	if !ok || tv.Type == nil {
		return
	}
	basic, ok := tv.Type.Underlying().(*types.Basic)
	if !ok || basic.Info()&(types.IsFloat|types.IsComplex) == 0 || basic.Info()&types.IsUntyped != 0 {
		return
	}
	c.report(n, "floating point", "rounding may differ between machines and compilers; use integers or math.LegacyDec")
}

// TestDeterminism_RejectsEachRule shows that every rule bites, and that an
// allowance with a reason, and only with one, lets a line pass.
func TestDeterminism_RejectsEachRule(t *testing.T) {
	cases := []struct{ name, body, want string }{
		{"range over a map", `for range map[int]int{} {}`, "range over a map"},
		{"range over a named map type", `type m map[int]int; for range (m{}) {}`, "range over a map"},
		{"clock", `_ = time.Now()`, "time.Now"},
		{"clock as a value", `f := time.Now; _ = f`, "time.Now"},
		{"goroutine", `go func() {}()`, "goroutine"},
		{"select", `select {}`, "select"},
		{"float variable", `var x float64; _ = x`, "floating point"},
		{"float conversion", `x := 3; _ = float32(x)`, "floating point"},
		{"range over a slice", `for range []int{} {}`, ""},
		{"untyped constant that is an integer", `const k = 1e9; var x int64 = k; _ = x`, ""},
		{"allowed with a reason", "for range map[int]int{} { // deterministic: only counts, the order is not seen\n}", ""},
		{"allowed without a reason", "for range map[int]int{} { // deterministic:\n}", "range over a map"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			src := "package p\nimport \"time\"\nvar _ time.Duration\nfunc f() {\n" + c.body + "\n}\n"
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, "p.go", src, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			found := strings.Join(checkFiles(t, fset, "p", []*ast.File{f}, importer.Default()), "\n")
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("got findings %q, want %q", found, c.want)
			}
		})
	}
}
