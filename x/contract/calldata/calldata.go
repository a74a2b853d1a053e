// Package calldata checks that bytes are what an ABI encoder writes, before a
// decoder sees them.
package calldata

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

// errTruncated says that the calldata ends inside a value.
var errTruncated = errors.New("truncated")

const word = 32

// Check accepts exactly what an ABI encoder writes for these arguments: every
// tail follows the one before, padding is zero, nothing trails. Decoders that
// follow offsets wherever they point can be made to build gigabytes out of
// kilobytes; here work and memory are linear in the data.
func Check(args abi.Arguments, data []byte) error {
	types := make([]*abi.Type, len(args))
	for i := range args {
		types[i] = &args[i].Type
	}
	n, err := tuple(types, data)
	if err != nil {
		return err
	}
	if n != len(data) {
		return fmt.Errorf("%d bytes trail the arguments", len(data)-n)
	}
	return nil
}

// tuple walks heads and tails and returns the bytes they take.
func tuple(types []*abi.Type, data []byte) (int, error) {
	head := 0
	for _, t := range types {
		head += headSize(t)
	}
	if len(data) < head {
		return 0, errTruncated
	}
	at, tail := 0, head
	for i, t := range types {
		if !dynamic(t) {
			if err := static(t, data[at:at+headSize(t)]); err != nil {
				return 0, fmt.Errorf("argument %d: %w", i, err)
			}
			at += headSize(t)
			continue
		}
		offset, err := length(data[at : at+word])
		if err != nil || offset != tail {
			return 0, fmt.Errorf("argument %d: offset is not %d, where its value follows", i, tail)
		}
		n, err := value(t, data[tail:])
		if err != nil {
			return 0, fmt.Errorf("argument %d: %w", i, err)
		}
		at, tail = at+word, tail+n
	}
	return tail, nil
}

// value walks one dynamic value at the start of data.
func value(t *abi.Type, data []byte) (int, error) {
	switch t.T {
	case abi.TupleTy:
		return tuple(t.TupleElems, data)
	case abi.ArrayTy:
		return list(t.Elem, t.Size, data)
	}
	if len(data) < word {
		return 0, errTruncated
	}
	n, err := length(data[:word])
	if err != nil {
		return 0, err
	}
	rest := data[word:]
	if t.T == abi.SliceTy {
		size, err := list(t.Elem, n, rest)
		return word + size, err
	}
	padded := (n + word - 1) / word * word // bytes or string
	if n > len(rest) || padded > len(rest) {
		return 0, errTruncated
	}
	return word + padded, zero(rest[n:padded])
}

// list walks n elements laid out as a tuple. An element takes a word at least,
// so a length beyond the data is refused before anything is built for it.
func list(elem *abi.Type, n int, data []byte) (int, error) {
	if n > len(data)/word {
		return 0, errTruncated
	}
	types := make([]*abi.Type, n)
	for i := range types {
		types[i] = elem
	}
	return tuple(types, data)
}

// length reads an offset or a count; nothing honest needs more than 31 bits.
func length(w []byte) (int, error) {
	if err := zero(w[:word-4]); err != nil || w[word-4]&0x80 != 0 {
		return 0, errors.New("length out of range")
	}
	return int(binary.BigEndian.Uint32(w[word-4:])), nil
}

func zero(b []byte) error {
	for _, x := range b {
		if x != 0 {
			return errors.New("padding is not zero")
		}
	}
	return nil
}
