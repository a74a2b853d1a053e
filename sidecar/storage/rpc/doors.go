package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// The plain HTTP doors: what JSON-RPC does, without base64. Errors are a JSON
// body {"code","message","data"} with a fitting status.

func (s *Server) routeDoors() {
	s.mux.HandleFunc("GET /v1/files/{root}", s.getFile) // HEAD comes with it
	s.mux.HandleFunc("PUT /v1/segments/{txSeq}/{index}", s.putSegment)
	s.mux.HandleFunc("GET /v1/segments/{txSeq}/{index}", s.getSegment)
	s.mux.HandleFunc("GET /v1/loads/{load}", s.getLoad)
	s.mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.backend.NodeStatus(r.Context()))
	})
	s.mux.HandleFunc("GET /healthz", s.getHealth)
	s.mux.Handle("GET /metrics", s.opts.Metrics.Handler())
}

// getHealth is for load balancers and people: 503 says why; details are what to
// see to in either case.
func (s *Server) getHealth(w http.ResponseWriter, r *http.Request) {
	reasons := s.backend.Health(r.Context())
	status, answer := http.StatusOK, map[string]any{"status": "ok"}
	if len(reasons) > 0 {
		status, answer = http.StatusServiceUnavailable, map[string]any{"status": "unhealthy", "reasons": reasons}
	}
	if notices := s.backend.Notices(r.Context()); len(notices) > 0 {
		answer["details"] = notices
	}
	writeJSON(w, status, answer)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the caller is gone if this fails
}

func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	refusal := asError(err)
	status := httpStatus(err)
	if status == http.StatusInternalServerError {
		s.opts.Log.Warn("request failed", "path", r.URL.Path, "error", refusal.Error())
	}
	s.opts.Metrics.observe("door", 0, refusal)
	writeJSON(w, status, refusal)
}

func pathUint64(r *http.Request, name string) (uint64, error) {
	n, err := strconv.ParseUint(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, InvalidParams(name, fmt.Sprintf("got %.40q, want an unsigned integer", r.PathValue(name)))
	}
	return n, nil
}

func segmentPath(r *http.Request) (txSeq, index uint64, err error) {
	if txSeq, err = pathUint64(r, "txSeq"); err != nil {
		return 0, 0, err
	}
	index, err = pathUint64(r, "index")
	return txSeq, index, err
}

// putSegment takes raw bytes and the proof in a header; its checks are those of
// zgs_uploadSegmentsByTxSeq.
func (s *Server) putSegment(w http.ResponseWriter, r *http.Request) {
	err := s.takeSegment(w, r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"stored": true})
}

func (s *Server) takeSegment(w http.ResponseWriter, r *http.Request) error {
	txSeq, index, err := segmentPath(r)
	if err != nil {
		return err
	}
	var proof nodeapi.Proof
	if err := nodeapi.DecodeProofHeader(r.Header.Get(nodeapi.HeaderProof), &proof); err != nil {
		return InvalidParams("proof", err.Error())
	}
	data, release, err := s.readSegmentBody(w, r)
	if err != nil {
		return err
	}
	defer release()
	file, err := s.backend.FileBySeq(r.Context(), txSeq)
	if err != nil {
		return err
	}
	if file == nil {
		return ErrUnknownFile
	}
	return dropDuplicate(s.backend.Upload(r.Context(), txSeq, nodeapi.SegmentWithProof{
		Root: file.Tx.DataMerkleRoot, Data: data, Index: index, Proof: proof, FileSize: file.Tx.Size,
	}), true)
}

// readSegmentBody reads at most one segment under the uploads' budget.
func (s *Server) readSegmentBody(w http.ResponseWriter, r *http.Request) (data []byte, release func(), err error) {
	if r.ContentLength > layout.LoadSize {
		return nil, nil, errTooBig
	}
	free, err := s.uploads.take(r.Context(), layout.LoadSize)
	if err != nil {
		return nil, nil, ErrBusy
	}
	s.setDeadline(w, layout.LoadSize)
	buffer := s.buffer()
	buffer.Grow(layout.LoadSize + bytes.MinRead)
	release = func() { s.recycle(buffer); free() }
	n, err := buffer.ReadFrom(io.LimitReader(r.Body, layout.LoadSize+1))
	if err == nil && n > layout.LoadSize {
		err = errTooBig
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return buffer.Bytes(), release, nil
}

// getSegment sends a segment's raw bytes and its proof in a header.
func (s *Server) getSegment(w http.ResponseWriter, r *http.Request) {
	txSeq, index, err := segmentPath(r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.sendProven(w, r, func(ctx context.Context) ([]byte, any, error) {
		data, proof, err := s.backend.ReadSegment(ctx, txSeq, index)
		if err == nil && data == nil {
			err = NotStored(fmt.Sprintf("segment %d of file %d is not stored on this node", index, txSeq))
		}
		return data, proof, err
	})
}

// getLoad sends the 262144 raw bytes of a load as of ?flow_root and the way up.
func (s *Server) getLoad(w http.ResponseWriter, r *http.Request) {
	load, err := pathUint64(r, "load")
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	flowRoot, err := nodeapi.ParseHash(r.URL.Query().Get("flow_root"))
	if err != nil {
		s.writeError(w, r, InvalidParams("flow_root", err.Error()))
		return
	}
	s.sendProven(w, r, func(ctx context.Context) ([]byte, any, error) {
		data, siblings, err := s.backend.ReadLoad(ctx, load, flowRoot)
		return data, nodeapi.LoadProof{Siblings: siblings}, err
	})
}

// sendProven sends what read returns, with the proof in a header.
func (s *Server) sendProven(w http.ResponseWriter, r *http.Request, read func(context.Context) (data []byte, proof any, err error)) {
	release, err := s.serves.take(r.Context(), layout.LoadSize)
	if err != nil {
		s.writeError(w, r, ErrBusy)
		return
	}
	defer release()
	data, proof, err := read(r.Context())
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	header, err := nodeapi.EncodeProofHeader(proof)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	h := w.Header()
	h.Set(nodeapi.HeaderProof, header)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	s.opts.Metrics.served(len(data))
	s.allowWrite(w, len(data))
	_, _ = w.Write(data)
}
