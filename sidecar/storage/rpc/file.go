package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// getFile serves a finalized file, whole or in ranges. Every segment is verified
// against the file's root before one of its bytes leaves.
func (s *Server) getFile(w http.ResponseWriter, r *http.Request) {
	root, err := nodeapi.ParseHash(r.PathValue("root"))
	if err != nil {
		s.writeError(w, r, InvalidParams("root", err.Error()))
		return
	}
	file, err := s.backend.FileByRoot(r.Context(), root, true)
	switch {
	case err != nil:
	case file == nil:
		err = ErrUnknownFile
	case !file.Finalized:
		err = ErrNotFinalized
	}
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	release, err := s.serves.take(r.Context(), 2*layout.LoadSize)
	if err != nil {
		s.writeError(w, r, ErrBusy)
		return
	}
	defer release()
	content := &fileReader{ctx: r.Context(), backend: s.backend, seq: file.Tx.Seq, size: int64(file.Tx.Size), progress: func(bytes int) {
		s.opts.Metrics.served(bytes)
		s.allowWrite(w, layout.LoadSize)
	}}
	// Read ahead of the headers: a file that cannot be read is an error, not a
	// broken answer.
	if r.Method == http.MethodGet && content.size > 0 {
		if err := content.fill(firstOfRange(r, content.size)); err != nil {
			s.writeError(w, r, err)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("ETag", `"`+root.String()+`"`)
	h.Set("Cache-Control", "public, max-age=31536000, immutable") // named by its hash
	h.Set("X-Content-Type-Options", "nosniff")                    // strangers' bytes
	http.ServeContent(w, r, "", time.Time{}, content)
	if content.err != nil { // too late for a status: cut the connection, so that nobody takes it for whole
		s.opts.Log.Warn("file cut short while being served", "root", root.String(), "error", content.err)
		panic(http.ErrAbortHandler)
	}
}

// firstOfRange guesses the first byte that a range request wants, 0 if in doubt.
func firstOfRange(r *http.Request, size int64) int64 {
	var first int64
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first); err != nil || first < 0 || first >= size {
		return 0
	}
	return first
}

// fileReader is a file as a seekable stream; it holds one segment.
type fileReader struct {
	ctx      context.Context
	backend  Backend
	progress func(bytes int) // told of bytes handed out
	seq      uint64
	size     int64 // bytes
	at       int64
	segment  []byte // bytes of the file from segmentAt on
	from     int64
	err      error // first failure of a read
}

// fill loads the segment around an offset below the size.
func (f *fileReader) fill(offset int64) error {
	if f.segment != nil && offset >= f.from && offset < f.from+int64(len(f.segment)) {
		return nil
	}
	index := uint64(offset) / layout.LoadSize
	data, _, err := f.backend.ReadSegment(f.ctx, f.seq, index)
	if err == nil && data == nil {
		err = NotStored(fmt.Sprintf("segment %d is in another shard or was quarantined", index))
	}
	if err != nil {
		return err
	}
	f.from = int64(index * layout.LoadSize)
	f.segment = data[:min(int64(len(data)), f.size-f.from)]
	return nil
}

func (f *fileReader) Read(p []byte) (int, error) {
	if f.at >= f.size {
		return 0, io.EOF
	}
	if err := f.fill(f.at); err != nil {
		f.err = err
		return 0, err
	}
	n := copy(p, f.segment[f.at-f.from:])
	f.at += int64(n)
	f.progress(n)
	return n, nil
}

var errSeek = errors.New("seek outside the file")

func (f *fileReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 || offset > f.size {
		return 0, errSeek
	}
	f.at = offset
	return offset, nil
}
