package erasure

// The kernels and what they must agree with.
var (
	HasTwoHash = hasTwoHash
	HashRows2  = hashRows2
	TurnGroup  = turnGroup
	Turn       = turn
)
