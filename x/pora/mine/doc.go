// Package mine is the puzzle of Proof of Random Access and its judge: seal,
// recall, quality, verify. The chain (x/pora) and the miner run this same code.
//
// One iteration, for one nonce (whitepaper 5.2.4, Fig. 6):
//
//	tuple = minerID | nonce | contextDigest | start | length        5 x 32 B
//	   |
//	   | Blake2b-512
//	   v
//	   h --Blake2b--> h --Blake2b--> ... 4096 cells of 64 B ... --> h
//	                  [------------ scratchpad, 256 KiB ------------]
//	                                                                | Keccak-256
//	                                                                v
//	   load = start + (r mod n) * numShard + shardID   <----------- r
//	   |
//	   | read 256 KiB of sealed data at that load
//	   v
//	   sealed load XOR scratchpad = 64 pieces v of 4 KiB
//	   |
//	   | each: Blake2b-512(tuple | v), its first 32 bytes as a big-endian number
//	   v
//	   output <= target: a solution. Nonce, piece and Merkle path go on chain.
//
// Encoding to the byte:
//   - minerID, nonce, contextDigest: 32 bytes each, as they are. start, length:
//     uint256 big-endian, in BYTES. The Go API counts in loads (256 KiB) and
//     converts in one place, tuple.go.
//   - Blake2b is Blake2b-512 without key; Keccak-256 is Ethereum's.
//   - The scratchpad has all 4096 cells. (Fig. 6 line 3 ends at 4094, which would
//     leave the last cell empty.) Cell i is h after i+1 hashes past the first.
//   - r is keccak256 of the last cell, big-endian; n is the number of loads of the
//     miner's shard in its range. With one shard this is the figure's line 8.
//   - Piece k of the load meets bytes [4096k, 4096(k+1)) of the scratchpad. That
//     binds k, which the tuple does not hold.
//   - Seal (Fig. 5): 128 words of 32 bytes; mask = seed; word ^= mask; mask =
//     keccak256(sealed word). seed = keccak256(minerID | sealContextDigest |
//     uint256 P), P the piece's first sector in the flow, so sealed data cannot be
//     moved to another place, epoch or miner. The seal context is the one whose
//     epoch added the piece's last sector.
//   - A solution's piece is proven, unsealed, against the context's flow root;
//     leaf 0 of the flow is 32 zero bytes (x/flow/merkle).
//
// The package knows no clock, file, chain or goroutine. Its functions are total:
// bad input is an error, never a panic.
package mine
