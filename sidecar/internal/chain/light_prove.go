package chain

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"cosmossdk.io/collections"

	"github.com/cometbft/cometbft/crypto/merkle"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/gogoproto/proto"

	dasignerstypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// proven is a value of x/dasigners' store under a verified header.
type proven struct {
	value  []byte
	height int64 // of the header
}

// prove reads a key of x/dasigners' store with its ICS-23 proof: to the root of
// the store, and from there to the application hash of the header that follows.
// The key exists, or there is an error.
func (l *Light) prove(ctx context.Context, key []byte) (proven, error) {
	status, err := l.remote.Status(ctx)
	if err != nil {
		return proven{}, err
	}
	header := max(status.Height, l.trusted.Height)
	appHash, err := l.At(ctx, header)
	if err != nil {
		return proven{}, err
	}
	var answer coretypes.ResultABCIQuery
	params := map[string]any{
		"path": "/store/" + dasignerstypes.StoreKey + "/key", "data": hex.EncodeToString(key),
		"height": strconv.FormatInt(header-1, 10), "prove": true,
	}
	if err := l.comet(ctx, "abci_query", params, &answer); err != nil {
		return proven{}, err
	}
	response := answer.Response
	if response.Code != 0 {
		return proven{}, fmt.Errorf("prove: node answers with code %d: %.200s", response.Code, response.Log)
	}
	if response.Height != header-1 || response.ProofOps == nil {
		return proven{}, fmt.Errorf("%w: asked for height %d with its proof, got height %d", ErrUntrusted, header-1, response.Height)
	}
	if len(response.Value) == 0 {
		return proven{}, fmt.Errorf("prove: %w", ErrNotFound)
	}
	path := merkle.KeyPath{}.AppendKey([]byte(dasignerstypes.StoreKey), merkle.KeyEncodingURL).AppendKey(key, merkle.KeyEncodingHex)
	if err := proofRuntime().VerifyValue(response.ProofOps, appHash, path.String(), response.Value); err != nil {
		return proven{}, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return proven{response.Value, header}, nil
}

// DABlob proves the record of a blob.
func (l *Light) DABlob(ctx context.Context, id uint64) (DABlob, int64, error) {
	key, err := collections.EncodeKeyWithPrefix(dasignerstypes.BlobsPrefix, collections.Uint64Key, id)
	if err != nil {
		return DABlob{}, 0, err
	}
	var record dasignerstypes.Blob
	height, err := l.decode(ctx, key, &record)
	if err != nil {
		return DABlob{}, 0, fmt.Errorf("blob %d: %w", id, err)
	}
	blob, err := decodeDABlob(&record)
	return blob, height, err
}

// DAConfirmedRoot proves the root over the blobs that a block confirmed.
func (l *Light) DAConfirmedRoot(ctx context.Context, at int64) (DAConfirmedRoot, int64, error) {
	key, err := collections.EncodeKeyWithPrefix(dasignerstypes.ConfirmedRootsPrefix, collections.Int64Key, at)
	if err != nil {
		return DAConfirmedRoot{}, 0, err
	}
	var record dasignerstypes.ConfirmedRoot
	height, err := l.decode(ctx, key, &record)
	if err != nil {
		return DAConfirmedRoot{}, 0, fmt.Errorf("confirmed root of height %d: %w", at, err)
	}
	out := DAConfirmedRoot{Height: record.Height, Blobs: record.Blobs}
	return out, height, decodeHashes(hashField{&out.Root, "confirmed root", record.Root})
}

// CheckDAQuorum proves that members and seats of a quorum are the drawn ones.
// Where members listen, and with which key, stays the node's word: who is behind
// a socket does not matter to whoever checks every row.
func (l *Light) CheckDAQuorum(ctx context.Context, q DAQuorum) error {
	key, err := collections.EncodeKeyWithPrefix(dasignerstypes.QuorumsPrefix,
		collections.PairKeyCodec(collections.Uint64Key, collections.Uint32Key), collections.Join(q.Epoch, q.ID))
	if err != nil {
		return err
	}
	var record dasignerstypes.Quorum
	if _, err := l.decode(ctx, key, &record); err != nil {
		return fmt.Errorf("quorum %d of epoch %d: %w", q.ID, q.Epoch, err)
	}
	drawn, told := record.Drawn(), q.Drawn()
	if !slices.Equal(drawn.Members, told.Members) || !slices.Equal(drawn.Seats, told.Seats) {
		return fmt.Errorf("%w: quorum %d of epoch %d has other members or seats", ErrUntrusted, q.ID, q.Epoch)
	}
	return nil
}

// decode proves a key and decodes its value.
func (l *Light) decode(ctx context.Context, key []byte, into proto.Message) (int64, error) {
	got, err := l.prove(ctx, key)
	if err != nil {
		return 0, err
	}
	if err := proto.Unmarshal(got.value, into); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return got.height, nil
}

// proofRuntime reads the proofs of the SDK's stores: one of the key in its store,
// one of the store under the app hash.
func proofRuntime() *merkle.ProofRuntime {
	runtime := merkle.NewProofRuntime()
	runtime.RegisterOpDecoder(storetypes.ProofOpIAVLCommitment, storetypes.CommitmentOpDecoder)
	runtime.RegisterOpDecoder(storetypes.ProofOpSimpleMerkleCommitment, storetypes.CommitmentOpDecoder)
	return runtime
}
