package client

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/da/slab"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Blobs go in groups of one order and one confirmation. While one group waits for
// its block the next one is coded, as far as the memory for rows goes
// (Options.MemoryMiB).
const (
	groupRowsBytes = 264 << 20          // two of the largest blobs
	heldRowsBytes  = 2 * groupRowsBytes // by default
)

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
	blob    *erasure.Blob // nil when somebody else disperses, and when it is dispersed
	part    int           // number of the payload in the source
	held    int64         // bytes of the put's memory
	lent    bool          // blob is the caller's
	out     *PutBlob
}

// lane brings blobs to confirmation: this client itself, or a disperser.
type lane interface {
	// bring sends blobs on their way and frees them when they are there.
	bring(ctx context.Context, items []*item) error
	// done waits until all of them are confirmed.
	done(ctx context.Context) error
	// close waits for what is under way, wherever it gets.
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
	p.shown, p.memory = newStages(c.opts.Progress), semaphore.NewWeighted(p.heldBytes())
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
	p.shown = newStages(c.opts.Progress)
	d := newDirect(p)
	d.agreed = true
	defer d.close()
	it := &item{kind: KindBlob, root: blob.DataRoot(), dataLen: blob.DataLen, blob: blob, lent: true}
	it.out = &PutBlob{Root: hexRoot(it.root), Kind: it.kind, SizeBytes: it.dataLen}
	if err := d.bring(ctx, []*item{it}); err != nil {
		return it.out, err
	}
	return it.out, d.done(ctx)
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
	shown      *stages
	memory     *semaphore.Weighted // bytes of rows

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
	for len(p.source.left()) > 0 {
		group, err := p.encodeGroup(ctx)
		if err != nil {
			p.freeAll(group)
			return err
		}
		if err := p.lane.bring(ctx, group); err != nil {
			return err
		}
	}
	return p.lane.done(ctx)
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

// encodeGroup encodes the next blobs, as many as go in one order.
func (p *putting) encodeGroup(ctx context.Context) (group []*item, err error) {
	p.shown.reach(StageEncode, sum(p.source.left()))
	rows := int64(0)
	for left := p.source.left(); len(left) > 0; left = p.source.left() {
		more := p.rowsBytes(left[0])
		if rows += more; rows > p.groupBytes() && len(group) > 0 || len(group) == int(p.limits.MaxBatch) {
			break
		}
		it, err := p.encodeNext(ctx, min(more, p.heldBytes()))
		if err != nil {
			return group, err
		}
		if it != nil {
			group = append(group, it)
		}
	}
	return group, nil
}

// rowsBytes is the size of a payload's rows.
func (p *putting) rowsBytes(dataLen uint64) int64 {
	rowSize, err := p.profile.RowSize(dataLen)
	if err != nil {
		return 0 // encoding it says why
	}
	return int64(rowSize * p.profile.N)
}

// heldBytes bounds the rows that are held at once.
func (p *putting) heldBytes() int64 {
	if p.Client.opts.MemoryMiB > 0 {
		return int64(p.Client.opts.MemoryMiB) << 20
	}
	return heldRowsBytes
}

// groupBytes bounds the rows of one group: a quarter of the memory, so that there
// is one at each stage of the way, but no group so small that transactions count.
func (p *putting) groupBytes() int64 {
	if p.Client.opts.groupBytes > 0 {
		return p.Client.opts.groupBytes
	}
	return max(p.heldBytes()/4, min(p.heldBytes(), groupRowsBytes))
}

// payloads has the memory of payloads that are encoded.
var payloads = slab.NewPool(128 << 20)

// encodeNext encodes one blob, when there is memory for it; nil for one that this
// file had before.
func (p *putting) encodeNext(ctx context.Context, rowsBytes int64) (it *item, err error) {
	if err := p.memory.Acquire(ctx, rowsBytes); err != nil {
		return nil, err
	}
	it = &item{part: p.source.read, held: rowsBytes}
	defer func() {
		if it == nil || err != nil {
			p.memory.Release(rowsBytes)
		}
	}()
	if it.payload, it.kind, err = p.source.next(); err != nil {
		return nil, err
	}
	if it.blob, err = p.encode(ctx, it.payload); err != nil {
		return nil, err
	}
	p.shown.count(StageEncode, uint64(len(it.payload)))
	it.root, it.dataLen = it.blob.DataRoot(), uint64(len(it.payload))
	p.source.placed(it.root, it.dataLen)
	p.result.Root, p.result.Kind = hexRoot(it.root), it.kind // the last one's in the end
	if p.seen[it.root] != nil {
		encode.Recycle(it.blob)
		payloads.Give(it.payload)
		return nil, nil
	}
	it.out = &PutBlob{Root: hexRoot(it.root), Kind: it.kind, SizeBytes: it.dataLen}
	if p.opts.Archive {
		var stored chain.Hash
		if it.nodes, stored, err = logNodes(it.payload); err != nil {
			return nil, err
		}
		it.out.StorageRoot = hexRoot(stored)
	}
	if _, uploads := p.lane.(*hosted); uploads { // it encodes for itself
		encode.Recycle(it.blob)
		it.blob = nil
	} else {
		payloads.Give(it.payload)
		it.payload = nil
	}
	p.seen[it.root] = it
	p.items = append(p.items, it)
	return it, nil
}

func (p *putting) encode(ctx context.Context, payload []byte) (*erasure.Blob, error) {
	blob, err := encode.Encode(ctx, erasure.CPU, p.profile, p.evmChainID, payload, p.Client.opts.Workers)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return blob, nil
}

// encodeAgain makes the rows of a blob that are gone: it was dispersed, but not
// confirmed in time, which happens to one group in a long while. They are held
// beside the put's memory, which others may wait for.
func (p *putting) encodeAgain(ctx context.Context, it *item) error {
	payload, err := p.source.again(it.part)
	if err != nil {
		return err
	}
	it.blob, err = p.encode(ctx, payload)
	return err
}

// free gives the memory of a blob back; its root and sizes stay.
func (p *putting) free(it *item) {
	if it.lent {
		return
	}
	if it.blob != nil {
		encode.Recycle(it.blob)
	}
	payloads.Give(it.payload)
	p.memory.Release(it.held)
	it.blob, it.payload, it.held = nil, nil, 0
}

func (p *putting) freeAll(items []*item) {
	for _, it := range items {
		p.free(it)
	}
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
