package arch_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the mission table of tests/README.md")

const (
	missionsFile = "tests/arch/testdata/missions.txt" // id|capability|source, one row of the mission each
	tableBegin   = "<!-- missions: written by go test ./tests/arch -run Missions -update -->"
	tableEnd     = "<!-- /missions -->"
)

// standing are the rows that the parts standing today are for; the table of the
// others is short.
var standing = strings.Fields(`C01 C02 C17 C18 S03 S04 S07 S08 S09 S10 S11 S15 S16 S17 S18 S19 S20
	P01 P02 P04 P05 P07 P08 P09 P11 R01 R02 R03 R04 R05 R06 R07 R12 R13 R14 R15 R17`)

// shown is one test that says which row it shows, and what part of it.
type shown struct{ test, note string }

// missionComment matches "mission S17", "mission S17, S18" and a note in
// parentheses on the same line.
var missionComment = regexp.MustCompile(`\bmission ([CEDKMOPRSTX]\d\d(?:(?:, ?| and |/| )[CEDKMOPRSTX]\d\d)*)(?:,? \(([^)]*)\))?`)

var missionName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)_?([CEDKMOPRSTX]\d\d)_`)

// shownRows reads every test file and collects the rows its tests name, in a
// comment on or inside the test, or in the test's name (TestS07_…).
func shownRows(t *testing.T) map[string][]shown {
	t.Helper()
	rows := make(map[string][]shown)
	for _, f := range repoFiles(t, func(path string) bool {
		return strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "tests/arch/")
	}) {
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, f.path, f.text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range missionsOf(fset, parsed) {
			name := fmt.Sprintf("`%s` %s", filepath.Dir(f.path), m.test)
			if !slices.ContainsFunc(rows[m.id], func(s shown) bool { return s.test == name }) {
				rows[m.id] = append(rows[m.id], shown{name, m.note})
			}
		}
	}
	return rows
}

type missionOf struct{ id, test, note string }

func missionsOf(fset *token.FileSet, f *ast.File) []missionOf {
	var found []missionOf
	var tests []*ast.FuncDecl
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if ok && fn.Recv == nil && regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example)`).MatchString(fn.Name.Name) {
			tests = append(tests, fn)
			if m := missionName.FindStringSubmatch(fn.Name.Name); m != nil {
				found = append(found, missionOf{id: m[1], test: fn.Name.Name})
			}
		}
	}
	for _, group := range f.Comments {
		for _, c := range group.List {
			m := missionComment.FindStringSubmatch(strings.TrimSuffix(c.Text, "*/"))
			if m == nil {
				continue
			}
			// the test that contains the comment, or the next one below it
			i := slices.IndexFunc(tests, func(fn *ast.FuncDecl) bool { return fn.End() > c.Pos() })
			if i < 0 {
				continue
			}
			for _, id := range regexp.MustCompile(`[A-Z]\d\d`).FindAllString(m[1], -1) {
				found = append(found, missionOf{id, tests[i].Name.Name, m[2]})
			}
		}
	}
	return found
}

// TestMissions checks that tests/README.md tells the truth about which test
// shows which row, and that a row of today's parts is shown or owns up.
func TestMissions(t *testing.T) {
	missions, err := os.ReadFile(filepath.Join(root, missionsFile))
	if err != nil {
		t.Fatal(err)
	}
	table := missionTable(t, strings.Split(strings.TrimSpace(string(missions)), "\n"), shownRows(t))
	path := filepath.Join(root, "tests/README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), tableBegin+"\n")
	old, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("tests/README.md has no %q … %q", tableBegin, tableEnd)
	}
	if old == table {
		return
	}
	if !*update {
		t.Fatalf("the mission table of tests/README.md is not what the tests say: run go test ./tests/arch -run Missions -update\n%s", firstDifference(old, table))
	}
	if err := os.WriteFile(path, []byte(before+tableBegin+"\n"+table+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func missionTable(t *testing.T, missions []string, rows map[string][]shown) string {
	t.Helper()
	var b, later strings.Builder
	b.WriteString("\n| row | capability | shown by |\n|---|---|---|\n")
	known := make(map[string]bool)
	for _, line := range missions {
		f := strings.Split(line, "|")
		known[f[0]] = true
		switch tests := rows[f[0]]; {
		case len(tests) > 0:
			cells := make([]string, len(tests))
			for i, s := range tests {
				cells[i] = s.test
				if s.note != "" {
					cells[i] += " (" + s.note + ")"
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", f[0], f[1], strings.ReplaceAll(strings.Join(cells, "<br>"), "|", "\\|"))
		case slices.Contains(standing, f[0]):
			fmt.Fprintf(&b, "| %s | %s | **not yet** |\n", f[0], f[1])
		default:
			later.WriteString(" " + f[0])
		}
	}
	for id := range rows {
		if !known[id] {
			t.Errorf("a test names mission %s, which is no row of %s", id, missionsFile)
		}
	}
	fmt.Fprintf(&b, "\nNot yet, parts of it not built:%s.\n\n", later.String())
	return b.String()
}

func firstDifference(old, new string) string {
	a, b := strings.Split(old, "\n"), strings.Split(new, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "is:     " + a[i] + "\nshould: " + b[i]
		}
	}
	return fmt.Sprintf("is %d lines, should be %d", len(a), len(b))
}
