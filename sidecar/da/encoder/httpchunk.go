package encoder

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/sampling"
)

// The doors for light samplers are open to every web page, with no token and also
// on a machine that serves itself only: what they answer is public, checked by who
// asks, and costs no money.
//
//	GET /blobs/{root}/preimage               what the root hashes, 85 bytes
//	GET /blobs/{root}/chunks/{row}/{chunk}   preimage ‖ data ‖ path (sampling.AppendAnswer)
func (s *Service) lightDoors(mux *http.ServeMux) {
	for path, answer := range map[string]func(*http.Request) ([]byte, error){
		"/blobs/{root}/preimage":             s.preimage,
		"/blobs/{root}/chunks/{row}/{chunk}": s.chunk,
	} {
		mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, _ *http.Request) {
			anyPage(w.Header())
			w.WriteHeader(http.StatusNoContent)
		})
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			anyPage(w.Header())
			from, _ := netip.ParseAddrPort(r.RemoteAddr)
			err := s.samples.admit(from.Addr())
			var body []byte
			if err == nil {
				body, err = answer(r)
			}
			if err != nil {
				s.metrics.samples.WithLabelValues("refused").Inc()
				refuse(w, err)
				return
			}
			s.metrics.samples.WithLabelValues("served").Inc()
			writePayload(w, body)
		})
	}
}

// anyPage lets every page read the answer, and no cache keep it: a chunk that was
// there once shows nothing of today.
func anyPage(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Private-Network", "true")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	h.Set("Access-Control-Max-Age", "86400")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-store")
}

// holdersOf finds who holds the blob that a request names.
func (s *Service) holdersOf(r *http.Request) (Holders, error) {
	var root Root
	if err := root.UnmarshalText([]byte(r.PathValue("root"))); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadRequest, err)
	}
	return s.samples.holders(r.Context(), root)
}

func (s *Service) preimage(r *http.Request) ([]byte, error) {
	holders, err := s.holdersOf(r)
	if err != nil {
		return nil, err
	}
	commit, err := holders.Commitment(r.Context())
	return commit.Preimage(), err
}

func (s *Service) chunk(r *http.Request) ([]byte, error) {
	row, err := strconv.ParseUint(r.PathValue("row"), 10, 16)
	index, err2 := strconv.ParseUint(r.PathValue("chunk"), 10, 16)
	if err := errors.Join(err, err2); err != nil {
		return nil, fmt.Errorf("%w: want /blobs/ROOT/chunks/ROW/CHUNK: %w", errBadRequest, err)
	}
	holders, err := s.holdersOf(r)
	if err != nil {
		return nil, err
	}
	commit, chunk, err := holders.Chunk(r.Context(), int(row), int(index))
	switch {
	case errors.Is(err, client.ErrUsage):
		return nil, fmt.Errorf("%w: %w", errBadRequest, err)
	case errors.Is(err, client.ErrNotFound):
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	case err != nil:
		return nil, err
	}
	return sampling.AppendAnswer(nil, commit, chunk), nil
}
