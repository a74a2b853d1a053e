package encoder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Handler serves
//
//	PUT  /blobs                  a payload → its record (202; 200 when known already)
//	GET  /blobs/{root}           the payload, checked; HEAD its length
//	GET  /blobs/{root}/status    where it stands; ?wait=30s waits for the end
//	GET  /blobs/{root}/preimage, /blobs/{root}/chunks/{row}/{chunk}   for light samplers
//	POST /put, PUT /put          a payload → its commitment, when confirmed (alt-DA)
//	GET  /get/{commitment}       the payload (alt-DA)
//	GET  /v1/quote?bytes=        what a blob costs
//	GET  /v1/status /healthz /metrics
func (s *Service) Handler(registry *prometheus.Registry) http.Handler {
	mux := daemon.Mux(registry, s.Health)
	mux.HandleFunc("PUT /blobs", s.httpPut)
	mux.HandleFunc("POST /blobs", s.httpPut)
	mux.HandleFunc("GET /blobs/{root}", s.httpGet)
	mux.HandleFunc("HEAD /blobs/{root}", s.httpHead)
	mux.HandleFunc("GET /blobs/{root}/status", s.httpStatus)
	mux.HandleFunc("/put", s.altPut)
	mux.HandleFunc("/put/{$}", s.altPut)
	mux.HandleFunc("/put/{commitment}", s.altPutNamed)
	mux.HandleFunc("GET /get/{commitment}", s.altGet)
	mux.HandleFunc("GET /v1/quote", s.httpQuote)
	mux.HandleFunc("GET /v1/status", s.httpOwnStatus)
	all := http.NewServeMux()
	all.Handle("/", s.ownMachine(mux))
	s.lightDoors(all)
	return all
}

