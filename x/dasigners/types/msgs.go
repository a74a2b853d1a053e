package types

import (
	"math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const (
	hashBytes    = 32
	addressBytes = 20
	maxSocket    = 255 // bytes
)

// Address reads a bech32 address of 20 bytes, the length that tickets and
// registration digests hash.
func Address(name, text string) (sdk.AccAddress, error) {
	addr, err := sdk.AccAddressFromBech32(text)
	if err != nil {
		return nil, ErrInvalidMessage.Wrapf("%s: %s", name, err)
	}
	if len(addr) != addressBytes {
		return nil, ErrInvalidMessage.Wrapf("%s has %d bytes, want %d", name, len(addr), addressBytes)
	}
	return addr, nil
}

// Hash32 reads a field of 32 bytes.
func Hash32(name string, data []byte) (erasure.Hash, error) {
	if len(data) != hashBytes {
		return erasure.Hash{}, ErrInvalidMessage.Wrapf("%s has %d bytes, want %d", name, len(data), hashBytes)
	}
	return erasure.Hash(data), nil
}

// Public decodes a key: both halves canonical, on the curve, in the subgroup, not
// infinity. That they belong together is bls.PublicKey.CheckPair.
func (k Key) Public() (public bls.PublicKey, err error) {
	if public.G1, err = bls.DecodeG1(k.G1); err != nil {
		return public, ErrInvalidKey.Wrapf("g1: %s", err)
	}
	if public.G2, err = bls.DecodeG2(k.G2); err != nil {
		return public, ErrInvalidKey.Wrapf("g2: %s", err)
	}
	return public, nil
}

// KeyOf encodes a key.
func KeyOf(public bls.PublicKey) Key {
	return Key{G1: bls.EncodeG1(&public.G1), G2: bls.EncodeG2(&public.G2)}
}

// CheckSocket bounds the text; whether somebody listens there is not the chain's
// affair.
func CheckSocket(socket string) error {
	if len(socket) == 0 || len(socket) > maxSocket {
		return ErrInvalidMessage.Wrapf("socket has %d bytes, want 1 to %d", len(socket), maxSocket)
	}
	for _, c := range []byte(socket) {
		if c <= ' ' || c > '~' {
			return ErrInvalidMessage.Wrapf("socket has byte %#x, want printable ASCII without spaces", c)
		}
	}
	return nil
}

// Roots unpacks the roots of a submission.
func (m MsgSubmitBlobs) Roots(most uint32) ([]erasure.Hash, error) {
	count := len(m.DataRoots) / hashBytes
	if count == 0 || count > int(most) || len(m.DataRoots)%hashBytes != 0 {
		return nil, ErrInvalidMessage.Wrapf("data_roots has %d bytes, want %d for each of 1 to %d blobs", len(m.DataRoots), hashBytes, most)
	}
	if len(m.DataLens) != count {
		return nil, ErrInvalidMessage.Wrapf("%d data_lens for %d data_roots", len(m.DataLens), count)
	}
	roots := make([]erasure.Hash, count)
	for i := range roots {
		roots[i] = erasure.Hash(m.DataRoots[i*hashBytes : (i+1)*hashBytes])
	}
	return roots, nil
}

// BlobIDs unpacks the ids of a batch, which ascend.
func (m MsgConfirmBatch) BlobIDs(most uint32) ([]uint64, error) {
	if m.FirstBlobId == 0 || len(m.BlobDeltas) >= int(most) {
		return nil, ErrInvalidMessage.Wrapf("first_blob_id %d and %d blob_deltas, want ids from 1 and at most %d of them", m.FirstBlobId, len(m.BlobDeltas), most)
	}
	ids := append(make([]uint64, 0, 1+len(m.BlobDeltas)), m.FirstBlobId)
	for i, delta := range m.BlobDeltas {
		last := ids[len(ids)-1]
		if delta == 0 || last > math.MaxUint64-uint64(delta) {
			return nil, ErrInvalidMessage.Wrapf("blob_deltas[%d] is %d after blob %d, want ids that ascend", i, delta, last)
		}
		ids = append(ids, last+uint64(delta))
	}
	return ids, nil
}

// Bech32 is the text of an address.
func Bech32(address [20]byte) string { return sdk.AccAddress(address[:]).String() }
