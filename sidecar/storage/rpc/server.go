package rpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/peers"
)

// Limits bound what callers can make the node hold.
type Limits struct {
	BodyBytes    int64         // one request; 100 MiB as in the reference node
	UploadBytes  int64         // bodies and decoded data of all uploads in flight
	ServeBytes   int64         // data of all answers in flight
	Wait         time.Duration // longest wait for one of the two
	BatchCalls   int           // calls in one JSON-RPC array
	AnswerBytes  int           // answers to one JSON-RPC array
	BodySlowness time.Duration // grace for a body to arrive, beyond 1 s per 256 KiB
}

// DefaultLimits fit a machine with 1 GiB to spare.
func DefaultLimits() Limits {
	return Limits{
		BodyBytes: 100 << 20, UploadBytes: 256 << 20, ServeBytes: 128 << 20, Wait: 20 * time.Second,
		BatchCalls: 1000, AnswerBytes: 64 << 20, BodySlowness: 15 * time.Second,
	}
}

// smallBodyBytes: a body up to this is a question, not an upload, and does not
// queue behind uploads.
const smallBodyBytes = 16 << 10

// method answers one call.
type method func(ctx context.Context, a args) (any, error)

// Options configure a Server.
type Options struct {
	Limits    Limits
	PublicURL string     // address told by indexer_*; empty: what the caller used
	Path      string     // of this server under that address
	Peers     *peers.Set // other nodes told by indexer_*; nil: none
	Indexer   *Server    // answers indexer_* instead of this one; nil: this one
	Metrics   *Metrics
	Log       *slog.Logger
}

// Server is the public port's handler.
type Server struct {
	backend Backend
	opts    Options
	methods map[string]method
	uploads *budget // bytes of request bodies
	small   *budget // bytes of small ones
	serves  *budget // bytes of answers
	buffers sync.Pool
	mux     *http.ServeMux
	started time.Time
}

// errTooBig: the body is longer than allowed.
var errTooBig = errors.New("request body too large")

// NewServer builds the handler; it starts nothing.
func NewServer(backend Backend, opts Options) *Server {
	s := &Server{
		backend: backend, opts: opts, started: time.Now(),
		uploads: newBudget(opts.Limits.UploadBytes, opts.Limits.Wait),
		small:   newBudget(opts.Limits.UploadBytes/4, opts.Limits.Wait),
		serves:  newBudget(opts.Limits.ServeBytes, opts.Limits.Wait),
		mux:     http.NewServeMux(),
	}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.methods = s.publicMethods()
	if opts.Indexer != nil {
		for name, answer := range opts.Indexer.methods {
			if strings.HasPrefix(name, "indexer_") {
				s.methods[name] = answer
			}
		}
	}
	s.mux.HandleFunc("POST /{$}", s.serveJSONRPC(s.methods))
	s.routeDoors()
	return s
}

// ServeHTTP adds what every answer of the public port carries: a browser may
// talk to the node directly.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.allowWrite(w, 0)
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag, "+nodeapi.HeaderProof)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Range, Authorization, "+nodeapi.HeaderProof)
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// serveJSONRPC answers a body of calls with HTTP 200, errors included: clients
// retry blindly on anything else (protocol-storage.md 0.4). Only a body over
// the limit is a 413, with an error object all the same.
func (s *Server) serveJSONRPC(methods map[string]method) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body, release, err := s.readBody(w, r)
		if err != nil {
			s.refuseBody(w, r, err)
			return
		}
		defer release()
		answer := s.buffer()
		defer s.recycle(answer)
		memory := &lease{budget: s.serves}
		defer memory.free()
		s.answer(withHost(r), memory, methods, body, answer)
		s.allowWrite(w, answer.Len())
		w.Header().Set("Content-Length", strconv.Itoa(answer.Len()))
		_, _ = w.Write(answer.Bytes()) // the caller is gone if this fails
	}
}

// allowWrite gives an answer of so many bytes its time to leave, so that a slow
// reader cannot keep the memory it lies in. Every request sets it: a deadline
// outlives its request on a connection that is kept.
func (s *Server) allowWrite(w http.ResponseWriter, answerBytes int) {
	allowed := s.opts.Limits.Wait + 40*time.Second + time.Duration(answerBytes>>18)*time.Second
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(allowed)) // not every writer can
}

