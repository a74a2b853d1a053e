package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/sampling"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// SampleOptions steer one sampling. Zero values are good.
type SampleOptions struct {
	Confidence float64       // 0.999999
	MaxSamples int           // 256; "not shown" beyond
	TryTimeout time.Duration // 5 s; a sample that takes longer has failed
	Random     io.Reader     // crypto/rand; tests bring their own
	TrustNode  bool          // take the node's word for the record, prove nothing
	Trust      LightTrust    // what headers are verified from
}

func (o SampleOptions) withDefaults() SampleOptions {
	if o.Confidence == 0 {
		o.Confidence = 0.999999
	}
	if o.MaxSamples <= 0 {
		o.MaxSamples = 256
	}
	if o.TryTimeout <= 0 {
		o.TryTimeout = 5 * time.Second
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	return o
}

// Sampled is what a sampling showed.
type Sampled struct {
	Root       string  `json:"root"`
	Shown      bool    `json:"shown"`
	Confidence float64 `json:"confidence"` // that was reached
	Asked      float64 `json:"confidence_asked"`
	Samples    int     `json:"samples"`
	Succeeded  int     `json:"succeeded"`
	Failed     int     `json:"failed"`
	Bytes      uint64  `json:"bytes"` // of chunks and their proofs
	Peers      int     `json:"peers"` // members that were asked
	Rows       int     `json:"rows"`
	DataRows   int     `json:"data_rows"`
	BlobID     uint64  `json:"blob_id"`
	Epoch      uint64  `json:"epoch"`
	QuorumID   uint32  `json:"quorum_id"`
	Proven     bool    `json:"proven"` // by a confirmed root: the record is gone
	Header     string  `json:"header"` // who vouches for the record: node, light-client, or light-client-first-use
	Height     int64   `json:"height"` // of that header; of the confirmation where it is the node
	Seconds    float64 `json:"seconds"`
	Faults     []Fault `json:"faults"`
}

// Sample asks for one random chunk of random rows, each of the member that holds
// it, until they show with the wanted confidence that enough rows can be had to
// rebuild the blob, or there are too many samples. Only paths are checked: that
// the rows decode to one payload was checked by those who signed.
func (c *Client) Sample(ctx context.Context, root chain.Hash, opts SampleOptions) (*Sampled, error) {
	opts = opts.withDefaults()
	began := time.Now()
	h, err := c.Holders(ctx, root)
	if err != nil {
		return nil, err
	}
	h.timeout = opts.TryTimeout
	s := &sampler{Client: c, Holders: h, opts: opts, asked: make(map[int]bool)}
	l, profile := h.located, h.profile
	if s.judge, err = sampling.NewJudge(profile.K, profile.N, opts.Confidence); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	out := &Sampled{
		Root: hexRoot(root), Asked: opts.Confidence, Rows: profile.N, DataRows: profile.K, BlobID: l.blob.ID, Epoch: l.blob.Epoch,
		QuorumID: l.blob.QuorumID, Proven: l.proven, Header: HeaderNode, Height: l.blob.ConfirmHeight, Faults: []Fault{},
	}
	if err := s.vouch(ctx, out); err != nil {
		return nil, err
	}
	plan := sampling.Plan{Judge: s.judge, Random: opts.Random, Chunks: s.chunks, Most: opts.MaxSamples}
	err = plan.Run(ctx, s.ask, s.counted)
	out.Shown, out.Confidence = s.judge.Shown(), s.judge.Confidence()
	out.Succeeded, out.Failed = s.judge.Count()
	out.Samples = out.Succeeded + out.Failed
	out.Bytes, out.Peers, out.Seconds = s.bytes, len(s.asked), time.Since(began).Seconds()
	out.Faults = append(out.Faults, s.faults...)
	if err == nil && !out.Shown {
		err = fmt.Errorf("%w: %d of %d samples of %s failed; confidence %.6f, want %v", ErrNotShown, out.Failed, out.Samples, out.Root, out.Confidence, opts.Confidence)
	}
	return out, err
}

// sampler is one sampling under way.
type sampler struct {
	*Client
	*Holders
	opts  SampleOptions
	judge *sampling.Judge
	asked map[int]bool // members
	bytes uint64
}

// Who vouches for a record.
const (
	HeaderNode     = "node"
	HeaderLight    = "light-client"
	HeaderFirstUse = "light-client-first-use" // its anchor is the node's word, kept for the next time
)

// vouch proves the record by a verified header.
func (s *sampler) vouch(ctx context.Context, out *Sampled) error {
	if s.Client.opts.Light == nil || s.opts.TrustNode {
		return nil
	}
	if err := s.afterConfirmation(ctx, s.blob.ConfirmHeight); err != nil {
		return err
	}
	prover, firstUse, err := s.Client.opts.Light(ctx, s.opts.Trust)
	if err == nil {
		out.Height, err = s.located.prove(ctx, prover)
	}
	if err != nil {
		return fmt.Errorf("prove the record of %s: %w", out.Root, err)
	}
	out.Header = HeaderLight
	if firstUse {
		out.Header = HeaderFirstUse
	}
	return nil
}

// counted notes what a sample says of its member.
func (s *sampler) counted(one *sampling.Sample) {
	m := s.located.holders[one.Row]
	s.asked[m] = true
	s.bytes += one.Bytes
	if one.Err == nil {
		return
	}
	kind, _ := classify(one.Err)
	if errors.Is(one.Err, errWrong) {
		kind = FaultBadRows
	} else if errors.Is(one.Err, errMissing) {
		kind = FaultNotFound
	}
	for _, f := range s.located.faults {
		if f.Member == s.quorum.Members[m].Address.String() {
			return
		}
	}
	s.blame(m, kind, reason(one.Err))
}

// ask asks for one chunk of each row, in parallel.
func (s *sampler) ask(ctx context.Context, round []sampling.Sample) {
	var wait sync.WaitGroup
	for i := range round {
		one := &round[i]
		wait.Go(func() {
			chunk, _, err := s.askRow(ctx, one.Row, one.Chunk)
			one.Err = err
			one.Bytes = uint64(len(chunk.Data) + 32*len(chunk.Path))
		})
	}
	wait.Wait()
}
