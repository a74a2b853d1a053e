package storage

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// Data availability enters the payload of a confirmed blob into the flow
// (protocol-da.md §6i). Nobody uploads it then: this node fetches it from a
// gateway of data availability, any at all, because the entry's root judges what
// comes. The blob's signers keep it for weeks; so there is time.

// payloadTag begins the tags of such an entry; the blob's root follows.
const payloadTag = "zgd/da"

// Times of the fetcher, and the largest payload that a blob can have.
const (
	payloadFirstPause = 500 * time.Millisecond
	payloadLastPause  = time.Minute
	payloadTimeout    = 2 * time.Minute
	maxPayloadBytes   = 128 << 20
	// maxPayloadLies is how often all gateways may serve something else before the
	// entry itself is taken for the lie: its submitter chose both roots.
	maxPayloadLies = 3
)

// errPayload says that what a gateway served is not what the entry says.
var errPayload = errors.New("payload is not the entry's")

// blobOf returns the root of the blob whose payload an entry is.
func blobOf(tags []byte) (root Hash, ok bool) {
	rest, ok := bytes.CutPrefix(tags, []byte(payloadTag))
	if !ok || len(rest) != len(root) {
		return root, false
	}
	return Hash(rest), true
}

// payloads fetches what is named in rows d, which are written with their entries
// and so outlive a crash.
type payloads struct {
	node     *Node
	gateways []string
	http     *http.Client
	wake     chan struct{} // 1 deep
	lies     map[uint64]int
}

func newPayloads(n *Node) *payloads {
	return &payloads{
		node: n, gateways: n.cfg.DAGateways, wake: make(chan struct{}, 1), lies: map[uint64]int{},
		http: &http.Client{Timeout: payloadTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}},
	}
}

func (p *payloads) offer() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run fetches one payload at a time. A round that leaves something is tried again,
// later and later, and at once when an entry comes.
func (p *payloads) run(ctx context.Context) error {
	if len(p.gateways) == 0 {
		<-ctx.Done()
		return nil
	}
	defer p.http.CloseIdleConnections()
	pause := payloadFirstPause
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
			pause = payloadFirstPause
		case <-timer.C:
		}
		left, err := p.round(ctx)
		if err != nil && ctx.Err() == nil {
			p.node.log.Warn("fetch payloads of data availability", "error", err)
		}
		if left > 0 || err != nil {
			timer.Reset(pause)
			pause = min(2*pause, payloadLastPause)
		}
	}
}

// round tries every waiting payload once and says how many still wait.
func (p *payloads) round(ctx context.Context) (left int, err error) {
	waiting := map[uint64]Hash{}
	err = p.node.index.meta.Iterate([]byte{'d'}, func(key, value []byte) (bool, error) {
		if len(key) != 1+8 || len(value) != len(Hash{}) {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		seq, err := decodeUint64(key[1:])
		waiting[seq] = Hash(value)
		return true, err
	})
	for seq, blob := range waiting {
		if err != nil || ctx.Err() != nil {
			return len(waiting), err
		}
		done, trouble := p.complete(ctx, seq, blob)
		if trouble != nil {
			p.node.log.Warn("payload of an entry is not here yet", "tx_seq", seq, "blob", nodeapi.Hash(blob).String(), "error", trouble)
		}
		if !done {
			left++
			continue
		}
		err = p.node.index.meta.Delete(ctx, rowPayload(seq))
	}
	return left, err
}

// complete stores the payload of an entry. done means that there is nothing more
// to do: it is stored, or it can never be.
func (p *payloads) complete(ctx context.Context, seq uint64, blob Hash) (done bool, err error) {
	e, err := p.node.index.entry(seq)
	if err != nil {
		return false, err
	}
	if final, err := p.node.files.isFinal(seq); final || err != nil {
		return final, err
	}
	if e.sizeBytes > maxPayloadBytes {
		return true, fmt.Errorf("given up: %w: %d bytes, a blob has at most %d", errPayload, e.sizeBytes, int64(maxPayloadBytes))
	}
	var trouble error
	for _, gateway := range p.gateways {
		payload, err := p.fetch(ctx, gateway, blob, e.sizeBytes)
		if err == nil {
			err = p.store(ctx, e, payload)
		}
		if err == nil {
			p.node.metrics.payloads.WithLabelValues("stored").Inc()
			return true, nil
		}
		trouble = errors.Join(trouble, fmt.Errorf("%s: %w", gateway, err))
	}
	if !errors.Is(trouble, errPayload) {
		p.node.metrics.payloads.WithLabelValues("failed").Inc()
		return false, trouble
	}
	p.node.metrics.payloads.WithLabelValues("mismatch").Inc()
	p.lies[seq]++
	if p.lies[seq] < maxPayloadLies {
		return false, trouble
	}
	delete(p.lies, seq)
	return true, fmt.Errorf("given up, the entry is not of this blob: %w", trouble)
}

// fetch reads a payload of exactly so many bytes.
func (p *payloads) fetch(ctx context.Context, gateway string, blob Hash, sizeBytes uint64) ([]byte, error) {
	address, err := url.JoinPath(gateway, "blobs", "0x"+hex.EncodeToString(blob[:]))
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := p.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	payload := make([]byte, sizeBytes)
	if _, err := io.ReadFull(response.Body, payload); err != nil {
		return nil, fmt.Errorf("%w: it ends before %d bytes: %w", errPayload, sizeBytes, err)
	}
	if n, _ := response.Body.Read(make([]byte, 1)); n > 0 {
		return nil, fmt.Errorf("%w: it has more than %d bytes", errPayload, sizeBytes)
	}
	return payload, nil
}

// store checks a payload against its entry and stores what belongs to this shard.
func (p *payloads) store(ctx context.Context, e *entry, payload []byte) error {
	if err := p.node.hashing.Acquire(ctx, 1); err != nil {
		return err
	}
	file, err := merkle.NewFileFromData(payload)
	p.node.hashing.Release(1)
	if err != nil {
		return err
	}
	if file.Root() != e.root {
		return fmt.Errorf("%w: its root is %x, the entry's %x", errPayload, file.Root(), e.root)
	}
	for segment := range file.NumSegments() {
		if !p.node.files.shard.Owns(e.startLoad() + segment) {
			continue
		}
		from := int(segment) * layout.LoadSize
		data := make([]byte, merkle.SegmentSectors(e.sizeBytes, segment)*layout.SectorSize)
		copy(data, payload[from:min(from+layout.LoadSize, len(payload))])
		err := p.node.store(ctx, e, nodeapi.SegmentWithProof{
			Root: nodeapi.Hash(e.root), Data: data, Index: segment, Proof: fromProof(file.Proof(segment)), FileSize: e.sizeBytes,
		})
		if err != nil && !errors.Is(err, rpc.ErrDuplicate) {
			return fmt.Errorf("segment %d: %w", segment, err)
		}
	}
	return nil
}

// notePayload remembers, with an entry's own rows, that its payload is to be fetched.
func notePayload(batch *flowlog.Batch, seq uint64, tags []byte) {
	if blob, ok := blobOf(tags); ok {
		batch.Set(rowPayload(seq), blob[:])
	}
}
