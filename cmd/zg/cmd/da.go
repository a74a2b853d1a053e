package cmd

import (
	"context"
	"fmt"
	"math/big"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/network"
	da "github.com/zgd-network/zgd/sidecar/da/client"
)

// DAOpener connects to the data-availability lane of a network; tests bring
// their own.
type DAOpener func(ctx context.Context, opts da.Options) (*da.Client, error)

func (a *app) daCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "da",
		Short: "Data availability: put blobs, get them back, sample them",
		Long: `Data availability: put blobs, get them back, sample them.

A blob is coded so that any quarter of its rows rebuilds it, its rows go to a
quorum of signers drawn by lot, and members with two thirds of the seats sign for
them on chain. The promise lasts for the chain's retention, about two weeks;
'zg put' stores files for years.`,
		Example: `  ROOT=$(zg da put -y batch.bin)        put it; only the root is on stdout
  zg da status $ROOT                    submitted, confirmed, until when
  zg da get $ROOT -o copy.bin           every row checked against the root
  zg da sample $ROOT                    is it there? with what confidence?`,
	}
	root.AddCommand(a.daPutCmd(), a.daGetCmd(), a.daStatusCmd(), a.daSampleCmd(), a.daAuditCmd(), a.daSignersCmd())
	return root
}

// daSession is one command's connection and the network it is to.
type daSession struct {
	*da.Client
	ready network.Ready
}

// connectDA finds the network and opens its lane.
func (a *app) connectDA(cmd *cobra.Command, use keyUse, tune func(*da.Options, network.Ready)) (*daSession, error) {
	if a.output != "text" && a.output != "json" {
		return nil, fmt.Errorf("%w: --output %q, want text or json", client.ErrUsage, a.output)
	}
	ready, err := a.findNetwork()
	if err != nil {
		return nil, err
	}
	opts := da.Options{GRPC: ready.GRPC, CometRPC: ready.CometRPC}
	if opts.Progress, err = a.newProgress(cmd.ErrOrStderr()); err != nil {
		return nil, err
	}
	if use != keyNone {
		var keys client.Options
		if err := a.findKey(&keys, ready, cmd.InOrStdin()); err != nil && use == keyNeeded {
			return nil, err
		}
		opts.KeyFile = keys.KeyFile
		opts.Keyring = da.Keyring{Backend: keys.Keyring.Backend, Dir: keys.Keyring.Dir, Name: keys.Keyring.Name, Prompt: keys.Keyring.Prompt}
	}
	if tune != nil {
		tune(&opts, ready)
	}
	c, err := a.openDA(cmd.Context(), opts)
	if err != nil {
		return nil, err
	}
	return &daSession{Client: c, ready: ready}, nil
}

// encoderOf is the disperser to use: the flag's, else the network's.
func encoderOf(flag string, ready network.Ready) string {
	if flag == "" && ready.DA != nil {
		return ready.DA.EncoderGRPC
	}
	return flag
}

// daAgree shows a price and asks for consent; called before anything is signed.
func daAgree(cmd *cobra.Command, quote da.Quote, limit *big.Int, yes bool) error {
	if quote.Fee == nil { // a disperser pays
		return confirm(cmd, yes, fmt.Sprintf("Give %s to the disperser?", formatBytes(quote.SizeBytes)))
	}
	printDAQuote(cmd.ErrOrStderr(), quote)
	return agreeTotal(cmd, quote.Total(), limit, yes)
}
