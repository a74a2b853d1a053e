package node

// EncodeRecord and RecodeRecord expose the row of a blob to its tests.
func EncodeRecord(r *Record) []byte { return r.encode() }

// RecodeRecord decodes a row and encodes it again.
func RecodeRecord(row []byte) ([]byte, error) {
	r, err := decodeRecord(row)
	if err != nil {
		return nil, err
	}
	return r.encode(), nil
}

// ExtentBytes is the length of what is stored of a blob.
func ExtentBytes(r *Record) int { return r.extent().bytes() }

// Soil leaves memory for the next extent that is full of an older one's bytes.
func Soil(bytes int) {
	old := make([]byte, bytes)
	for i := range old {
		old[i] = 0xa5
	}
	extents.Give(old)
}
