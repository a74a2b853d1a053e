// Package layout holds the units of a flow and the arithmetic between them:
// sizes, padding, and the place an entry gets. Pure integers, no hashing.
//
//	flow   |0|1|2|...                                   sectors of 256 B
//	       |<-- 16 sectors: seal piece, 4 KiB -->|
//	       |<------------ 1024 sectors: load (a file's segment), 256 KiB ------------>|
//
// Sector 0 of every flow is a dummy, so a flow's length starts at 1 sector and
// no entry ever starts at 0.
//
// Source: whitepaper 4.2 (sector, load), 5.2.2 (seal piece);
// protocol-storage.md 1.4, 1.5 (padding) and 2.3 (placement).
package layout
