package rpc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// args are the positional parameters of one call. A parameter past the end
// reads as null.
type args [][]byte

func (a args) at(position int) []byte {
	if position < len(a) {
		return a[position]
	}
	return []byte("null")
}

func isNull(value []byte) bool { return string(value) == "null" }

func (a args) hash(position int) (h nodeapi.Hash, err error) {
	h, err = decodeHash(a.at(position))
	if err != nil {
		return h, badParam(position, "a 32-byte hash as 0x and 64 hex digits", err)
	}
	return h, nil
}

func (a args) uint64(position int) (uint64, error) {
	n, err := decodeUint64(a.at(position))
	if err != nil {
		return 0, badParam(position, "an unsigned integer", err)
	}
	return n, nil
}

// boolean reads an absent or null parameter as false.
func (a args) boolean(position int) (bool, error) {
	switch string(a.at(position)) {
	case "true":
		return true, nil
	case "false", "null":
		return false, nil
	}
	return false, badParam(position, "true or false", errors.New("neither"))
}

func (a args) segment(position int) (nodeapi.SegmentWithProof, error) {
	s, err := decodeSegment(a.at(position))
	if err != nil {
		return s, badParam(position, "a segment with proof", err)
	}
	return s, nil
}

func (a args) segments(position int) ([]nodeapi.SegmentWithProof, error) {
	var segments []nodeapi.SegmentWithProof
	err := walkArray(a.at(position), func(value []byte, n int) error {
		if n >= nodeapi.MaxSegmentsPerRequest {
			return fmt.Errorf("more than %d segments in one request", nodeapi.MaxSegmentsPerRequest)
		}
		s, err := decodeSegment(value)
		segments = append(segments, s)
		return err
	})
	if err != nil {
		return nil, badParam(position, "an array of segments with proof", err)
	}
	return segments, nil
}

func decodeHash(value []byte) (h nodeapi.Hash, err error) {
	if len(value) != 68 || value[0] != '"' || value[1] != '0' || value[2] != 'x' {
		return h, fmt.Errorf("got %.80s", value)
	}
	return nodeapi.ParseHash(string(value[1:67]))
}

func decodeUint64(value []byte) (uint64, error) {
	n, err := strconv.ParseUint(string(value[:min(len(value), 32)]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("got %.32s", value)
	}
	return n, nil
}

// decodeSegment reads SegmentWithProof; its data is decoded straight out of the
// body. A field that is missing leaves a zero, which no check lets through.
func decodeSegment(value []byte) (s nodeapi.SegmentWithProof, err error) {
	err = walkObject(value, func(key, value []byte) (err error) {
		switch string(key) {
		case "root":
			s.Root, err = decodeHash(value)
		case "data":
			s.Data, err = decodeBase64(value)
		case "index":
			s.Index, err = decodeUint64(value)
		case "proof":
			s.Proof, err = decodeProof(value)
		case "fileSize":
			s.FileSize, err = decodeUint64(value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	return s, err
}

// maxProofSteps: a file of 2^56 sectors has 46 levels of segments.
const maxProofSteps = 64

func decodeProof(value []byte) (p nodeapi.Proof, err error) {
	p = nodeapi.Proof{Lemma: []nodeapi.Hash{}, Path: []bool{}}
	err = walkObject(value, func(key, value []byte) error {
		switch string(key) {
		case "lemma":
			return walkArray(value, func(value []byte, n int) error {
				if n >= maxProofSteps+2 {
					return errors.New("lemma too long")
				}
				h, err := decodeHash(value)
				p.Lemma = append(p.Lemma, h)
				return err
			})
		case "path":
			return walkArray(value, func(value []byte, n int) error {
				if n >= maxProofSteps {
					return errors.New("path too long")
				}
				left := string(value) == "true"
				if !left && string(value) != "false" {
					return fmt.Errorf("path: got %.16s", value)
				}
				p.Path = append(p.Path, left)
				return nil
			})
		}
		return nil
	})
	return p, err
}

// decodeBase64 reads a string of standard base64 with padding, at most one
// segment long.
func decodeBase64(value []byte) ([]byte, error) {
	if isNull(value) {
		return nil, nil // refused later, as empty
	}
	if len(value) < 2 || value[0] != '"' {
		return nil, errors.New("want a base64 string")
	}
	text := value[1 : len(value)-1]
	if bytes.IndexByte(text, '\\') >= 0 { // some encoders write \/ for /
		var unescaped string
		if err := json.Unmarshal(value, &unescaped); err != nil {
			return nil, errors.New("malformed string")
		}
		text = []byte(unescaped)
	}
	if base64.StdEncoding.DecodedLen(len(text)) > layout.LoadSize+2 {
		return nil, fmt.Errorf("more than %d bytes", layout.LoadSize)
	}
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 { // encoding/base64 would skip them
		return nil, errors.New("line break inside base64")
	}
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(data, text)
	if err != nil {
		return nil, err
	}
	return data[:n], nil
}
