package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// memberKey is a member's key as a point, and its seats.
type memberKey struct {
	public bn254.G2Affine
	seats  int
}

func memberKeys(q chain.DAQuorum) ([]memberKey, error) {
	keys := make([]memberKey, len(q.Members))
	for m, member := range q.Members {
		point, err := bls.DecodeG2(member.Key.G2)
		if err != nil {
			return nil, fmt.Errorf("key of member %s: %w", member.Address, err)
		}
		keys[m].public = point
	}
	for _, m := range q.Seats {
		keys[m].seats++
	}
	return keys, nil
}

// point is what a member signs for some of the pieces.
func (b *batch) point(which []int) bn254.G1Affine {
	leaves := make([]chain.Hash, len(which))
	for j, i := range which {
		leaves[j] = erasure.BatchLeaf(b.pieces[i].Root, b.pieces[i].ID)
	}
	message := erasure.BatchMessage(b.evmChainID, b.quorum.Epoch, b.quorum.ID, uint32(len(which)), erasure.MerkleRoot(leaves))
	point, err := bls.Hash(bls.DomainBatch, message)
	if err != nil {
		return bn254.G1Affine{} // infinity: no share verifies against it
	}
	return point
}

// round is one collection of shares over the same blobs.
type round struct {
	shares map[int]bn254.G1Affine
	hit    int // seats that signed
	enough bool
}

// share is a member's answer.
type share struct {
	member int
	point  bn254.G1Affine
	fault  *Fault
}

// collect has every member work, in parallel, and takes their shares until
// there are enough and the grace is over, or there cannot be enough. With patience
// it goes on in the second case: what members do is then of use for smaller
// batches. It returns when nobody works any more.
func (b *batch) collect(ctx context.Context, which []int, patience bool, work func(context.Context, int, []int) (bn254.G1Affine, *Fault)) *round {
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan share, len(b.members))
	var wait sync.WaitGroup
	for m := range b.members {
		wait.Go(func() {
			point, fault := work(ctx, m, which)
			answers <- share{m, point, fault}
		})
	}
	defer wait.Wait()
	defer cancel()
	r := &round{shares: make(map[int]bn254.G1Affine)}
	possible, answered := b.total, make([]bool, len(b.members))
	var grace <-chan time.Time
	for range b.members {
		select {
		case s := <-answers:
			answered[s.member] = true
			possible = b.take(r, s, possible)
		case <-grace:
			b.late(answered, FaultLate, fmt.Sprintf("no answer by %v after two thirds had signed", b.options.Grace))
			return r
		case <-ctx.Done():
			b.late(answered, FaultSilent, "no answer in time")
			return r
		}
		if possible*3 < b.total*2 && !patience {
			return r
		}
		if r.enough && grace == nil {
			timer := time.NewTimer(b.options.Grace)
			defer timer.Stop()
			grace = timer.C
		}
	}
	return r
}

// take counts an answer; it returns the seats that may still sign.
func (b *batch) take(r *round, s share, possible int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[s.member] = s.fault
	if s.fault != nil {
		return possible - b.members[s.member].seats
	}
	r.shares[s.member] = s.point
	r.hit += b.members[s.member].seats
	r.enough = r.hit*3 >= b.total*2
	return possible
}

// late names those who did not answer, unless something worse is known of them.
func (b *batch) late(answered []bool, kind FaultKind, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for m, done := range answered {
		if !done && b.faults[m] == nil {
			b.faults[m] = faultOf(b.quorum.Members[m], kind, text)
		}
	}
}

// certify aggregates the shares of a round.
func (b *batch) certify(which []int, r *round) Certificate {
	c := Certificate{Bitmap: make([]byte, (len(b.members)+7)/8), HitSeats: r.hit, TotalSeats: b.total}
	points := make([]bn254.G1Affine, 0, len(r.shares))
	for m := range b.members {
		if point, signed := r.shares[m]; signed {
			points = append(points, point)
			c.Bitmap[m/8] |= 1 << (m % 8)
		}
	}
	sum := bls.SumG1(points...)
	c.Signature = bls.EncodeG1(&sum)
	for _, i := range which {
		c.IDs = append(c.IDs, b.pieces[i].ID)
	}
	return c
}

// split certifies what it can in smaller batches: a member signs only for blobs
// that it accepted, all of them.
func (b *batch) split(ctx context.Context, which []int, out *Dispersal) {
	half := (len(which) + 1) / 2
	for _, part := range [][]int{which[:half], which[half:]} {
		if len(part) == 0 || ctx.Err() != nil {
			continue
		}
		r := b.collect(ctx, part, false, b.signAccepted)
		if r.enough {
			out.Certificates = append(out.Certificates, b.certify(part, r))
		} else if len(part) > 1 {
			b.split(ctx, part, out)
		}
	}
}

// signAccepted asks a member to sign for blobs if it accepted all of them.
func (b *batch) signAccepted(ctx context.Context, m int, which []int) (bn254.G1Affine, *Fault) {
	b.mu.Lock()
	fault := b.faults[m]
	for _, i := range which {
		if !b.accepted[i][m] {
			b.mu.Unlock()
			if fault == nil {
				fault = faultOf(b.quorum.Members[m], FaultSilent, "did not accept its rows")
			}
			return bn254.G1Affine{}, fault
		}
	}
	b.mu.Unlock()
	return b.askToSign(ctx, m, which)
}
