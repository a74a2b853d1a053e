package beacon

import (
	"bytes"
	"fmt"

	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// magic starts the injected transaction. Read as a protobuf message its first
// byte is a field of wire type 7, which does not exist: no transaction of the
// SDK begins like this.
var magic = []byte("\xffzgd/beacon/tx/v1")

// EncodeTx is the first transaction of a block: a signature of 64 bytes, or
// nothing.
func EncodeTx(signature []byte) []byte {
	return append(bytes.Clone(magic), signature...)
}

// IsTx says whether bytes carry the tag, well-formed or not. Such bytes are
// refused everywhere but at the start of a proposal.
func IsTx(raw []byte) bool { return bytes.HasPrefix(raw, magic) }

// DecodeTx returns the signature, which is empty or has 64 bytes. It is not
// verified here.
func DecodeTx(raw []byte) ([]byte, error) {
	signature, ok := bytes.CutPrefix(raw, magic)
	if !ok {
		return nil, fmt.Errorf("beacon transaction: %d bytes without its tag", len(raw))
	}
	if len(signature) != 0 && len(signature) != bls.SignatureSize {
		return nil, fmt.Errorf("beacon transaction: signature of %d bytes, want %d or none", len(signature), bls.SignatureSize)
	}
	return signature, nil
}
