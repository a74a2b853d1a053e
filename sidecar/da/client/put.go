package client

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// groupRowsBytes bounds, by default, the coded rows that are held at once: two of
// the largest blobs. What is held goes in one order and one confirmation, so who
// has the memory saves blocks (Options.MemoryMiB).
const groupRowsBytes = 264 << 20

// PutOptions steer one put.
type PutOptions struct {
	Direct  bool // encode, disperse and confirm here, with the own key, also when a disperser is known
	Archive bool // enter the payloads into the storage log as well; implies Direct: the log entry is the submitter's
	DryRun  bool // price only: sign nothing, send nothing
	// Accept is asked before anything is signed or given to a disperser; nil: any price.
	Accept func(Quote) error
}

// Kinds of what a root stands for.
const (
	KindBlob     = "blob"     // the file itself
	KindManifest = "manifest" // a list of the file's blobs
)

// PutResult says what a put did. Amounts are decimal azg.
type PutResult struct {
	Root      string    `json:"root"`
	Kind      string    `json:"kind"`
	SizeBytes uint64    `json:"size_bytes"`
	Via       string    `json:"via"`       // direct, or the disperser
	Fee       string    `json:"fee"`       // of the blobs, paid now; in a dry run what it would be
	Endowment string    `json:"endowment"` // of entries in the storage log, likewise
	Gas       string    `json:"gas"`       // of the transactions, paid now; in a dry run an estimate, "" unknown
	Denom     string    `json:"denom"`
	Reused    int       `json:"reused"` // blobs that were confirmed already
	Blobs     []PutBlob `json:"blobs"`
	Faults    []Fault   `json:"faults"`
	DryRun    bool      `json:"dry_run"`
	Seconds   float64   `json:"seconds"`
	Quote     *Quote    `json:"price"` // nil via a disperser, who pays

	fee, endowment, gas big.Int
}

// PutBlob is one blob of a put.
type PutBlob struct {
	Root          string `json:"root"`
	Kind          string `json:"kind"`
	SizeBytes     uint64 `json:"size_bytes"`
	StorageRoot   string `json:"storage_root,omitempty"` // of its entry in the storage log
	BlobID        uint64 `json:"blob_id"`
	Epoch         uint64 `json:"epoch"`
	QuorumID      uint32 `json:"quorum_id"`
	SubmitHeight  int64  `json:"submit_height"`
	ConfirmHeight int64  `json:"confirm_height"`
	HitSeats      int    `json:"hit_seats"`
	TotalSeats    int    `json:"total_seats"`
	SubmitTx      string `json:"submit_tx"`
	ConfirmTx     string `json:"confirm_tx"`
	Reused        bool   `json:"reused"`
}

// item is one blob on its way.
type item struct {
	kind    string
	root    chain.Hash
	dataLen uint64
	payload []byte        // for a disperser
	nodes   []byte        // of its entry in the storage log; empty: none
	blob    *erasure.Blob // nil when somebody else disperses
	out     *PutBlob
}

// lane brings blobs to confirmation: this client itself, or a disperser.
type lane interface {
	// bring returns when the blobs are confirmed.
	bring(ctx context.Context, items []*item) error
	// done waits for what bring left under way.
	done(ctx context.Context) error
	close()
}

// Put stores a file. On an error the same call goes on from where it got to:
// what is confirmed is not paid again.
func (c *Client) Put(ctx context.Context, path string, opts PutOptions) (*PutResult, error) {
	limits, err := c.chain.DALimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain parameters: %w", err)
	}
	evmChainID, err := c.network(ctx)
	if err != nil {
		return nil, err
	}
	from, err := openSource(path, limits.MaxBlobBytes-erasure.HeaderSize)
	if err != nil {
		return nil, err
	}
	defer from.close()
	p := &putting{Client: c, opts: opts, limits: limits, evmChainID: evmChainID, source: from, seen: make(map[chain.Hash]*item)}
	p.result = &PutResult{
		SizeBytes: from.sizeBytes, Denom: Denom, DryRun: opts.DryRun, Via: "direct", Kind: KindBlob,
		Blobs: []PutBlob{}, Faults: []Fault{},
	}
	began := time.Now()
	err = p.run(ctx)
	p.result.finish(p.items, began)
	return p.result, err
}

// PutBlob orders, disperses and confirms one encoded blob, whatever its payload
// begins with: what a disperser does, and a put of a file for each of its blobs.
func (c *Client) PutBlob(ctx context.Context, blob *erasure.Blob) (*PutBlob, error) {
	if c.sender == nil {
		return nil, fmt.Errorf("%w: the fee of a blob is paid by its submitter", ErrNoKey)
	}
	limits, err := c.chain.DALimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain parameters: %w", err)
	}
	p := &putting{Client: c, limits: limits, evmChainID: blob.EVMChainID, profile: blob.Profile, result: &PutResult{}}
	d := newDirect(p)
	d.agreed = true
	defer d.close()
	it := &item{kind: KindBlob, root: blob.DataRoot(), dataLen: blob.DataLen, blob: blob}
	it.out = &PutBlob{Root: hexRoot(it.root), Kind: it.kind, SizeBytes: it.dataLen}
	return it.out, d.bring(ctx, []*item{it})
}

