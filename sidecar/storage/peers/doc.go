// Package peers knows the other storage nodes that an operator names, so that
// one node's URL is enough for a client of the whole network: which of them
// answer, what part of the flow each keeps, how far away it is, who has a file,
// and which of them together hold so many copies of everything
// (protocol-storage.md 3.4, 3.5).
//
//	set.go       asks the named nodes, remembers for a while
//	file.go      who has a file, a segment from one who has it
//	select.go    chooses nodes that cover the flow, as the clients do
package peers
