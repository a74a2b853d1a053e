package resultcache_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtclient "github.com/cometbft/cometbft/rpc/client"
	cmtrpctypes "github.com/cometbft/cometbft/rpc/core/types"

	"github.com/zgd-network/zgd/cmd/zgd/evmrpc/resultcache"
)

// countingClient answers block results of 1000 bytes of data and counts.
type countingClient struct {
	cmtclient.SignClient
	asked int
	fail  bool
}

func (c *countingClient) BlockResults(_ context.Context, height *int64) (*cmtrpctypes.ResultBlockResults, error) {
	c.asked++
	if c.fail {
		return nil, errors.New("not there yet")
	}
	at := int64(99)
	if height != nil {
		at = *height
	}
	return &cmtrpctypes.ResultBlockResults{Height: at, TxsResults: []*abci.ExecTxResult{{Data: make([]byte, 1000)}}}, nil
}

func TestClientRemembersWhatItWasAskedLast(t *testing.T) {
	node := &countingClient{}
	first := int64(1)
	probe := resultcache.New(node, 1<<20)
	_, err := probe.BlockResults(context.Background(), &first)
	require.NoError(t, err)
	oneBlock := probe.Bytes()
	require.Greater(t, oneBlock, 1000)
	node.asked = 0

	cache := resultcache.New(node, 2*oneBlock)
	ask := func(height int64, wantAsked int, why string) {
		t.Helper()
		got, err := cache.BlockResults(context.Background(), &height)
		require.NoError(t, err)
		require.Equal(t, height, got.Height)
		require.Equal(t, wantAsked, node.asked, why)
	}
	ask(1, 1, "first time")
	ask(1, 1, "remembered")
	ask(2, 2, "another height")
	ask(1, 2, "two fit")
	ask(3, 3, "a third")
	ask(1, 3, "used last but one, stays")
	ask(2, 4, "used longest ago, went")
	require.Equal(t, 2*oneBlock, cache.Bytes())

	for range 2 {
		got, err := cache.BlockResults(context.Background(), nil)
		require.NoError(t, err)
		require.EqualValues(t, 99, got.Height)
	}
	require.Equal(t, 6, node.asked, "the latest is asked for each time")

	node.fail = true
	height := int64(7)
	_, err = cache.BlockResults(context.Background(), &height)
	require.Error(t, err)
	node.fail = false
	ask(7, 8, "an error is not remembered")

	small := resultcache.New(node, oneBlock-1)
	for range 2 {
		_, err := small.BlockResults(context.Background(), &height)
		require.NoError(t, err)
	}
	require.Equal(t, 10, node.asked, "larger than the whole cache")
	require.Zero(t, small.Bytes())
}
