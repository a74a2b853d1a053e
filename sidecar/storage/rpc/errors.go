package rpc

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// JSON-RPC error codes.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInvalidParams  = -32602
	CodeInternal       = -32603
	CodeServer         = -32000 // "segment has already been uploaded …"
	CodeTooBusy        = -32005
	CodeTooBig         = -32007 // body or batch over the limit
)

// Error is an error as JSON-RPC carries it; Data is a string, because clients
// read error.data (protocol-storage.md 3.2).
type Error = nodeapi.RPCError

// InvalidParams names the offending parameter the way the reference node does.
func InvalidParams(param, data string) *Error {
	return &Error{Code: CodeInvalidParams, Message: "Invalid params: " + param, Data: data}
}

// Internal is a failure that is not the caller's doing.
func Internal(data string) *Error {
	return &Error{Code: CodeInternal, Message: "Internal error", Data: data}
}

// The refusals of an upload, in the order in which they are checked
// (protocol-storage.md 3.2). Compared by identity.
var (
	ErrDataEmpty     = InvalidParams("data", "data is empty")
	ErrDataLength    = InvalidParams("data", "invalid data length")
	ErrRootMismatch  = Internal("data root and tx seq not match")
	ErrSizeMismatch  = InvalidParams("file_size", "segment file size not matched with tx file size")
	ErrFileEmpty     = InvalidParams("file_size", "file is empty")
	ErrAlreadyFinal  = InvalidParams("root", nodeapi.TextAlreadyFinalized)
	ErrPruned        = InvalidParams("root", "already pruned")
	ErrTooBigToCache = InvalidParams("file_size", "caching of large file when tx is unavailable is not supported")
	ErrIndexBound    = InvalidParams("index", "index out of bound")
	ErrProof         = InvalidParams("proof", "invalid proof")
	ErrNotThisShard  = InvalidParams("index", "segment does not belong to this node's shard")
	ErrDuplicate     = &Error{Code: CodeServer, Message: nodeapi.TextDuplicateSegment, Data: nodeapi.TextDuplicateSegment}
	ErrBusy          = &Error{Code: CodeTooBusy, Message: nodeapi.TextTooManyWrites, Data: "too many data writing: the node's upload memory stayed full for the whole wait; try again"}
	ErrCacheFull     = &Error{Code: CodeTooBusy, Message: nodeapi.TextTooManyWrites, Data: "too many data writing: segments ahead of their transaction fill the cache; upload again once it is committed"}
)

// The refusals of a download.
var (
	ErrRangeEmpty = InvalidParams("end_index", "invalid chunk index")
	ErrRangeLong  = InvalidParams("end_index", "exceeds maximum chunks 1024")
	ErrRangeBound = InvalidParams("end_index", "index out of bound")
)

// What the plain HTTP doors answer with 404 and 409.
var (
	ErrUnknownFile     = &Error{Code: CodeServer, Message: "file unknown", Data: "no entry of the flow has this root or number; the node may be behind the chain, see /v1/status"}
	ErrNotStored       = &Error{Code: CodeServer, Message: "not stored here"}
	ErrNotFinalized    = &Error{Code: CodeServer, Message: "file not finalized", Data: "not every segment of this node's shard has been uploaded yet"}
	ErrUnknownFlowRoot = &Error{Code: CodeServer, Message: "flow root unknown", Data: "no entry ends at this flow root; the node may be behind the chain, see /v1/status"}
	ErrNotReady        = &Error{Code: CodeServer, Message: "chain not reached yet", Data: "the node has not spoken to its chain since its home was made; see /healthz"}
)

// NotStored is ErrNotStored with the reason in its data.
func NotStored(reason string) error {
	return &notStored{Error{Code: ErrNotStored.Code, Message: ErrNotStored.Message, Data: reason}}
}

type notStored struct{ detail Error }

func (e *notStored) Error() string        { return e.detail.Error() }
func (e *notStored) Is(target error) bool { return target == ErrNotStored }
func (e *notStored) As(target any) bool {
	out, ok := target.(**Error)
	if ok {
		*out = &e.detail
	}
	return ok
}

// httpStatus is the status of a plain HTTP door for an error.
func httpStatus(err error) int {
	switch {
	case errors.Is(err, ErrUnknownFile), errors.Is(err, ErrNotStored):
		return http.StatusNotFound
	case errors.Is(err, ErrNotFinalized), errors.Is(err, ErrUnknownFlowRoot), errors.Is(err, ErrAlreadyFinal):
		return http.StatusConflict
	case errors.Is(err, ErrBusy), errors.Is(err, ErrCacheFull), errors.Is(err, ErrNotReady):
		return http.StatusServiceUnavailable
	case errors.Is(err, errTooBig):
		return http.StatusRequestEntityTooLarge
	case asError(err).Code == CodeInvalidParams:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// DiskFull says that nothing more is stored until there is room.
func DiskFull(reason string) *Error {
	return Internal("disk full: " + reason + "; free some space or move the data directory, reads go on")
}

// asError turns any error into what goes over the wire. Details of failures
// inside are for the log; the caller gets what it can act on.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Internal(err.Error())
}

func badParam(position int, want string, err error) *Error {
	return &Error{Code: CodeInvalidParams, Message: "Invalid params", Data: fmt.Sprintf("parameter %d: want %s: %v", position, want, err)}
}
