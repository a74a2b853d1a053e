package encoder

// What fuzz tests look at from outside.
var (
	DecodeRecord    = decodeRecord
	DecodeSpooled   = decodeSpooled
	ReadFrames      = readFrames
	AppendFrame     = appendFrame
	EncodeRecord    = encodeRecord
	ParseCommitment = parseCommitment
	CommitmentOf    = commitmentOf
	ParseAccess     = parseAccess
)
