package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/light"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
)

// ErrUntrusted says that a node's answer does not follow from what is trusted.
var ErrUntrusted = errors.New("not proven by a trusted header")

const (
	// trustingPeriod is how long a header serves as an anchor: two thirds of the 21
	// days of unbonding, so that whoever signed it can still be punished.
	trustingPeriod = 14 * 24 * time.Hour
	maxClockDrift  = 30 * time.Second
	maxValidators  = 10_000
	validatorPage  = 100
	maxBisections  = 200
)

// LightOptions say what a light client trusts to begin with.
type LightOptions struct {
	// Height and Hash name a header that was learnt elsewhere; 0: the one that Dir
	// has of this chain, and without that the node's newest, on first use.
	Height int64
	Hash   Hash
	Dir    string // where the newest trusted header is kept; "": nowhere
	Now    func() time.Time
}

// Light verifies headers of one chain from a trusted one on: by the signatures of
// more than two thirds of its validators, of whom a third is known from before.
// It asks one node and looks for no forks; a node that lies needs a third of the
// validators to lie with it.
type Light struct {
	remote  *Remote
	options LightOptions
	chainID string
	trusted *cmttypes.LightBlock
	// FirstUse says that the anchor was the node's word.
	FirstUse bool
}

// Light opens a light client over this node.
func (r *Remote) Light(ctx context.Context, options LightOptions) (*Light, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	status, err := r.Status(ctx)
	if err != nil {
		return nil, err
	}
	l := &Light{remote: r, options: options, chainID: status.ChainID}
	if options.Height > 0 {
		if l.trusted, err = l.fetch(ctx, options.Height); err != nil {
			return nil, err
		}
		if got := l.trusted.Hash(); string(got) != string(options.Hash[:]) {
			return nil, fmt.Errorf("%w: header %d of the node has hash %X, trusted is %X", ErrUntrusted, options.Height, []byte(got), options.Hash[:])
		}
		return l, nil
	}
	if l.trusted, err = l.load(); err != nil {
		return nil, err
	}
	if l.trusted == nil {
		l.FirstUse = true
		if l.trusted, err = l.fetch(ctx, status.Height); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// At verifies the header of a height and returns its application hash, the state
// after the block before.
func (l *Light) At(ctx context.Context, height int64) ([]byte, error) {
	target, err := l.fetch(ctx, height)
	if err != nil {
		return nil, err
	}
	if height < l.trusted.Height {
		return nil, fmt.Errorf("%w: header %d is older than the trusted %d", ErrUntrusted, height, l.trusted.Height)
	}
	if height == l.trusted.Height {
		if string(target.Hash()) != string(l.trusted.Hash()) {
			return nil, fmt.Errorf("%w: another header %d than the trusted one", ErrUntrusted, height)
		}
		return target.AppHash, l.save()
	}
	if err := l.climb(ctx, target); err != nil {
		return nil, err
	}
	return target.AppHash, l.save()
}

// climb trusts a target by steps that each keep a third of the validators.
func (l *Light) climb(ctx context.Context, target *cmttypes.LightBlock) error {
	ladder := []*cmttypes.LightBlock{target}
	for range maxBisections {
		next := ladder[len(ladder)-1]
		err := light.Verify(l.trusted.SignedHeader, l.trusted.ValidatorSet, next.SignedHeader, next.ValidatorSet,
			trustingPeriod, l.options.Now(), maxClockDrift, light.DefaultTrustLevel)
		var unknown light.ErrNewValSetCantBeTrusted
		switch {
		case err == nil:
			l.trusted, ladder = next, ladder[:len(ladder)-1]
			if len(ladder) == 0 {
				return nil
			}
		case errors.As(err, &unknown) && next.Height > l.trusted.Height+1:
			middle, err := l.fetch(ctx, (l.trusted.Height+next.Height)/2)
			if err != nil {
				return err
			}
			ladder = append(ladder, middle)
		default:
			return fmt.Errorf("%w: header %d from %d: %w; name a newer trusted header", ErrUntrusted, next.Height, l.trusted.Height, err)
		}
	}
	return fmt.Errorf("%w: header %d is too far from %d", ErrUntrusted, target.Height, l.trusted.Height)
}

// fetch reads a header with its commit and validators, which fit together.
func (l *Light) fetch(ctx context.Context, height int64) (*cmttypes.LightBlock, error) {
	var commit coretypes.ResultCommit
	if err := l.comet(ctx, "commit", map[string]string{"height": strconv.FormatInt(height, 10)}, &commit); err != nil {
		return nil, err
	}
	set, err := l.validators(ctx, height)
	if err != nil {
		return nil, err
	}
	block := &cmttypes.LightBlock{SignedHeader: &commit.SignedHeader, ValidatorSet: set}
	if err := block.ValidateBasic(l.chainID); err != nil {
		return nil, fmt.Errorf("%w: header %d: %w", ErrUntrusted, height, err)
	}
	if block.Height != height {
		return nil, fmt.Errorf("%w: header %d instead of %d", ErrUntrusted, block.Height, height)
	}
	if err := set.VerifyCommitLight(l.chainID, commit.Commit.BlockID, height, commit.Commit); err != nil {
		return nil, fmt.Errorf("%w: header %d: %w", ErrUntrusted, height, err)
	}
	return block, nil
}

func (l *Light) validators(ctx context.Context, height int64) (*cmttypes.ValidatorSet, error) {
	var all []*cmttypes.Validator
	for page := 1; ; page++ {
		var answer coretypes.ResultValidators
		params := map[string]string{"height": strconv.FormatInt(height, 10), "page": strconv.Itoa(page), "per_page": strconv.Itoa(validatorPage)}
		if err := l.comet(ctx, "validators", params, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Validators...)
		if len(answer.Validators) == 0 || len(all) >= answer.Total || len(all) > maxValidators {
			break
		}
	}
	set, err := cmttypes.ValidatorSetFromExistingValidators(all)
	if err != nil {
		return nil, fmt.Errorf("%w: validators of height %d: %w", ErrMalformed, height, err)
	}
	return set, nil
}

// comet calls a method whose answer is in CometBFT's own JSON.
func (l *Light) comet(ctx context.Context, method string, params, result any) error {
	var text json.RawMessage
	if err := l.remote.comet(ctx, method, params, &text); err != nil {
		return err
	}
	if err := cmtjson.Unmarshal(text, result); err != nil {
		return fmt.Errorf("CometBFT %s: %w: %w", method, ErrMalformed, err)
	}
	return nil
}
