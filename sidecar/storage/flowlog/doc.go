// Package flowlog is the storage engine on disk of zg-storage (plain loads) and
// of zg-miner (sealed loads): flat packs of 256-KiB slots, and a pebble map from
// load to slot.
//
//	write ──► queue ──► group of ≤ 32 loads or 100 ms
//	                      │ 1. pwrite into free slots      (buffered, or O_DIRECT)
//	                      │ 2. one fdatasync per touched pack
//	                      │ 3. one pebble batch, synced     <- the commit point
//	                      └ 4. publish in the index, acknowledge, free old slots
//
// Data goes before meta, so a torn slot is never visible. No slot is ever
// overwritten while a row names it, except for sectors the row says are missing;
// the checksum of a piece covers only the sectors that are there.
//
// Source: protocol-kv.md section 5. The package speaks bedrock words only
// (layout), and touches the disk only through FS, so that tests can crash it.
package flowlog
