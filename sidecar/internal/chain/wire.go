package chain

import (
	"context"
	"fmt"
	"math/big"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/encoding/protowire"
)

// wireCodec encodes gogoproto messages, and rawMessage as it stands. Any fields
// stay packed, so no registry of the chain's types is needed.
type wireCodec struct{}

// rawMessage is an encoded message of a module whose Go package would drag the
// whole EVM into every sidecar.
type rawMessage []byte

func (wireCodec) Name() string { return "proto" }

func (wireCodec) Marshal(v any) ([]byte, error) {
	switch m := v.(type) {
	case *rawMessage:
		return *m, nil
	case proto.Message:
		return proto.Marshal(m)
	}
	return nil, fmt.Errorf("encode %T: no protobuf message", v)
}

func (wireCodec) Unmarshal(data []byte, v any) error {
	switch m := v.(type) {
	case *rawMessage:
		*m = append((*m)[:0], data...)
		return nil
	case proto.Message:
		return proto.Unmarshal(data, m)
	}
	return fmt.Errorf("decode into %T: no protobuf message", v)
}

// invokeRaw calls a method with an encoded request.
func (r *Remote) invokeRaw(ctx context.Context, method string, request []byte) ([]byte, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	in, out := rawMessage(request), rawMessage{}
	if err := r.conn.Invoke(ctx, method, &in, &out); err != nil {
		return nil, mapError(ctx, method, err)
	}
	return out, nil
}

// wireFields calls visit for each field of an encoded message: number holds
// varints, bytes length-delimited values; other kinds are skipped.
func wireFields(message []byte, visit func(field protowire.Number, number uint64, bytes []byte)) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return fmt.Errorf("decode message: %w", protowire.ParseError(n))
		}
		message = message[n:]
		var number uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(field, kind, message)
		}
		if n < 0 {
			return fmt.Errorf("decode field %d: %w", field, protowire.ParseError(n))
		}
		visit(field, number, bytes)
		message = message[n:]
	}
	return nil
}

// wireMessage returns the nested message, string or bytes of one field, nil if
// the field is absent.
func wireMessage(message []byte, want protowire.Number) (found []byte, err error) {
	err = wireFields(message, func(field protowire.Number, _ uint64, bytes []byte) {
		if field == want && bytes != nil {
			found = bytes
		}
	})
	return found, err
}

// parseAmount reads a non-negative decimal of at most 256 bits.
func parseAmount(text string) (*big.Int, error) {
	if len(text) > 78 {
		return nil, fmt.Errorf("amount of %d digits, want at most 78", len(text))
	}
	amount, ok := new(big.Int).SetString(text, 10)
	if !ok || amount.Sign() < 0 {
		return nil, fmt.Errorf("amount %q, want a non-negative decimal", text)
	}
	return amount, nil
}
