// Package storage is the storage node: it follows the flow on the chain, takes
// segments that prove to belong to an entry, keeps them in flowlog, and serves
// files, loads and proofs.
//
//	follower.go   the chain's entries, in order, checked against its roots
//	tree.go       the flow tree's nodes: proofs to every root there ever was
//	file.go       one entry of the flow as a file: segments, shard, roots
//	upload.go     checks before disk, the way of a segment
//	read.go       verified reads; quarantine
//	prove.go      loads and sectors, with their way to a flow root
//	copies.go     the same file paid for twice
//	share.go      what a part of the flow asks of the nodes with the others
//	whole.go      all parts as one node, for clients that know no shards
//	check.go      fsck
//	index.go      the rows in pebble
//	node.go       composition; goroutines start and end here
package storage
