package rpc

import (
	"bytes"
	"errors"
	"fmt"
)

// A request of 100 MiB is mostly base64 inside one string. encoding/json would
// scan it once per level of nesting; this scanner finds where values end and
// hands out slices of the body, so that each byte is looked at once. What it
// hands out is still to be decoded: small values go through encoding/json,
// which rejects what the scanner was too lenient about.

// maxDepth bounds nesting, so that a body of brackets costs no stack.
const maxDepth = 16

var errSyntax = errors.New("invalid JSON")

// skipSpace returns the index of the first byte at or after i that is no JSON space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipValue returns the end of the value that starts at b[i], leading space
// excluded.
func skipValue(b []byte, i, depth int) (end int, err error) {
	if i >= len(b) {
		return 0, fmt.Errorf("%w: unexpected end at byte %d", errSyntax, i)
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		if depth >= maxDepth {
			return 0, fmt.Errorf("%w: nested deeper than %d at byte %d", errSyntax, maxDepth, i)
		}
		return walk(b, i, depth, func(_, _ []byte, _ int) error { return nil })
	default:
		return skipScalar(b, i)
	}
}

// skipString finds the closing quote: the first that an even number of
// backslashes precedes.
func skipString(b []byte, i int) (end int, err error) {
	for from := i + 1; ; {
		quote := bytes.IndexByte(b[from:], '"')
		if quote < 0 {
			return 0, fmt.Errorf("%w: string at byte %d does not end", errSyntax, i)
		}
		quote += from
		slashes := 0
		for b[quote-1-slashes] == '\\' { // ends at the opening quote at the latest
			slashes++
		}
		if slashes%2 == 0 {
			return quote + 1, nil
		}
		from = quote + 1
	}
}

// skipScalar takes true, false, null or the characters of a number.
func skipScalar(b []byte, i int) (end int, err error) {
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(b[i:], []byte(word)) {
			return i + len(word), nil
		}
	}
	end = i
	for end < len(b) && (b[end] >= '0' && b[end] <= '9' || b[end] == '-' || b[end] == '+' || b[end] == '.' || b[end] == 'e' || b[end] == 'E') {
		end++
	}
	if end == i {
		return 0, fmt.Errorf("%w: unexpected %q at byte %d", errSyntax, b[i], i)
	}
	return end, nil
}

// walk visits the members of the object or array at b[i] and returns its end.
//
//	visit(key, value, n)   key without quotes, nil in an array; n counts members from 0
func walk(b []byte, i, depth int, visit func(key, value []byte, n int) error) (end int, err error) {
	object := b[i] == '{'
	closing := byte(']')
	if object {
		closing = '}'
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == closing {
		return i + 1, nil
	}
	for n := 0; ; n++ {
		var key []byte
		if object {
			if key, i, err = takeKey(b, i); err != nil {
				return 0, err
			}
		}
		i = skipSpace(b, i)
		end, err := skipValue(b, i, depth+1)
		if err != nil {
			return 0, err
		}
		if err := visit(key, b[i:end], n); err != nil {
			return 0, err
		}
		i = skipSpace(b, end)
		if i >= len(b) {
			return 0, fmt.Errorf("%w: unexpected end at byte %d", errSyntax, i)
		}
		switch b[i] {
		case closing:
			return i + 1, nil
		case ',':
			i = skipSpace(b, i+1)
		default:
			return 0, fmt.Errorf("%w: %q at byte %d, want ',' or '%c'", errSyntax, b[i], i, closing)
		}
	}
}

// takeKey reads `"key":` and returns the index after the colon. Keys with
// escapes are returned as written: none of ours has any.
func takeKey(b []byte, i int) (key []byte, next int, err error) {
	if i >= len(b) || b[i] != '"' {
		return nil, 0, fmt.Errorf("%w: want a key at byte %d", errSyntax, i)
	}
	end, err := skipString(b, i)
	if err != nil {
		return nil, 0, err
	}
	key = b[i+1 : end-1]
	i = skipSpace(b, end)
	if i >= len(b) || b[i] != ':' {
		return nil, 0, fmt.Errorf("%w: want ':' at byte %d", errSyntax, i)
	}
	return key, i + 1, nil
}

// walkObject visits the members of a value that must be an object; elements of
// one that must be an array, walkArray.
func walkObject(value []byte, visit func(key, value []byte) error) error {
	if len(value) == 0 || value[0] != '{' {
		return fmt.Errorf("%w: want an object", errSyntax)
	}
	_, err := walk(value, 0, 0, func(key, value []byte, _ int) error { return visit(key, value) })
	return err
}

func walkArray(value []byte, visit func(value []byte, n int) error) error {
	if len(value) == 0 || value[0] != '[' {
		return fmt.Errorf("%w: want an array", errSyntax)
	}
	_, err := walk(value, 0, 0, func(_, value []byte, n int) error { return visit(value, n) })
	return err
}
