package encoder

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// The alt-DA door speaks as an OP-stack DA server does: POST (or PUT) /put with
// the payload answers the commitment's bytes, GET /get/0x… the payload. Like
// EigenDA's proxy it knows ?commitment_mode=standard and optimism_generic.

// altPut answers when the blob is confirmed: the batcher posts the commitment to
// its L1 next. 503 makes a batcher post its data to L1 instead; a full house is
// no reason for that, so it is 429 here.
func (s *Service) altPut(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		w.Header().Set("Allow", "POST, PUT")
		writeError(w, http.StatusMethodNotAllowed, "bad_request", "want POST or PUT")
		return
	}
	standard, ok := commitmentMode(w, r)
	if !ok {
		return
	}
	record, _, err := s.takeBody(w, r)
	var busy *Busy
	if errors.As(err, &busy) {
		w.Header().Set("Retry-After", strconv.FormatInt(busy.seconds(), 10))
		writeError(w, http.StatusTooManyRequests, "busy", err.Error())
		return
	}
	if err == nil && !record.State.over() {
		ctx, cancel := context.WithTimeout(r.Context(), time.Duration(s.cfg.AltDAWait))
		defer cancel()
		record, err = s.Wait(ctx, record.Root)
	}
	switch {
	case err != nil:
		refuse(w, err)
	case record.State == Confirmed, record.State == Finalized:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(commitmentOf(record.Root, byte(s.cfg.AltDALayer), standard))
	default:
		writeError(w, http.StatusServiceUnavailable, "not_confirmed", string(record.State)+": "+record.Reason)
	}
}

// altPutNamed refuses the mode in which the batcher names the commitment.
func (s *Service) altPutNamed(w http.ResponseWriter, _ *http.Request) {
	writeError(w, http.StatusBadRequest, "bad_request",
		"this server gives commitments: put to /put, with --altda.da-service of op-batcher and op-node (no keccak commitments)")
}

// altGet answers the payload of a commitment: 400 for what is none of ours, 404
// for what was never confirmed or is kept no more. A client that says
// l1_inclusion_block_number understands 418: the commitment can never mean
// anything, and a derivation is to drop it rather than to wait.
func (s *Service) altGet(w http.ResponseWriter, r *http.Request) {
	standard, ok := commitmentMode(w, r)
	if !ok {
		return
	}
	if _, err := s.access.who(token(r)); err != nil {
		refuse(w, err)
		return
	}
	root, err := parseCommitment(r.PathValue("commitment"), byte(s.cfg.AltDALayer), standard)
	var payload []byte
	if err == nil {
		payload, err = s.Payload(r.Context(), root)
	}
	switch drop := r.URL.Query().Has("l1_inclusion_block_number"); {
	case err == nil:
		writePayload(w, payload)
	case drop && errors.Is(err, ErrBadCommitment):
		writeDrop(w, dropUnreadable, err)
	case drop && errors.Is(err, erasure.ErrMalformedBlob):
		writeDrop(w, dropUndecodable, err)
	default:
		refuse(w, err)
	}
}

// Reasons to drop a commitment, as EigenDA's proxy counts them.
const (
	dropUnreadable  = 1
	dropUndecodable = 4
)

func writeDrop(w http.ResponseWriter, code int, err error) {
	daemon.WriteJSON(w, http.StatusTeapot, struct {
		StatusCode int
		Msg        string
	}{code, clip(err.Error())})
}

func commitmentMode(w http.ResponseWriter, r *http.Request) (standard, ok bool) {
	switch mode := r.URL.Query().Get("commitment_mode"); mode {
	case "", "optimism_generic":
		return false, true
	case "standard":
		return true, true
	default:
		writeError(w, http.StatusBadRequest, "bad_request", "commitment_mode "+clip(mode)+", want optimism_generic or standard")
		return false, false
	}
}
