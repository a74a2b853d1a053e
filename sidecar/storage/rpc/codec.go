package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// request is one call of a body. Its fields are slices of the body.
type request struct {
	id     []byte   // raw; nil: absent, a notification
	method string   //
	params [][]byte // raw positional parameters
}

// maxMethodBytes and maxIDBytes bound what is echoed.
const (
	maxMethodBytes = 128
	maxIDBytes     = 1024
)

// parseBody splits a body into its calls.
//
//	batch   the body was an array; the answer is one too
//	calls   a call that is no valid request has a nil entry in calls' place in bad
func parseBody(body []byte, maxBatch int) (calls []call, batch bool, err error) {
	start := skipSpace(body, 0)
	end, err := skipValue(body, start, 0)
	if err != nil {
		return nil, false, err
	}
	if skipSpace(body, end) != len(body) {
		return nil, false, fmt.Errorf("%w: trailing bytes at %d", errSyntax, end)
	}
	value := body[start:end]
	if value[0] != '[' {
		return []call{parseCall(value)}, false, nil
	}
	err = walkArray(value, func(element []byte, n int) error {
		if n >= maxBatch {
			return fmt.Errorf("%w: more than %d calls", errBatch, maxBatch)
		}
		calls = append(calls, parseCall(element))
		return nil
	})
	if err == nil && len(calls) == 0 {
		err = fmt.Errorf("%w: no calls", errBatch)
	}
	return calls, true, err
}

// errBatch: the array itself cannot be answered call by call.
var errBatch = errors.New("invalid batch")

// call is a request or the reason why it is none.
type call struct {
	request
	refusal *Error
}

func parseCall(value []byte) (c call) {
	invalid := func(why string) call {
		c.refusal = &Error{Code: CodeInvalidRequest, Message: "Invalid request", Data: why}
		return c
	}
	if value[0] != '{' {
		return invalid("want an object")
	}
	var method, params, version []byte
	if err := walkObject(value, func(key, value []byte) error {
		switch string(key) {
		case "id":
			c.id = value
		case "method":
			method = value
		case "params":
			params = value
		case "jsonrpc":
			version = value
		}
		return nil
	}); err != nil {
		return invalid(err.Error())
	}
	if !validID(c.id) {
		c.id = []byte("null")
		return invalid("id must be a string, a number or null")
	}
	if version != nil && string(version) != `"2.0"` {
		return invalid(`jsonrpc must be "2.0"`)
	}
	if len(method) == 0 || method[0] != '"' || len(method) > maxMethodBytes || json.Unmarshal(method, &c.method) != nil {
		return invalid("method must be a short string")
	}
	if params == nil || string(params) == "null" {
		return c
	}
	if params[0] != '[' {
		c.refusal = &Error{Code: CodeInvalidParams, Message: "Invalid params", Data: "want positional parameters in an array"}
		return c
	}
	err := walkArray(params, func(value []byte, n int) error {
		if n >= 16 {
			return errors.New("too many parameters")
		}
		c.params = append(c.params, value)
		return nil
	})
	if err != nil {
		c.refusal = &Error{Code: CodeInvalidParams, Message: "Invalid params", Data: err.Error()}
	}
	return c
}

// validID accepts what JSON-RPC allows, however large the number: it is echoed
// as it came (clients use ids beyond 2^53).
func validID(id []byte) bool {
	if id == nil {
		return true
	}
	if len(id) > maxIDBytes || id[0] == '{' || id[0] == '[' || id[0] == 't' || id[0] == 'f' {
		return false
	}
	return json.Valid(id)
}

// appendResponse writes one answer; result is ignored when refusal is set.
func appendResponse(dst *bytes.Buffer, id []byte, result any, refusal *Error) {
	if id == nil {
		id = []byte("null")
	}
	mark := dst.Len()
	dst.WriteString(`{"jsonrpc":"2.0","id":`)
	dst.Write(id)
	if refusal == nil {
		dst.WriteString(`,"result":`)
		if err := appendJSON(dst, result); err == nil {
			dst.WriteByte('}')
			return
		} else {
			refusal = Internal(err.Error())
		}
		dst.Truncate(mark)
		dst.WriteString(`{"jsonrpc":"2.0","id":`)
		dst.Write(id)
	}
	dst.WriteString(`,"error":`)
	_ = appendJSON(dst, refusal) // strings and an int: cannot fail
	dst.WriteByte('}')
}

// appendJSON is json.Marshal without its copy of the result.
func appendJSON(dst *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(dst)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	dst.Truncate(dst.Len() - 1) // Encode ends with a newline
	return nil
}
