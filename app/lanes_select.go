package app

import (
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
)

// What the cheapest transaction wants: with less than that free a block is full.
const (
	leastTxGas   = 21_000
	leastTxBytes = 64
)

// selection fills one proposal from a pool that offers transactions in the order
// of their tips, each sender's in the order of their sequences. The first pass
// (offer) keeps both lanes within their shares and sets aside what is beyond;
// the second (finish) gives those set aside what is free. A transaction that
// does not enter keeps all later ones of its signers out, so that no block has a
// gap of sequences. Each transaction is looked at twice at most and encoded once
// at most.
type selection struct {
	encode    sdk.TxEncoder
	signersOf sdkmempool.SignerExtractionAdapter

	block   room              // free in the block
	lanes   [laneTotal]room   // free in each lane
	aside   []*candidate      // as they were offered
	waiting map[string]bool   // signers with something aside
	closed  map[string]bool   // signers of whom nothing more enters this block
	next    map[string]uint64 // the sequence that may follow, for signers in the block
	taken   [][]byte
	broken  []brokenTx
}

// candidate is a transaction with the signers whose sequences it uses up.
type candidate struct {
	tx      sdk.Tx
	lane    lane
	signers []sdkmempool.SignerData
	raw     []byte // nil until it is known to fit by gas
}

// brokenTx does not encode; the pool should drop it.
type brokenTx struct {
	tx  sdk.Tx
	err error
}

func newSelection(encode sdk.TxEncoder, signersOf sdkmempool.SignerExtractionAdapter, block room, shareBps uint64) *selection {
	return &selection{
		encode: encode, signersOf: signersOf, block: block, lanes: laneRooms(block, shareBps),
		waiting: map[string]bool{}, closed: map[string]bool{}, next: map[string]uint64{},
	}
}

// offer is the first pass. It answers false when no further one can enter.
func (s *selection) offer(tx sdk.Tx) bool {
	signers, err := s.signersOf.GetSigners(tx)
	if err != nil {
		return true // the pool let in what it cannot attribute
	}
	if t, ok := tx.(sdk.TxWithUnordered); ok && t.GetUnordered() {
		signers = nil // bound to no sequence
	}
	c := &candidate{tx: tx, lane: laneOf(tx), signers: signers}
	limit := s.lanes[c.lane]
	if c.lane == laneGeneral && len(s.taken) == 0 {
		limit = s.block // the best bid of all may be one large transaction, such as a contract's creation
	}
	if c.anyIn(s.waiting) || !s.enter(c, limit) {
		s.setAside(c)
	}
	return !s.full()
}

func (s *selection) full() bool {
	return s.block.bytes < leastTxBytes || s.block.gas < leastTxGas
}

// finish is the second pass; it returns the proposal.
func (s *selection) finish() [][]byte {
	for _, c := range s.aside {
		if s.full() {
			break
		}
		if !s.enter(c, s.block) {
			s.close(c)
		}
	}
	return s.taken
}

// enter puts a transaction into the block if it is its signers' turn and if it
// fits the limit and the block.
func (s *selection) enter(c *candidate, limit room) bool {
	need := room{gas: gasOf(c.tx)}
	if !s.inTurn(c) || !limit.fits(need) || !s.block.fits(need) {
		return false
	}
	if c.raw == nil && !s.encoded(c) {
		return false
	}
	need.bytes = uint64(cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{c.raw}))
	if !limit.fits(need) || !s.block.fits(need) {
		return false
	}
	s.block.take(need)
	s.lanes[c.lane].take(need)
	s.taken = append(s.taken, c.raw)
	for _, signer := range c.signers {
		s.next[string(signer.Signer)] = signer.Sequence + 1
	}
	return true
}

func (s *selection) encoded(c *candidate) bool {
	raw, err := s.encode(c.tx)
	if err != nil {
		s.broken = append(s.broken, brokenTx{c.tx, err})
		s.close(c)
		return false
	}
	c.raw = raw
	return true
}

// inTurn closes the signers of a transaction whose turn cannot come any more.
func (s *selection) inTurn(c *candidate) bool {
	for _, signer := range c.signers {
		next, seen := s.next[string(signer.Signer)]
		if seen && next != signer.Sequence {
			s.close(c)
		}
	}
	return !c.anyIn(s.closed)
}

func (s *selection) setAside(c *candidate) {
	if c.anyIn(s.closed) {
		return
	}
	s.aside = append(s.aside, c)
	for _, signer := range c.signers {
		s.waiting[string(signer.Signer)] = true
	}
}

func (s *selection) close(c *candidate) {
	for _, signer := range c.signers {
		s.closed[string(signer.Signer)] = true
	}
}

func (c *candidate) anyIn(set map[string]bool) bool {
	for _, signer := range c.signers {
		if set[string(signer.Signer)] {
			return true
		}
	}
	return false
}

// gasOf is the gas a transaction wants.
func gasOf(tx sdk.Tx) uint64 {
	if t, ok := tx.(baseapp.GasTx); ok {
		return t.GetGas()
	}
	return 0
}
