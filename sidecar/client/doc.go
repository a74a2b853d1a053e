// Package client is the library behind `zg`: it pays for files on the chain,
// brings them to storage nodes, and fetches them back, trusting neither.
//
//	put   hash -> price -> pay -> wait visible -> upload segments -> finalized
//	get   root -> entry of the chain -> segments with proofs, verified -> file
//
// A file of more than one entry's size, several files, and a folder become
// several entries and one manifest entry, whose root stands for all of it.
//
// Memory does not grow with files: segments pass through a fixed set of
// buffers, and 64 bytes per segment of 256 KiB are kept for the Merkle trees.
// Files of the room: README.md has the formats and the retry rules.
package client
