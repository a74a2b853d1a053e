// Package arch holds the tests of the house itself: who may import whom
// (imports_test.go), what x/ and app/ may not do (determinism_test.go), sizes
// and leftovers (tidy_test.go), the golden vectors' bytes (vectors_test.go),
// the Makefile's help (makefile_test.go) and that every mission row names a
// test that exists (missions_test.go). Each failure says why the rule is there.
package arch
