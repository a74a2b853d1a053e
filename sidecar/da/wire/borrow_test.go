package wire

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/zgd-network/zgd/sidecar/da/pb"
)

func cut(data []byte, size int) (slice mem.BufferSlice) {
	for len(data) > size {
		slice, data = append(slice, mem.SliceBuffer(data[:size])), data[size:]
	}
	return append(slice, mem.SliceBuffer(data))
}

func aMessage(fill byte) *pb.SubmitRowsRequest {
	return &pb.SubmitRowsRequest{
		Header: &pb.RowsHeader{BlobId: 7, Preimage: []byte{1, fill}, Combinations: bytes.Repeat([]byte{fill}, 50), Rows: 2},
		Rows: []*pb.Row{
			{Index: 3, Data: bytes.Repeat([]byte{fill}, 1000), Path: bytes.Repeat([]byte{fill + 1}, 64)}, {Index: 9, Data: []byte{fill}},
		},
	}
}

// A message that is read where it lies says what a copy says, also in the memory
// of the one before; what is released is gone.
func TestBorrowedMessagesAreTheSame(t *testing.T) {
	codec := borrowing{}
	var got SubmitRows
	for _, want := range []*pb.SubmitRowsRequest{aMessage(1), {}, aMessage(5), {Rows: []*pb.Row{{}}}} {
		data, err := proto.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, 100, 1 << 20} {
			if err := codec.Unmarshal(cut(data, size), &got); err != nil {
				t.Fatal(err)
			}
			if !proto.Equal(&got.Message, want) {
				t.Fatalf("got %v, want %v", &got.Message, want)
			}
		}
	}
	got.Release()
	if !proto.Equal(&got.Message, &pb.SubmitRowsRequest{}) || got.buffer != nil {
		t.Fatalf("after Release: %v", &got.Message)
	}
	if err := codec.Unmarshal(cut([]byte{0x12, 5, 1}, 2), &got); err == nil {
		t.Fatal("a row that is cut off was read")
	}
}

// What comes from anybody is read as gRPC's decoder reads it, or refused.
func FuzzBorrowedMessages(f *testing.F) {
	for _, fill := range []byte{0, 1, 0xff} {
		data, err := proto.Marshal(aMessage(fill))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, 7)
	}
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		var got SubmitRows
		var want pb.SubmitRowsRequest
		errGot := borrowing{}.Unmarshal(cut(data, max(size, 1)), &got)
		errWant := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, &want)
		if (errGot == nil) != (errWant == nil) || errGot == nil && !proto.Equal(&got.Message, &want) {
			t.Fatalf("got %v, %v; want %v, %v", &got.Message, errGot, &want, errWant)
		}
	})
}
