package storage

// OpenOn is Open on another disk.
var OpenOn = open

// EncodeEntry and DecodeEntry expose the row of an entry to its fuzz target.
func EncodeEntry(seq uint64, row []byte) ([]byte, error) {
	e, err := decodeEntry(seq, row)
	if err != nil {
		return nil, err
	}
	return e.encode(), nil
}

// EncodeCursor decodes and encodes a cursor's row.
func EncodeCursor(row []byte) ([]byte, error) {
	c, err := decodeCursor(row)
	if err != nil {
		return nil, err
	}
	return c.encode(), nil
}