// readBody reserves memory for the body, twice its length because its data is
// decoded beside it, and reads it within a deadline.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	limit := s.opts.Limits.BodyBytes
	if r.ContentLength > limit {
		return nil, nil, errTooBig
	}
	length := r.ContentLength
	if length < 0 {
		length = limit
	}
	from := s.uploads
	if length <= smallBodyBytes {
		from = s.small
	}
	free, err := from.take(r.Context(), 2*length)
	if err != nil {
		return nil, nil, err
	}
	buffer := s.buffer()
	release = func() { s.recycle(buffer); free() }
	s.setDeadline(w, length)
	if r.ContentLength > 0 {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	n, err := buffer.ReadFrom(io.LimitReader(r.Body, limit+1))
	if err == nil && n > limit {
		err = errTooBig
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return buffer.Bytes(), release, nil
}

// setDeadline gives a body of so many bytes its time to arrive, so that a slow
// sender cannot keep the memory reserved for it.
func (s *Server) setDeadline(w http.ResponseWriter, lengthBytes int64) {
	allowed := s.opts.Limits.BodySlowness + time.Duration(lengthBytes>>18)*time.Second
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(allowed)) // not every writer can; then the server's own timeout holds
}

// refuseBody answers a body that was not read. What the client still sends is
// thrown away, so that it gets to read the answer.
func (s *Server) refuseBody(w http.ResponseWriter, r *http.Request, err error) {
	answer := new(bytes.Buffer)
	switch {
	case errors.Is(err, errTooBig):
		appendResponse(answer, nil, nil, &Error{Code: CodeTooBig, Message: "Request is too big", Data: "send smaller requests, " + byteCount(s.opts.Limits.BodyBytes) + " at most"})
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	case errors.Is(err, errBudget):
		s.setDeadline(w, r.ContentLength)
		_, _ = io.CopyN(io.Discard, r.Body, s.opts.Limits.BodyBytes)
		appendResponse(answer, nil, nil, ErrBusy)
	default:
		appendResponse(answer, nil, nil, &Error{Code: CodeInvalidRequest, Message: "Invalid request", Data: "body not received: " + err.Error()})
	}
	_, _ = w.Write(answer.Bytes())
}

// answer runs the calls of a body in order.
func (s *Server) answer(ctx context.Context, memory *lease, methods map[string]method, body []byte, out *bytes.Buffer) {
	calls, batch, err := parseBody(body, s.opts.Limits.BatchCalls)
	if errors.Is(err, errBatch) {
		appendResponse(out, nil, nil, &Error{Code: CodeInvalidRequest, Message: "Invalid request", Data: err.Error()})
		return
	}
	if err != nil {
		appendResponse(out, nil, nil, &Error{Code: CodeParse, Message: "Parse error", Data: err.Error()})
		return
	}
	memory.bytes = min(int64(len(calls))*answerBytes, int64(s.opts.Limits.AnswerBytes))
	ctx = withLease(ctx, memory)
	if batch {
		out.WriteByte('[')
	}
	for _, c := range calls {
		if batch && out.Len() > 1 && c.answered() {
			out.WriteByte(',')
		}
		s.answerCall(ctx, methods, c, out)
	}
	if batch {
		out.WriteByte(']')
	}
}

// answered says whether the call gets an answer: notifications get none.
func (c call) answered() bool { return c.id != nil || c.refusal != nil }

func (s *Server) answerCall(ctx context.Context, methods map[string]method, c call, out *bytes.Buffer) {
	if c.refusal == nil && out.Len() > s.opts.Limits.AnswerBytes {
		c.refusal = &Error{Code: CodeTooBig, Message: "Response is too big", Data: "ask for less in one batch"}
	}
	run, known := methods[c.method]
	if c.refusal == nil && !known {
		c.refusal = &Error{Code: CodeMethodNotFound, Message: "Method not found", Data: c.method}
	}
	if c.refusal != nil {
		s.opts.Metrics.observe("", 0, c.refusal)
		appendResponse(out, c.id, nil, c.refusal)
		return
	}
	start := time.Now()
	result, err := run(ctx, args(c.params))
	var refusal *Error
	if err != nil {
		refusal = asError(err)
		s.logFailure(c.method, refusal)
	}
	s.opts.Metrics.observe(c.method, time.Since(start), refusal)
	if c.answered() {
		appendResponse(out, c.id, result, refusal)
	}
}

// logFailure keeps refusals of callers' input out of the log: they are counted.
func (s *Server) logFailure(method string, refusal *Error) {
	if refusal.Code == CodeInternal && refusal != ErrRootMismatch {
		s.opts.Log.Warn("request failed", "method", method, "error", refusal.Error())
	}
}

func (s *Server) buffer() *bytes.Buffer { return s.buffers.Get().(*bytes.Buffer) }

// recycle keeps buffers of a few segments; larger ones are rare and go.
func (s *Server) recycle(b *bytes.Buffer) {
	if b.Cap() <= 4<<20 {
		b.Reset()
		s.buffers.Put(b)
	}
}
