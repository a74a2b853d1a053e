package calldata

import (
	"errors"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

// dynamic says whether a type is written as an offset and a tail.
func dynamic(t *abi.Type) bool {
	switch t.T {
	case abi.StringTy, abi.BytesTy, abi.SliceTy:
		return true
	case abi.ArrayTy:
		return dynamic(t.Elem)
	case abi.TupleTy:
		for _, elem := range t.TupleElems {
			if dynamic(elem) {
				return true
			}
		}
	}
	return false
}

// headSize is the bytes a type takes in the head, in whole words.
func headSize(t *abi.Type) int {
	if dynamic(t) {
		return word
	}
	switch t.T {
	case abi.ArrayTy:
		return t.Size * headSize(t.Elem)
	case abi.TupleTy:
		size := 0
		for _, elem := range t.TupleElems {
			size += headSize(elem)
		}
		return size
	}
	return word
}

// static checks a value without a tail; data has its size.
func static(t *abi.Type, data []byte) error {
	switch t.T {
	case abi.ArrayTy:
		size := headSize(t.Elem)
		for i := range t.Size {
			if err := static(t.Elem, data[i*size:(i+1)*size]); err != nil {
				return err
			}
		}
		return nil
	case abi.TupleTy:
		for _, elem := range t.TupleElems {
			size := headSize(elem)
			if err := static(elem, data[:size]); err != nil {
				return err
			}
			data = data[size:]
		}
		return nil
	}
	return single(t, data)
}

// single checks one word.
func single(t *abi.Type, w []byte) error {
	switch t.T {
	case abi.UintTy:
		return zero(w[:word-t.Size/8])
	case abi.IntTy:
		return signed(w, t.Size/8)
	case abi.BoolTy:
		if w[word-1] > 1 {
			return errors.New("bool is neither 0 nor 1")
		}
		return zero(w[:word-1])
	case abi.AddressTy:
		return zero(w[:12])
	case abi.FixedBytesTy:
		return zero(w[t.Size:])
	}
	return errors.New("type is not supported")
}

// signed wants the sign repeated in front of the size low bytes.
func signed(w []byte, size int) error {
	var fill byte
	if w[word-size]&0x80 != 0 {
		fill = 0xff
	}
	for _, x := range w[:word-size] {
		if x != fill {
			return errors.New("integer out of range")
		}
	}
	return nil
}
