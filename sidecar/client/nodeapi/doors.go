package nodeapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// EncodeProofHeader writes the value of X-Zg-Proof: base64 of the JSON of a
// Proof or LoadProof.
func EncodeProofHeader(proof any) (string, error) {
	text, err := json.Marshal(proof)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(text), nil
}

// DecodeProofHeader reads the value of X-Zg-Proof into a *Proof or *LoadProof.
func DecodeProofHeader(value string, proof any) error {
	if value == "" || len(value) > MaxProofHeaderBytes {
		return fmt.Errorf("%w: %s has %d bytes, want 1 to %d", ErrMalformed, HeaderProof, len(value), MaxProofHeaderBytes)
	}
	text, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, HeaderProof, err)
	}
	if err := json.Unmarshal(text, proof); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, HeaderProof, err)
	}
	return nil
}

// PutSegment uploads one segment through the fast door. data is whole sectors.
func (c *Client) PutSegment(ctx context.Context, txSeq, index uint64, data []byte, proof Proof) error {
	header, err := EncodeProofHeader(proof)
	if err != nil {
		return fmt.Errorf("segment proof: %w", err)
	}
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	response, err := c.do(ctx, http.MethodPut, fmt.Sprintf("/v1/segments/%d/%d", txSeq, index), bytes.NewReader(data),
		map[string]string{HeaderProof: header, "Content-Type": "application/octet-stream"})
	if err != nil {
		return err
	}
	drain(response.Body)
	return nil
}

// FetchSegment downloads one segment through the fast door: its bytes (whole
// sectors) and its proof, neither verified. buffer is used when it is large
// enough.
func (c *Client) FetchSegment(ctx context.Context, txSeq, index uint64, buffer []byte) ([]byte, Proof, error) {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	response, err := c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/segments/%d/%d", txSeq, index), nil, nil)
	if err != nil {
		return nil, Proof{}, err
	}
	defer drain(response.Body)
	var proof Proof
	if err := DecodeProofHeader(response.Header.Get(HeaderProof), &proof); err != nil {
		return nil, Proof{}, fmt.Errorf("%s: %w", c.base, err)
	}
	data, err := c.readInto(ctx, response, buffer)
	return data, proof, err
}

// FetchLoad downloads a whole load of flow 0 with the siblings that lead from
// its root to flowRoot, neither verified.
func (c *Client) FetchLoad(ctx context.Context, load uint64, flowRoot Hash, buffer []byte) ([]byte, LoadProof, error) {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	response, err := c.do(ctx, http.MethodGet, fmt.Sprintf("/v1/loads/%d?flow_root=%s", load, flowRoot), nil, nil)
	if err != nil {
		return nil, LoadProof{}, err
	}
	defer drain(response.Body)
	var proof LoadProof
	if err := DecodeProofHeader(response.Header.Get(HeaderProof), &proof); err != nil {
		return nil, LoadProof{}, fmt.Errorf("%s: %w", c.base, err)
	}
	data, err := c.readInto(ctx, response, buffer)
	if err == nil && len(data) != layout.LoadSize {
		err = fmt.Errorf("%w: %s: load has %d bytes, want %d", ErrMalformed, c.base, len(data), layout.LoadSize)
	}
	return data, proof, err
}

// FetchRange copies bytes [start, end) of a finalized file to w. The node
// verifies them against the file's root; the caller of this door trusts it.
func (c *Client) FetchRange(ctx context.Context, root Hash, start, end uint64, w io.Writer) error {
	if start >= end {
		return fmt.Errorf("range [%d, %d) is empty", start, end)
	}
	response, err := c.do(ctx, http.MethodGet, "/v1/files/"+root.String(), nil,
		map[string]string{"Range": fmt.Sprintf("bytes=%d-%d", start, end-1)})
	if err != nil {
		return err
	}
	defer drain(response.Body)
	if response.StatusCode != http.StatusPartialContent {
		return fmt.Errorf("%w: %s: HTTP %d to a range request, want 206", ErrMalformed, c.base, response.StatusCode)
	}
	written, err := io.Copy(w, io.LimitReader(response.Body, int64(end-start)))
	if err != nil {
		return c.fail(ctx, err)
	}
	if uint64(written) != end-start {
		return fmt.Errorf("%w: %s: got %d bytes of range, want %d", ErrMalformed, c.base, written, end-start)
	}
	return nil
}

// GetNodeStatus is GET /v1/status.
func (c *Client) GetNodeStatus(ctx context.Context) (NodeStatus, error) {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	response, err := c.do(ctx, http.MethodGet, "/v1/status", nil, nil)
	if err != nil {
		return NodeStatus{}, err
	}
	defer drain(response.Body)
	body, err := c.readAll(ctx, response.Body, maxAnswerBytes)
	if err != nil {
		return NodeStatus{}, err
	}
	var out NodeStatus
	if err := json.Unmarshal(body, &out); err != nil {
		return NodeStatus{}, fmt.Errorf("%w: %s: /v1/status: %w", ErrMalformed, c.base, err)
	}
	return out, nil
}

// do sends a request to a /v1 door; any answer but 2xx becomes an error.
func (c *Client) do(ctx context.Context, method, path string, body io.Reader, headers map[string]string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.fail(ctx, err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer drain(response.Body)
	return nil, c.doorError(response, path)
}

// doorError turns an error answer into an error: its JSON body as *RPCError,
// and the sentinel of its status.
func (c *Client) doorError(response *http.Response, path string) error {
	sentinel := ErrMalformed
	switch status := response.StatusCode; {
	case status == http.StatusNotFound:
		sentinel = ErrNotFound
	case status == http.StatusConflict:
		sentinel = ErrConflict
	case status == http.StatusTooManyRequests || status >= 500:
		sentinel = ErrUnavailable
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	detail := new(RPCError)
	if json.Unmarshal(body, detail) != nil || detail.Message == "" {
		switch response.StatusCode { // what a server says of paths it never heard of
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			sentinel = ErrNoDoor
		}
		return fmt.Errorf("%w: %s%s: HTTP %d", sentinel, c.base, path, response.StatusCode)
	}
	return fmt.Errorf("%w: %s%s: HTTP %d: %w", sentinel, c.base, path, response.StatusCode, detail)
}

// readInto reads a body of at most a segment, into buffer when it fits.
func (c *Client) readInto(ctx context.Context, response *http.Response, buffer []byte) ([]byte, error) {
	if response.ContentLength > layout.LoadSize {
		return nil, fmt.Errorf("%w: %s: %d bytes of segment, want at most %d", ErrTooLarge, c.base, response.ContentLength, layout.LoadSize)
	}
	if cap(buffer) < layout.LoadSize {
		buffer = make([]byte, layout.LoadSize)
	}
	buffer = buffer[:layout.LoadSize]
	n, err := io.ReadFull(response.Body, buffer)
	switch {
	case err == nil:
	case (err == io.EOF || err == io.ErrUnexpectedEOF) && int64(n) >= response.ContentLength:
		return buffer[:n], nil // all that was announced; shorter than a segment
	default: // cut off on the way
		return nil, c.fail(ctx, err)
	}
	var more [1]byte
	if extra, _ := io.ReadFull(response.Body, more[:]); extra != 0 {
		return nil, fmt.Errorf("%w: %s: more than %d bytes of segment", ErrTooLarge, c.base, layout.LoadSize)
	}
	return buffer, nil
}
