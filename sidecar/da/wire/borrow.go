package wire

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/slab"
)

// SubmitRows is a message of a submission whose rows lie where it came in. gRPC's
// own decoder copies each row into memory of its own, which is a twentieth of what
// a node does with it. A stream of NewServer reads one with RecvMsg.
type SubmitRows struct {
	Message pb.SubmitRowsRequest
	buffer  []byte
}

// arrivals has the memory of messages that were released.
var arrivals = slab.NewPool(64 << 20)

// Release gives the memory of the message back: nothing of it may be used any
// more.
func (s *SubmitRows) Release() {
	s.Message.Reset()
	arrivals.Give(s.buffer)
	s.buffer = nil
}

func (s *SubmitRows) read(data mem.BufferSlice) error {
	s.Release()
	s.buffer = arrivals.Make(data.Len())
	data.CopyTo(s.buffer)
	return eachField(s.buffer, func(f field) error {
		switch {
		case f.number == 1 && f.kind == protowire.BytesType:
			if s.Message.Header == nil {
				s.Message.Header = new(pb.RowsHeader)
			}
			return proto.UnmarshalOptions{Merge: true, DiscardUnknown: true}.Unmarshal(f.bytes, s.Message.Header)
		case f.number == 2 && f.kind == protowire.BytesType:
			row, err := readRow(f.bytes)
			s.Message.Rows = append(s.Message.Rows, row)
			return err
		}
		return nil
	})
}

func readRow(data []byte) (*pb.Row, error) {
	row := new(pb.Row)
	return row, eachField(data, func(f field) error {
		switch {
		case f.number == 1 && f.kind == protowire.VarintType:
			row.Index = uint32(f.varint)
		case f.number == 2 && f.kind == protowire.BytesType:
			row.Data = f.bytes
		case f.number == 3 && f.kind == protowire.BytesType:
			row.Path = f.bytes
		}
		return nil
	})
}

// field is one field of a message as it lies on the wire.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bytes  []byte // of a BytesType, not copied
	varint uint64 // of a VarintType
}

// eachField calls do for each field. One that nobody knows is the caller's to
// leave, as protobuf does.
func eachField(data []byte, do func(field) error) error {
	for len(data) > 0 {
		var f field
		var n int
		if f.number, f.kind, n = protowire.ConsumeTag(data); n < 0 {
			return protowire.ParseError(n)
		}
		if f.number > protowire.MaxValidNumber {
			return fmt.Errorf("%w: field number %d", ErrMalformed, f.number)
		}
		data = data[n:]
		switch f.kind {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(data)
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(data)
		default:
			n = protowire.ConsumeFieldValue(f.number, f.kind, data)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := do(f); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// borrowing is gRPC's codec of protobuf, and reads SubmitRows.
type borrowing struct{ encoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (c borrowing) Unmarshal(data mem.BufferSlice, into any) error {
	if rows, ok := into.(*SubmitRows); ok {
		return rows.read(data)
	}
	return c.CodecV2.Unmarshal(data, into)
}

func borrow() grpc.ServerOption {
	return grpc.ForceServerCodecV2(borrowing{encoding.GetCodecV2(grpcproto.Name)})
}
