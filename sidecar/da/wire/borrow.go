package wire

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/runtime/protoiface"

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
	message := s.Message.ProtoReflect()
	_, err := message.ProtoMethods().Unmarshal(protoiface.UnmarshalInput{
		Message: message, Buf: s.buffer, Flags: protoiface.UnmarshalAliasBuffer,
		Resolver: protoregistry.GlobalTypes, Depth: protowire.DefaultRecursionLimit,
	})
	return err
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
	return grpc.ForceServerCodecV2(borrowing{encoding.GetCodecV2(proto.Name)})
}
