package types_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// largest messages of a batch: blobs of 32 MiB, ids of a busy year, a bitmap of the
// most members.
func batchMessages(blobs int) (*types.MsgSubmitBlobs, *types.MsgConfirmBatch) {
	sender := sdk.AccAddress(bytes.Repeat([]byte{0xee}, 20)).String()
	submit := &types.MsgSubmitBlobs{
		Submitter: sender, Profile: 1, DataRoots: bytes.Repeat([]byte{0xee}, 32*blobs), MaxFee: sdkmath.NewIntWithDecimal(999, 15),
	}
	confirm := &types.MsgConfirmBatch{
		Sender: sender, FirstBlobId: math.MaxUint32, MemberBitmap: bytes.Repeat([]byte{0xee}, quorum.MaxMembers/8), Signature: bytes.Repeat([]byte{0xee}, 64),
	}
	for i := range blobs {
		submit.DataLens = append(submit.DataLens, 32<<20-16)
		if i > 0 {
			confirm.BlobDeltas = append(confirm.BlobDeltas, 1)
		}
	}
	return submit, confirm
}

// asTransaction is the bytes of a signed transaction as they stand in a block, with
// a key of the chain's own kind, a fee and a gas limit.
func asTransaction(t *testing.T, msg sdk.Msg) int {
	t.Helper()
	content, err := codectypes.NewAnyWithValue(msg)
	require.NoError(t, err)
	key, err := codectypes.NewAnyWithValue(&secp256k1.PubKey{Key: bytes.Repeat([]byte{0xee}, 33)})
	require.NoError(t, err)
	key.TypeUrl = "/cosmos.evm.crypto.v1.ethsecp256k1.PubKey"
	body, err := proto.Marshal(&txtypes.TxBody{Messages: []*codectypes.Any{content}})
	require.NoError(t, err)
	auth, err := proto.Marshal(&txtypes.AuthInfo{
		SignerInfos: []*txtypes.SignerInfo{{
			PublicKey: key, Sequence: math.MaxUint32,
			ModeInfo: &txtypes.ModeInfo{Sum: &txtypes.ModeInfo_Single_{Single: &txtypes.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}},
		}},
		Fee: &txtypes.Fee{Amount: sdk.NewCoins(sdk.NewCoin(types.Denom, sdkmath.NewIntWithDecimal(999, 15))), GasLimit: 10_000_000},
	})
	require.NoError(t, err)
	raw, err := proto.Marshal(&txtypes.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{make([]byte, 65)}})
	require.NoError(t, err)
	return len(raw)
}

// mission D13: the bytes that consensus carries for a blob of 32 MiB (bar B11): 100
// of messages in batches of 16, 150 with the transactions around them in batches
// of 32; a GiB costs less than 100 KiB, even alone.
func TestBytesThroughConsensus(t *testing.T) {
	for _, blobs := range []int{1, 16, 32, 256} {
		submit, confirm := batchMessages(blobs)
		payload := float64(submit.Size()+confirm.Size()) / float64(blobs)
		whole := float64(asTransaction(t, submit)+asTransaction(t, confirm)) / float64(blobs)
		t.Logf("batch of %3d: %6.1f bytes a blob of messages, %6.1f with transactions; %8.0f bytes a GiB", blobs, payload, whole, 32*whole)
		require.Less(t, 32*whole, float64(100<<10))
		if blobs == 16 {
			require.LessOrEqual(t, payload, 100.)
		}
		if blobs == 32 {
			require.LessOrEqual(t, whole, 150.)
		}
	}
}
