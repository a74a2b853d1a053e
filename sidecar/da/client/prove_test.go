package client_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
)

// prover answers as a light client would; change spoils what it proves.
type prover struct {
	net    *clienttest.Net
	change func(*chain.DABlob, *chain.DAConfirmedRoot)
	quorum error
}

func (p prover) DABlob(ctx context.Context, id uint64) (chain.DABlob, int64, error) {
	blob, err := p.net.Chain.DABlob(ctx, id)
	p.change(&blob, &chain.DAConfirmedRoot{})
	return blob, 99, err
}

func (p prover) DAConfirmedRoot(ctx context.Context, at int64) (chain.DAConfirmedRoot, int64, error) {
	root, err := p.net.Chain.DAConfirmedRoot(ctx, at)
	p.change(&chain.DABlob{}, &root)
	return root, 99, err
}

func (p prover) CheckDAQuorum(context.Context, chain.DAQuorum) error { return p.quorum }

// mission D09: the sampler believes a record when a header proves it, and only then.
func TestTheSamplerProvesTheRecord(t *testing.T) {
	net, _, put := stored(t, 50, datest.DAParams{EpochBlocks: 10, ConfirmWindowBlocks: 5, RecordEpochs: 1}, 900)
	net.Chain.Advance(1)
	sample := func(p prover, trustNode bool) (*client.Sampled, error) {
		p.net = net
		if p.change == nil {
			p.change = func(*chain.DABlob, *chain.DAConfirmedRoot) {}
		}
		c := net.Client(func(o *client.Options) {
			o.Light = func(_ context.Context, trust client.LightTrust) (client.Prover, bool, error) {
				return p, trust.Height == 0, nil
			}
		})
		return c.Sample(t.Context(), root(t, put.Root), client.SampleOptions{TrustNode: trustNode, Trust: client.LightTrust{Height: 1}})
	}
	for range 2 { // with the record, then with the confirmed root alone
		good, err := sample(prover{}, false)
		require.NoError(t, err)
		require.Equal(t, client.HeaderLight, good.Header)
		require.EqualValues(t, 99, good.Height)
		lie := func(b *chain.DABlob, r *chain.DAConfirmedRoot) { b.DataLen++; r.Blobs++ }
		_, err = sample(prover{change: lie}, false)
		require.ErrorIs(t, err, client.ErrVerify)
		_, err = sample(prover{quorum: chain.ErrUntrusted}, false)
		require.ErrorIs(t, err, client.ErrUntrusted)
		trusted, err := sample(prover{change: lie}, true)
		require.NoError(t, err)
		require.Equal(t, client.HeaderNode, trusted.Header)
		net.Chain.Advance(45)
	}
}
