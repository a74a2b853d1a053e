// Command wrongcoding is a hostile client for tests: it commits to a blob whose
// parity rows are of no codeword, pays for it and brings it to the quorum of a
// running network. It prints who signed and who refused, and never ships.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func main() {
	grpc := flag.String("grpc", "127.0.0.1:9090", "of the chain")
	comet := flag.String("comet-rpc", "http://127.0.0.1:26657", "of the chain")
	keyFile := flag.String("key-file", "", "account that pays")
	size := flag.Int("size", 1<<20, "bytes of payload")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := run(ctx, *grpc, *comet, *keyFile, *size); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, grpc, comet, keyFile string, size int) error {
	key, err := chain.LoadKeyFile(keyFile)
	if err != nil {
		return err
	}
	remote, err := chain.Dial(ctx, chain.Options{GRPC: grpc, CometRPC: comet})
	if err != nil {
		return err
	}
	defer remote.Close()
	sender := chain.NewSender(remote, key)
	status, err := remote.Status(ctx)
	if err != nil {
		return err
	}
	quote, err := remote.DAQuote(ctx, uint64(size))
	if err != nil {
		return err
	}
	blob, err := wrong(quote.Profile, status.EVMChainID, size)
	if err != nil {
		return err
	}
	placed, _, err := sender.SubmitBlobs(ctx, chain.DASubmission{
		Profile: quote.Profile, Roots: []chain.Hash{blob.DataRoot()}, DataLens: []uint64{uint64(size)},
		MaxFee: new(big.Int).Mul(quote.Fee, big.NewInt(2)),
	})
	if err != nil {
		return err
	}
	quorum, err := remote.DAQuorum(ctx, placed.Epoch, placed.QuorumID)
	if err != nil {
		return err
	}
	d := client.NewDisperser(status.EVMChainID, sender, client.DisperserOptions{SignTimeout: 30 * time.Second})
	defer d.Close()
	out, err := d.Disperse(ctx, quorum, []client.Piece{{ID: placed.FirstBlobID, Root: blob.DataRoot(), Blob: blob}})
	report := struct {
		BlobID       uint64         `json:"blob_id"`
		Certificates int            `json:"certificates"`
		HitSeats     int            `json:"hit_seats"`
		Faults       []client.Fault `json:"faults"`
	}{BlobID: placed.FirstBlobID}
	var lacking *client.InsufficientSignatures
	switch {
	case err == nil:
		report.Certificates = len(out.Certificates)
	case errors.As(err, &lacking):
		report.HitSeats, report.Faults = lacking.HitSeats, lacking.Faults
	default:
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// wrong is a blob with an honest tree over rows that are not of one codeword.
func wrong(profileID uint8, evmChainID uint64, size int) (*erasure.Blob, error) {
	profile, err := erasure.ProfileByID(profileID)
	if err != nil {
		return nil, err
	}
	payload := make([]byte, size)
	if _, err := rand.Read(payload); err != nil {
		return nil, err
	}
	blob, err := erasure.NewBlob(profile, evmChainID, payload)
	if err != nil {
		return nil, err
	}
	for i := range blob.Stripes() {
		if err := blob.EncodeStripe(erasure.CPU, i); err != nil {
			return nil, err
		}
	}
	for i := profile.K; i < profile.N; i++ {
		blob.Rows[i][i%blob.RowSize] ^= 1
	}
	blob.HashRows(0, profile.N)
	blob.FixRows()
	blob.CombineRows(0, profile.K)
	blob.Fix()
	return blob, nil
}
