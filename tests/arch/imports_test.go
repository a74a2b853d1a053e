package arch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The floors of the house, as paths inside the module.
var (
	bedrock = []string{
		"x/flow/layout", "x/flow/keccak", "x/flow/merkle", "x/pora/mine",
		"x/dasigners/bls", "x/dasigners/beacon", "x/dasigners/quorum", "x/dasigners/erasure",
		"x/sharedstaking/power", "x/serving/trace", "x/serving/zk",
	}
	// bedrockEdges are the only sideways edges on the bedrock floor.
	bedrockEdges = map[string][]string{
		"x/flow/merkle":                   {"x/flow/layout", "x/flow/keccak"},
		"x/pora/mine":                     {"x/flow/layout", "x/flow/keccak", "x/flow/merkle"},
		"x/dasigners/beacon":              {"x/dasigners/bls"},
		"x/dasigners/quorum":              {"x/dasigners/beacon", "x/dasigners/bls"},
		"x/dasigners/erasure/erasuretest": {"x/dasigners/erasure"},
		"x/serving/zk":                    {"x/serving/trace"},
	}
	// bedrockLibraries are the modules bedrock may reach beside the standard library.
	bedrockLibraries = []string{
		"golang.org/x/crypto", "golang.org/x/sys", "github.com/consensys/gnark",
		"github.com/consensys/gnark-crypto", "github.com/klauspost/reedsolomon",
		"github.com/klauspost/cpuid", "github.com/bits-and-blooms/bitset", "github.com/cloudflare/circl", "vendor/golang.org/x",
	}
	engines = []string{"sidecar/storage/flowlog", "sidecar/storage/replica", "sidecar/kv/record", "sidecar/kv/engine"}
	// moduleOrder: a module may name the types of the modules after the arrow.
	moduleOrder = map[string][]string{
		"pora":          {"flow"},
		"dasigners":     {"flow", "sharedstaking"},
		"sharedstaking": {},
		"serving":       {},
		"flow":          {},
	}
	// door is the one room that every module's precompile stands on: it knows the
	// EVM and the bank, and no module.
	door       = "x/contract"
	chainStack = []string{
		"github.com/cosmos/", "cosmossdk.io/", "github.com/cometbft/", "github.com/ethereum/go-ethereum",
	}
)

// under says whether path is the package room or one below it.
func under(path, room string) bool {
	return path == room || strings.HasPrefix(path, strings.TrimSuffix(room, "/")+"/")
}

func underAny(path string, rooms []string) bool {
	return slices.ContainsFunc(rooms, func(room string) bool { return under(path, room) })
}

func startsWithAny(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}

// ours strips the module's path; ok is false for foreign packages.
func ours(path string) (string, bool) {
	return strings.CutPrefix(path, module+"/")
}

// rule refuses imports. With reach it holds for everything a package needs, not
// only for what it names itself.
type rule struct {
	name  string
	from  func(path string) bool
	bad   func(from, dep string, std bool) bool // paths of ours without the module's prefix
	reach bool
	why   string
}

