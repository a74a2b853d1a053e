package rpc

// ParseBody counts the calls of a body, for its fuzz target.
func ParseBody(body []byte, maxBatch int) (calls, valid int, err error) {
	parsed, _, err := parseBody(body, maxBatch)
	for _, c := range parsed {
		if c.refusal == nil {
			valid++
		}
	}
	return len(parsed), valid, err
}

// DecodeSegment and SkipValue are what reads strangers' bytes.
var (
	DecodeSegment = decodeSegment
	SkipValue     = func(b []byte) (end int, err error) { return skipValue(b, skipSpace(b, 0), 0) }
)
