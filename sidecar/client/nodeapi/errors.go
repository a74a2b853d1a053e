package nodeapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Errors callers act on; returned ones wrap them.
var (
	// ErrUnavailable: no answer, a broken one, or a server-side failure. Try
	// again, or another node.
	ErrUnavailable = errors.New("storage node unavailable")
	// ErrNotFound: the node answered that it has no such thing.
	ErrNotFound = errors.New("not found on storage node")
	// ErrConflict: the node knows the thing but cannot serve it now (HTTP 409).
	ErrConflict = errors.New("storage node cannot serve this now")
	// ErrNoDoor: the node has no /v1 doors; use JSON-RPC.
	ErrNoDoor = errors.New("storage node has no such door")
	// ErrTooLarge: the answer is longer than it may be.
	ErrTooLarge = errors.New("answer of storage node too large")
	// ErrMalformed: the answer does not have the shape of the protocol.
	ErrMalformed = errors.New("malformed answer of storage node")
)

// Texts that clients compare; the node must use them to the letter
// (protocol-storage.md 3.2).
const (
	TextAlreadyFinalized  = "already uploaded and finalized"
	TextDuplicateSegment  = "segment has already been uploaded or is being uploaded"
	TextTooManyWrites     = "too many data writing"
	CodeInvalidParams     = -32602
	CodeInternalError     = -32603
	CodeMethodNotFound    = -32601
	CodeInvalidRequest    = -32600
	CodeParseError        = -32700
	HeaderProof           = "X-Zg-Proof"
	MaxProofHeaderBytes   = 16 << 10 // base64 of a proof of 66 hashes is below 7 KiB
	MaxSegmentsPerRequest = 256      // 64 MiB of data: below the node's 100 MiB of body
)

// RPCError is the error object of JSON-RPC, and the error body of the /v1 doors.
type RPCError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    string `json:"data,omitempty"`
}

func (e *RPCError) Error() string {
	if e.Data == "" {
		return fmt.Sprintf("%s (code %d)", e.Message, e.Code)
	}
	return fmt.Sprintf("%s; data: %s (code %d)", e.Message, e.Data, e.Code)
}

// UnmarshalJSON takes data of any type: the text of a string, the JSON of others.
func (e *RPCError) UnmarshalJSON(text []byte) error {
	var raw struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*e = RPCError{Code: raw.Code, Message: raw.Message}
	if len(raw.Data) == 0 || string(raw.Data) == "null" {
		return nil
	}
	if json.Unmarshal(raw.Data, &e.Data) != nil {
		e.Data = string(raw.Data)
	}
	return nil
}

// IsAlreadyStored says whether an upload was refused because the node already
// has the data, which for the uploader is success.
func IsAlreadyStored(err error) bool {
	var rpc *RPCError
	if !errors.As(err, &rpc) {
		return false
	}
	text := rpc.Message + rpc.Data
	return strings.Contains(text, TextAlreadyFinalized) || strings.Contains(text, TextDuplicateSegment)
}

// IsBusy says whether the node asks to try again later.
func IsBusy(err error) bool {
	var rpc *RPCError
	return errors.As(err, &rpc) && strings.Contains(rpc.Message+rpc.Data, TextTooManyWrites)
}
