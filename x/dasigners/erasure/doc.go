// Package erasure turns a blob into n rows of which any k rebuild it, and into a
// commitment against which each row can be checked alone: that it belongs to
// the blob, and that the blob was encoded correctly.
//
//	payload ─► 16-byte header ‖ payload ‖ zeros = k rows ─Leopard─► n rows
//	                                               │                  │ SHA-256 tree
//	                                               │                  ▼
//	                          random combination ◄─┼─ coefficients ◄─ rowRoot
//	                                               ▼
//	                              rlc[0…k) ─SHA-256 tree─► rlcRoot
//
//	dataRoot = SHA-256(profile, chain, sizes, rowRoot, rlcRoot)
//
// A row is right when its path leads to rowRoot and its own combination equals
// the value that the k committed ones extend to: Reed-Solomon commutes with a
// linear combination of columns. The coefficients follow from rowRoot, so
// whoever encodes cannot choose rows to suit them. SPEC.md has every byte,
// SOUNDNESS.md says what this proves and what it assumes.
//
// The package is pure: no goroutines, clocks or files. Work is offered in pieces
// (stripes of columns, ranges of rows) that a caller may spread over cores.
package erasure
