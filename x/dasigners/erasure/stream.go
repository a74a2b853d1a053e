package erasure

import (
	"encoding/binary"
	"fmt"
)

// layOut writes the bytes of the stream header ‖ payload ‖ zeros from offset at
// on, as many as out has.
func layOut(p Profile, payload []byte, at int, out []byte) {
	header := [HeaderSize]byte{Version, p.ID} // then flags, length, zeros
	binary.BigEndian.PutUint64(header[4:], uint64(len(payload)))
	n := 0
	if at < HeaderSize {
		n = copy(out, header[at:])
	}
	if from := at + n - HeaderSize; from < len(payload) {
		n += copy(out[n:], payload[from:])
	}
	clear(out[n:])
}

// Payload reads the blob back from its data rows, in order. A header or padding
// that no encoder writes is ErrMalformedBlob, for every reader alike: the rows
// were encoded correctly, but they say nothing.
func (c Commitment) Payload(dataRows [][]byte) ([]byte, error) {
	if len(dataRows) != c.Profile.K {
		return nil, fmt.Errorf("%w: %d data rows, want %d", ErrTooFewRows, len(dataRows), c.Profile.K)
	}
	stream := make([]byte, 0, c.Profile.K*c.RowSize)
	for i, row := range dataRows {
		if len(row) != c.RowSize {
			return nil, fmt.Errorf("%w: row %d has %d bytes, want %d", ErrBadRow, i, len(row), c.RowSize)
		}
		stream = append(stream, row...)
	}
	header := [HeaderSize]byte{Version, c.Profile.ID}
	binary.BigEndian.PutUint64(header[4:], c.DataLen)
	if [HeaderSize]byte(stream[:HeaderSize]) != header {
		return nil, fmt.Errorf("%w: header %x, want %x", ErrMalformedBlob, stream[:HeaderSize], header)
	}
	end := HeaderSize + int(c.DataLen)
	for i, b := range stream[end:] {
		if b != 0 {
			return nil, fmt.Errorf("%w: padding byte %d is %#x", ErrMalformedBlob, i, b)
		}
	}
	return stream[HeaderSize:end], nil
}