// putting is one put under way.
type putting struct {
	*Client
	opts       PutOptions
	limits     chain.DALimits
	evmChainID uint64
	source     *source
	profile    erasure.Profile
	lane       lane

	seen   map[chain.Hash]*item // blobs of one file can be the same
	items  []*item
	result *PutResult
}

func (p *putting) run(ctx context.Context) (err error) {
	if p.profile, err = erasure.ProfileByID(p.limits.Profile); err != nil {
		return err
	}
	if p.lane, err = p.openLane(); err != nil {
		return err
	}
	defer p.lane.close()
	for {
		group, err := p.encodeGroup(ctx)
		if len(group) > 0 && err == nil {
			err = p.lane.bring(ctx, group)
		}
		for _, it := range group {
			it.free()
		}
		if err != nil {
			return err
		}
		if len(p.source.left()) == 0 {
			return p.lane.done(ctx)
		}
	}
}

// openLane chooses who disperses.
func (p *putting) openLane() (lane, error) {
	if p.opts.Direct || p.opts.Archive || p.Client.opts.Encoder == "" {
		if p.sender == nil && !p.opts.DryRun {
			return nil, fmt.Errorf("%w: the fee of a blob is paid by its submitter", ErrNoKey)
		}
		p.result.Quote = &Quote{SizeBytes: p.source.sizeBytes, Fee: new(big.Int), Endowment: new(big.Int)}
		return newDirect(p), nil
	}
	p.result.Via = p.Client.opts.Encoder
	return newHosted(p)
}

// encodeGroup encodes the next blobs, as many as may be held at once.
func (p *putting) encodeGroup(ctx context.Context) (group []*item, err error) {
	p.Client.opts.Progress.Stage(StageEncode, sum(p.source.left()))
	held := 0
	for left := p.source.left(); len(left) > 0; left = p.source.left() {
		rowSize, err := p.profile.RowSize(left[0])
		if err != nil {
			return group, err
		}
		if held += rowSize * p.profile.N; held > p.heldBytes() && len(group) > 0 || len(group) == int(p.limits.MaxBatch) {
			break
		}
		it, err := p.encodeNext(ctx)
		if err != nil {
			return group, err
		}
		if it != nil {
			group = append(group, it)
		}
	}
	return group, nil
}

// heldBytes bounds the rows of a group.
func (p *putting) heldBytes() int {
	if p.Client.opts.MemoryMiB > 0 {
		return p.Client.opts.MemoryMiB << 20
	}
	return groupRowsBytes
}

// encodeNext encodes one blob; nil for one that this file had before.
func (p *putting) encodeNext(ctx context.Context) (*item, error) {
	payload, kind, err := p.source.next()
	if err != nil {
		return nil, err
	}
	blob, err := encode.Encode(ctx, erasure.CPU, p.profile, p.evmChainID, payload, p.Client.opts.Workers)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	p.Client.opts.Progress.Add(uint64(len(payload)))
	it := &item{kind: kind, root: blob.DataRoot(), dataLen: uint64(len(payload)), payload: payload, blob: blob}
	p.source.placed(it.root, it.dataLen)
	p.result.Root, p.result.Kind = hexRoot(it.root), kind // the last one's in the end
	if p.seen[it.root] != nil {
		it.free()
		return nil, nil
	}
	if _, uploads := p.lane.(*hosted); uploads { // it encodes for itself
		encode.Recycle(it.blob)
		it.blob = nil
	} else {
		it.payload = nil
	}
	it.out = &PutBlob{Root: hexRoot(it.root), Kind: kind, SizeBytes: it.dataLen}
	if p.opts.Archive {
		var stored chain.Hash
		if it.nodes, stored, err = logNodes(payload); err != nil {
			return nil, err
		}
		it.out.StorageRoot = hexRoot(stored)
	}
	p.seen[it.root] = it
	p.items = append(p.items, it)
	return it, nil
}

// free gives the memory of a blob back; its root and sizes stay.
func (it *item) free() {
	if it.blob != nil {
		encode.Recycle(it.blob)
	}
	it.blob, it.payload = nil, nil
}

// finish fills in what is the same for every outcome.
func (r *PutResult) finish(items []*item, began time.Time) {
	r.Seconds = time.Since(began).Seconds()
	r.Fee, r.Endowment, r.Gas = r.fee.String(), r.endowment.String(), r.gas.String()
	if r.DryRun && r.Quote != nil {
		r.Fee, r.Endowment, r.Gas = r.Quote.Fee.String(), r.Quote.Endowment.String(), ""
		if r.Quote.Gas != nil {
			r.Gas = r.Quote.Gas.String()
		}
	}
	for _, it := range items {
		r.Blobs = append(r.Blobs, *it.out)
		if it.out.Reused {
			r.Reused++
		}
	}
}

func hexRoot(root chain.Hash) string { return "0x" + hex.EncodeToString(root[:]) }

func sum(values []uint64) (total uint64) {
	for _, v := range values {
		total += v
	}
	return total
}
