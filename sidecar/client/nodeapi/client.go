package nodeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// DefaultTimeout bounds one call that carries no deadline of its own.
	DefaultTimeout = 30 * time.Second
	// maxAnswerBytes bounds a JSON answer without file data.
	maxAnswerBytes = 1 << 20
	// maxSegmentAnswerBytes bounds one with a segment: 256 KiB in base64, a proof.
	maxSegmentAnswerBytes = 512 << 10
	maxErrorBytes         = 16 << 10
)

// Options tune a Client; the zero value is good.
type Options struct {
	Timeout time.Duration // per call without a deadline; 0: DefaultTimeout
	HTTP    *http.Client  // nil: one shared by all clients, with connection reuse
}

// Client talks to one storage node. Safe for concurrent use.
type Client struct {
	base    string // scheme://host[:port][/path], no trailing slash
	http    *http.Client
	timeout time.Duration
	lastID  atomic.Uint64
}

// sharedHTTP keeps connections: a file of 4 GiB is 16 384 requests.
var sharedHTTP = &http.Client{
	Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 2 * MaxProofHeaderBytes,
		DisableCompression:     true, // file data; and a bomb is no answer
		WriteBufferSize:        64 << 10,
		ReadBufferSize:         64 << 10,
	},
	// A node that points elsewhere is not the node the user chose.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// New returns a client of the node at an http(s) URL.
func New(rawURL string, opts Options) (*Client, error) {
	parsed, err := url.Parse(rawURL)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
		return nil, fmt.Errorf("storage node URL %q: want http://host:port", rawURL)
	}
	c := &Client{base: strings.TrimRight(rawURL, "/"), http: opts.HTTP, timeout: opts.Timeout}
	if c.http == nil {
		c.http = sharedHTTP
	}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	return c, nil
}

// URL returns the node's address as given to New.
func (c *Client) URL() string { return c.base }

// withDeadline gives ctx the client's timeout unless it has a deadline.
func (c *Client) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.timeout)
}

// fail wraps a transport error so that callers see ErrUnavailable, and the
// context's own error where that was the cause.
func (c *Client) fail(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = cause
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, c.base, err)
}

// Call sends one JSON-RPC request and decodes the result into out (nil: drop
// it). An error of the node comes back as *RPCError.
func (c *Client) Call(ctx context.Context, out any, method string, params ...any) error {
	return c.call(ctx, maxAnswerBytes, out, method, params...)
}

func (c *Client) call(ctx context.Context, limitBytes int64, out any, method string, params ...any) error {
	if params == nil {
		params = []any{}
	}
	id := c.lastID.Add(1)
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		return fmt.Errorf("%s: encode request: %w", method, err)
	}
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return c.fail(ctx, err)
	}
	defer drain(response.Body)
	answer, err := c.readAll(ctx, response.Body, limitBytes)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return c.decodeAnswer(response.StatusCode, answer, id, method, out)
}

// decodeAnswer unpacks a JSON-RPC envelope.
func (c *Client) decodeAnswer(status int, answer []byte, id uint64, method string, out any) error {
	var envelope struct {
		ID     json.RawMessage `json:"id"`
		Result json.RawMessage `json:"result"`
		Error  *RPCError       `json:"error"`
	}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		if status >= 300 {
			return fmt.Errorf("%w: %s: %s: HTTP %d", ErrUnavailable, c.base, method, status)
		}
		return fmt.Errorf("%w: %s: %s: %w", ErrMalformed, c.base, method, err)
	}
	if envelope.Error != nil {
		return fmt.Errorf("%s: %s: %w", c.base, method, envelope.Error)
	}
	if string(envelope.ID) != fmt.Sprint(id) {
		return fmt.Errorf("%w: %s: %s: answer has id %.20s, want %d", ErrMalformed, c.base, method, envelope.ID, id)
	}
	if out == nil {
		return nil
	}
	if len(envelope.Result) == 0 {
		return fmt.Errorf("%w: %s: %s: no result and no error", ErrMalformed, c.base, method)
	}
	if err := json.Unmarshal(envelope.Result, out); err != nil {
		return fmt.Errorf("%w: %s: %s: %w", ErrMalformed, c.base, method, err)
	}
	return nil
}

// readAll reads a body of at most limitBytes.
func (c *Client) readAll(ctx context.Context, body io.Reader, limitBytes int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limitBytes+1))
	if err != nil {
		return nil, c.fail(ctx, err)
	}
	if int64(len(data)) > limitBytes {
		return nil, fmt.Errorf("%w: %s: more than %d bytes", ErrTooLarge, c.base, limitBytes)
	}
	return data, nil
}

// drain reads a little of what is left, so that the connection can be used
// again, and closes.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	_ = body.Close()
}
