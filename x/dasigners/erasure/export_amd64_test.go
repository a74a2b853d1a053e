package erasure

// WithoutTwoHash does something as on a processor without SHA-256 instructions.
func WithoutTwoHash(do func()) {
	defer func(was bool) { hasTwoHash = was }(hasTwoHash)
	hasTwoHash = false
	do()
}