func floorRules() []rule {
	return []rule{
		{
			name: "chain does not reach daemons", reach: true,
			from: func(p string) bool { return under(p, "x") || under(p, "app") },
			bad:  func(_, dep string, _ bool) bool { return under(dep, "sidecar") },
			why:  "a daemon bug must not be able to change an app hash",
		},
		{
			name: "sidecars leave chain words to sidecar/internal/chain",
			from: func(p string) bool { return under(p, "sidecar") && !under(p, "sidecar/internal/chain") },
			bad: func(_, dep string, _ bool) bool {
				return startsWithAny(dep, chainStack) || (under(dep, "x") && !underAny(dep, bedrock)) || under(dep, "app")
			},
			why: "one adapter speaks SDK and CometBFT, so the rest of the daemons stays small and can be simulated",
		},
		{
			name: "engines reach bedrock only", reach: true,
			from: func(p string) bool { return underAny(p, engines) },
			bad: func(from, dep string, _ bool) bool {
				isOurs := under(dep, "x") || under(dep, "app") || under(dep, "sidecar") || under(dep, "cmd")
				return isOurs && !underAny(dep, bedrock) && !underAny(dep, engines) ||
					startsWithAny(dep, chainStack)
			},
			why: "engines speak bedrock words only; chain types stop at sidecar/internal/chain",
		},
		{
			name: "no module reaches another's keeper", reach: true,
			from: func(p string) bool { return under(p, "x") },
			bad: func(from, dep string, _ bool) bool {
				return under(dep, "x") && moduleOf(dep) != moduleOf(from) && strings.HasPrefix(dep, "x/"+moduleOf(dep)+"/keeper")
			},
			why: "a module says what it needs in its own types/expected_keepers.go, so that it can be tested and moved alone",
		},
		{
			name: "module order", reach: true,
			from: func(p string) bool { return under(p, "x") && !underAny(p, bedrock) },
			bad: func(from, dep string, _ bool) bool {
				return under(dep, "x") && moduleOf(dep) != moduleOf(from) && !underAny(dep, bedrock) && !under(dep, door) &&
					!slices.Contains(moduleOrder[moduleOf(from)], moduleOf(dep))
			},
			why: "modules are layered (flow below pora and dasigners); a cycle would tie their upgrades together",
		},
		{
			name: "bedrock stands on nothing of ours but its named edges", reach: true,
			from: func(p string) bool { return underAny(p, bedrock) },
			bad:  bedrockReaches,
			why:  "bedrock is shared with daemons and auditors; it knows no SDK and no neighbours",
		},
		{
			name: "one sidecar does not enter another",
			from: func(p string) bool { return under(p, "sidecar") },
			bad:  entersOtherSidecar,
			why:  "sidecars meet over their APIs; only miner and da share the engine, and all share sidecar/client and sidecar/internal",
		},
		{
			name: "nobody imports commands",
			from: func(p string) bool { return !under(p, "cmd") },
			bad:  func(_, dep string, _ bool) bool { return under(dep, "cmd") },
			why:  "cmd/ contains flags and wiring only; what others need belongs a floor below",
		},
		{
			name: "nobody looks into tests",
			from: func(p string) bool { return !under(p, "tests") },
			bad:  func(_, dep string, _ bool) bool { return under(dep, "tests") },
			why:  "tests/ stands outside and may look into every window; nobody may look into tests/",
		},
		{
			name: "the user's client links no chain", reach: true,
			from: func(p string) bool {
				return underAny(p, []string{"cmd/zg", "cmd/zg-storage", "cmd/zg-miner", "cmd/zg-da-node", "cmd/zg-da-encoder"})
			},
			bad: func(_, dep string, _ bool) bool {
				return under(dep, "app") || (under(dep, "x") && strings.Contains(dep, "/keeper"))
			},
			why: "clients and daemons start fast and audit alone; the state machine is linked by zgd only",
		},
	}
}

// moduleOf returns m of x/m/….
func moduleOf(path string) string {
	parts := strings.SplitN(path, "/", 3)
	if len(parts) < 2 || parts[0] != "x" {
		return ""
	}
	return parts[1]
}

func bedrockReaches(from, dep string, std bool) bool {
	if std || underAny(dep, bedrockLibraries) || under(dep, from) {
		return false
	}
	for room, edges := range bedrockEdges {
		if under(from, room) && (under(dep, room) || underAny(dep, edges)) {
			return false
		}
	}
	return true
}

func entersOtherSidecar(from, dep string, _ bool) bool {
	if !under(dep, "sidecar") || underAny(dep, []string{"sidecar/internal", "sidecar/client"}) {
		return false
	}
	room := func(p string) string { return strings.SplitN(p, "/", 3)[1] }
	if (room(from) == "miner" || room(from) == "da") && under(dep, "sidecar/storage/flowlog") {
		return false
	}
	return room(from) != room(dep)
}