// ownMachine guards an open door against web pages: a request must name a local
// host (else a foreign name was pointed at us) and come from no foreign page.
func (s *Service) ownMachine(next http.Handler) http.Handler {
	if !s.access.open {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, err := url.Parse(r.Header.Get("Origin"))
		foreign := r.Header.Get("Origin") != "" && (err != nil || !daemon.LocalHost(origin.Host))
		if foreign || r.Header.Get("Sec-Fetch-Site") == "cross-site" || !daemon.LocalHost(r.Host) {
			writeError(w, http.StatusForbidden, "foreign", "without an access file only programs and pages of this machine may use this")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// token of a request: Bearer, or the password of Basic, which a URL can carry
// (http://name:token@host) where a program has no place for headers.
func token(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return bearer
}

// Time that a body has: a start, and its length at a slow line's speed.
const (
	bodyStart  = 30 * time.Second
	bodySpeed  = 1 << 20 // bytes per second at least
	maxWaiting = 5 * time.Minute
)

// bodyTime is how long a body of n bytes may take.
func bodyTime(n int) time.Duration { return bodyStart + time.Duration(n/bodySpeed)*time.Second }

// takeBody puts the body of a request.
func (s *Service) takeBody(w http.ResponseWriter, r *http.Request) (Record, bool, error) {
	who, err := s.access.who(token(r))
	if err != nil {
		return Record{}, false, err
	}
	most := erasure.MaxRowSize * erasure.Production.K // of any profile
	if r.ContentLength >= 0 {
		most = int(min(int64(most), r.ContentLength))
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime(most)))
	record, fresh, err := s.Put(r.Context(), who, r.Body, r.ContentLength)
	if err != nil && r.Header.Get("Expect") == "" && r.ContentLength <= int64(most) {
		// let a sender that does not wait for our word finish: it reads no answer
		// before, and a connection closed under it loses the answer
		_, _ = io.CopyN(io.Discard, r.Body, int64(most))
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return record, fresh, err
}

func (s *Service) httpPut(w http.ResponseWriter, r *http.Request) {
	record, fresh, err := s.takeBody(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Location", "/blobs/"+record.Root.String())
	status := http.StatusOK
	if fresh {
		status = http.StatusAccepted
	}
	writeRecord(w, status, record)
}

// recordJSON adds the words of 0G's disperser.
type recordJSON struct {
	Record
	Status string `json:"status"`
}

func writeRecord(w http.ResponseWriter, status int, r Record) {
	r.Client = "" // who put it is its own affair
	daemon.WriteJSON(w, status, recordJSON{r, strings.TrimPrefix(r.State.Status().String(), "BLOB_STATUS_")})
}

func (s *Service) httpStatus(w http.ResponseWriter, r *http.Request) {
	root, err := s.reader(r)
	if err != nil {
		refuse(w, err)
		return
	}
	wait := time.Duration(0)
	if text := r.URL.Query().Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > maxWaiting {
			writeError(w, http.StatusBadRequest, "bad_request", fmt.Sprintf("wait is %.40q, want 0s to %s", text, maxWaiting))
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	record, err := s.Wait(ctx, root)
	if err != nil {
		refuse(w, err)
		return
	}
	writeRecord(w, http.StatusOK, record)
}

// reader lets a request read the blob that it names.
func (s *Service) reader(r *http.Request) (root Root, err error) {
	if _, err := s.access.who(token(r)); err != nil {
		return root, err
	}
	if err := root.UnmarshalText([]byte(r.PathValue("root"))); err != nil {
		return root, fmt.Errorf("%w: %w", errBadRequest, err)
	}
	return root, nil
}

var errBadRequest = errors.New("bad request")

func (s *Service) httpGet(w http.ResponseWriter, r *http.Request) {
	root, err := s.reader(r)
	if err != nil {
		refuse(w, err)
		return
	}
	payload, err := s.Payload(r.Context(), root)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("ETag", `"`+root.String()+`"`) // what a root names never changes
	writePayload(w, payload)
}

func (s *Service) httpHead(w http.ResponseWriter, r *http.Request) {
	root, err := s.reader(r)
	var record Record
	if err == nil {
		record, err = s.Blob(r.Context(), root)
	}
	if err == nil && record.State != Confirmed && record.State != Finalized {
		err = ErrNotConfirmed
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatUint(record.DataLen, 10))
	w.Header().Set("Content-Type", "application/octet-stream")
}

func writePayload(w http.ResponseWriter, payload []byte) {
	deadline := time.Now().Add(bodyTime(len(payload)))
	_ = http.NewResponseController(w).SetWriteDeadline(deadline) // not every server has them
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(payload)))
	_, _ = w.Write(payload) // a reader that goes away is its own affair
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
}

func (s *Service) httpQuote(w http.ResponseWriter, r *http.Request) {
	bytes, err := strconv.ParseUint(r.URL.Query().Get("bytes"), 10, 63)
	if err != nil {
		writeError(w, http.StatusBadRequest, "bad_request", "want /v1/quote?bytes=NUMBER")
		return
	}
	quote, err := s.Quote(r.Context(), bytes)
	if err != nil {
		refuse(w, err)
		return
	}
	daemon.WriteJSON(w, http.StatusOK, quote)
}

func (s *Service) httpOwnStatus(w http.ResponseWriter, r *http.Request) {
	status, err := s.Status(r.Context())
	if err != nil {
		status.Trouble = err.Error()
	}
	daemon.WriteJSON(w, http.StatusOK, status)
}

// refuse answers an error with its status and a code that programs can act on.
func refuse(w http.ResponseWriter, err error) {
	status, code := statusOf(err)
	var busy *Busy
	if errors.As(err, &busy) {
		w.Header().Set("Retry-After", strconv.FormatInt(busy.seconds(), 10))
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="zg-da-encoder"`)
	}
	writeError(w, status, code, err.Error())
}

func statusOf(err error) (status int, code string) {
	var busy *Busy
	switch {
	case errors.As(err, &busy) && busy.Quota:
		return http.StatusTooManyRequests, "over_quota"
	case errors.As(err, &busy):
		return http.StatusServiceUnavailable, "busy"
	case errors.Is(err, ErrUnauthorized):
		return http.StatusUnauthorized, "unauthorized"
	case errors.Is(err, erasure.ErrEmptyBlob):
		return http.StatusBadRequest, "empty_blob"
	case errors.Is(err, erasure.ErrBlobTooLarge):
		return http.StatusRequestEntityTooLarge, "blob_too_large"
	case errors.Is(err, errBadRequest), errors.Is(err, ErrBadCommitment):
		return http.StatusBadRequest, "bad_request"
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound, "not_found"
	case errors.Is(err, ErrNotConfirmed):
		return http.StatusNotFound, "not_confirmed"
	case errors.Is(err, erasure.ErrMalformedBlob):
		return http.StatusUnprocessableEntity, "malformed_blob"
	case errors.Is(err, ErrCorrupt):
		return http.StatusInternalServerError, "corrupt"
	}
	return http.StatusServiceUnavailable, "unavailable"
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	body := struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}{code, message}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, code, status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
