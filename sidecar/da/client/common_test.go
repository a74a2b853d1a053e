package client_test

import "encoding/hex"

func bytesOf(text string, into []byte) (int, error) { return hex.Decode(into, []byte(text)) }
