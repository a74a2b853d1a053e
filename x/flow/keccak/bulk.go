package keccak

// SumBlocks sets out[i] = keccak256(data[i*blockBytes : (i+1)*blockBytes]), four
// blocks at a time. It hashes as many whole blocks as data and out both hold
// and returns that number; a rest of data shorter than a block is not touched.
func SumBlocks(data []byte, blockBytes int, out []Hash) int {
	if blockBytes <= 0 {
		return 0
	}
	n := min(len(data)/blockBytes, len(out))
	block := func(i int) []byte { return data[i*blockBytes : (i+1)*blockBytes] }
	i := 0
	if HasX4() {
		for ; i+lanes <= n; i += lanes {
			sumLanes(block(i), block(i+1), block(i+2), block(i+3), (*[4]Hash)(out[i:]))
		}
	}
	for ; i < n; i++ {
		out[i] = Sum256(block(i))
	}
	return n
}

// PairEach sets out[i] = keccak256(level[2i] || level[2i+1]) for each whole pair
// of level, four pairs at a time, and returns the number of pairs. out may be
// level itself: a result never lands on a hash that is still to be read.
// Pairs that do not fit in out are left out.
func PairEach(level, out []Hash) int {
	n := min(len(level)/2, len(out))
	i := 0
	if HasX4() {
		var both [lanes][64]byte
		for ; i+lanes <= n; i += lanes {
			for lane := range lanes {
				copy(both[lane][:32], level[2*(i+lane)][:])
				copy(both[lane][32:], level[2*(i+lane)+1][:])
			}
			sumLanes(both[0][:], both[1][:], both[2][:], both[3][:], (*[4]Hash)(out[i:]))
		}
	}
	for ; i < n; i++ {
		out[i] = Pair(level[2*i], level[2*i+1])
	}
	return n
}