// TestFloors pins the floor plan of the house: who may need whom, and why.
func TestFloors(t *testing.T) {
	packages := allPackages(t)
	for _, r := range floorRules() {
		t.Run(strings.ReplaceAll(r.name, " ", "-"), func(t *testing.T) {
			for _, violation := range violations(packages, r) {
				t.Error(violation)
			}
		})
	}
}

// TestFloors_RejectsPlantedImport shows that the rules bite: each is given a
// package that breaks it.
func TestFloors_RejectsPlantedImport(t *testing.T) {
	planted := map[string][2]string{
		"chain does not reach daemons":                          {"x/flow/keeper", "sidecar/client"},
		"sidecars leave chain words to sidecar/internal/chain":  {"sidecar/storage", "x/flow/types"},
		"engines reach bedrock only":                            {"sidecar/storage/flowlog", "sidecar/internal/chain"},
		"no module reaches another's keeper":                    {"x/pora/keeper", "x/flow/keeper"},
		"module order":                                          {"x/flow/keeper", "x/pora/types"},
		"bedrock stands on nothing of ours but its named edges": {"x/flow/layout", "x/flow/merkle"},
		"one sidecar does not enter another":                    {"sidecar/storage", "sidecar/miner"},
		"nobody imports commands":                               {"app", "cmd/zgd/cmd"},
		"nobody looks into tests":                               {"x/flow/keeper", "tests/arch"},
		"the user's client links no chain":                      {"cmd/zg", "app"},
	}
	for _, r := range floorRules() {
		edge, ok := planted[r.name]
		if !ok {
			t.Errorf("rule %q has no planted violation", r.name)
			continue
		}
		from, dep := module+"/"+edge[0], module+"/"+edge[1]
		world := map[string]pkg{
			from: {ImportPath: from, Imports: []string{dep}},
			dep:  {ImportPath: dep},
		}
		if len(violations(world, r)) != 1 {
			t.Errorf("rule %q lets %s import %s", r.name, edge[0], edge[1])
		}
	}
}

// violations lists the broken edges of one rule, with the path that reaches them.
func violations(packages map[string]pkg, r rule) []string {
	var found []string
	for path := range packages {
		from, isOurs := ours(path)
		if !isOurs || !r.from(from) {
			continue
		}
		for dep, via := range reached(packages, path, r.reach) {
			name, _ := ours(dep)
			if name == "" {
				name = dep
			}
			if r.bad(from, name, packages[dep].Standard) {
				found = append(found, fmt.Sprintf("%s reaches %s (by %s): %s", from, name, via, r.why))
			}
		}
	}
	slices.Sort(found)
	return found
}

// reached maps what path imports to the package that names it; deep follows
// the imports of imports.
func reached(packages map[string]pkg, path string, deep bool) map[string]string {
	via := make(map[string]string)
	queue := []string{path}
	for len(queue) > 0 {
		here := queue[0]
		queue = queue[1:]
		for _, dep := range packages[here].Imports {
			if mapped, ok := packages[here].ImportMap[dep]; ok {
				dep = mapped
			}
			if _, seen := via[dep]; seen || dep == path {
				continue
			}
			via[dep] = here
			if deep {
				queue = append(queue, dep)
			}
		}
	}
	return via
}

// TestTopLevel pins the fixed top level of the tree.
func TestTopLevel(t *testing.T) {
	allowed := []string{"app", "x", "proto", "cmd", "sidecar", "scripts", "tests", "go.mod", "go.sum", "Makefile", "buf.yaml", "README.md", "build"}
	seen := make(map[string]bool)
	for _, f := range repoFiles(t, func(path string) bool { return !strings.HasPrefix(path, ".") }) {
		top, _, _ := strings.Cut(f.path, "/")
		if !seen[top] && !slices.Contains(allowed, top) {
			t.Errorf("%s: the top level is fixed (%s); a room's README carries its documents, shared code lives with its judge", top, strings.Join(allowed, ", "))
		}
		seen[top] = true
	}
}
