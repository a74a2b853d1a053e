package datest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/big"

	errorsmod "cosmossdk.io/errors"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// services routes calls to the keeper's servers as a connection would.
type services struct {
	chain   *DA
	methods map[string]method
}

type method struct {
	server any
	handle grpc.MethodHandler
}

func newServices(c *DA) services {
	s := services{chain: c, methods: map[string]method{}}
	types.RegisterQueryServer(s, keeper.NewQueryServer(c.keeper))
	types.RegisterMsgServer(s, keeper.NewMsgServer(c.keeper))
	return s
}

// RegisterService collects the methods of a service.
func (s services) RegisterService(description *grpc.ServiceDesc, server any) {
	for _, m := range description.Methods {
		s.methods["/"+description.ServiceName+"/"+m.MethodName] = method{server, grpc.MethodHandler(m.Handler)}
	}
}

// Invoke answers a query on the newest state.
func (s services) Invoke(ctx context.Context, name string, request, reply any, _ ...grpc.CallOption) error {
	s.chain.mu.Lock()
	defer s.chain.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.chain.down {
		return status.Error(codes.Unavailable, "it was set down")
	}
	return s.call(s.chain.ctx, name, request, reply)
}

// NewStream is for streams, of which there are none.
func (services) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams here")
}

// call runs a method on copies, as the wire would.
func (s services) call(ctx context.Context, name string, request, reply any) error {
	m, ok := s.methods[name]
	if !ok {
		return status.Error(codes.Unimplemented, name)
	}
	in, err := proto.Marshal(request.(proto.Message))
	if err != nil {
		return err
	}
	answer, err := m.handle(m.server, ctx, func(into any) error { return proto.Unmarshal(in, into.(proto.Message)) }, nil)
	if err != nil {
		return err
	}
	out, err := proto.Marshal(answer.(proto.Message))
	if err != nil {
		return err
	}
	return proto.Unmarshal(out, reply.(proto.Message))
}

// DAAccount sends as one account. Every transaction makes one block.
type DAAccount struct {
	chain *DA
	key   chain.Key
}

var _ chain.DASender = (*DAAccount)(nil)

// Sender returns an account; it has DAParams.Funds when it is first used.
func (c *DA) Sender(key chain.Key) *DAAccount {
	a := &DAAccount{chain: c, key: key}
	address := a.Bytes()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.ledger[string(address[:])]; !ok {
		c.ledger[string(address[:])] = tokens(c.params.Funds)
	}
	return a
}

// Address returns zg1….
func (a *DAAccount) Address() string { return a.key.Address() }

// Bytes returns the 20 bytes.
func (a *DAAccount) Bytes() chain.Address {
	address, err := chain.ParseAddress(a.key.Address())
	must(err)
	return address
}

// SignDigest signs 32 bytes.
func (a *DAAccount) SignDigest(digest chain.Hash) ([]byte, error) { return a.key.SignDigest(digest) }

// send runs a message in a block of its own.
func (a *DAAccount) send(ctx context.Context, name string, msg, reply proto.Message) (chain.Receipt, error) {
	c := a.chain
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return chain.Receipt{}, ctx.Err()
	}
	if c.down {
		return chain.Receipt{}, errDown
	}
	if c.refuse != nil {
		if err := c.refuse(msg); err != nil {
			return chain.Receipt{}, err
		}
	}
	if v, ok := msg.(interface{ ValidateBasic() error }); ok {
		if err := v.ValidateBasic(); err != nil {
			return chain.Receipt{}, rejected(err)
		}
	}
	var failed error
	c.makeBlock(func(block sdk.Context) {
		branch, write := block.CacheContext()
		before := maps.Clone(c.ledger)
		if failed = c.services.call(branch, "/zg.dasigners.v1.Msg/"+name, msg, reply); failed != nil {
			clear(c.ledger)
			maps.Copy(c.ledger, before)
			return
		}
		write()
		c.sent = append(c.sent, msg)
		c.note(branch)
	})
	digest := sha256.Sum256(fmt.Append(nil, name, c.block.Height))
	receipt := chain.Receipt{TxHash: hex.EncodeToString(digest[:]), Height: c.block.Height, GasUsed: 1, Fee: big.NewInt(1)}
	if failed != nil {
		return receipt, rejected(failed)
	}
	return receipt, nil
}

// note keeps which blobs a transaction confirmed.
func (c *DA) note(ctx sdk.Context) {
	for _, event := range ctx.EventManager().ABCIEvents() {
		parsed, err := sdk.ParseTypedEvent(event)
		if confirm, ok := parsed.(*types.EventConfirm); ok && err == nil {
			c.confirms[ctx.BlockHeight()] = append(c.confirms[ctx.BlockHeight()], confirm.BlobIds...)
		}
	}
}

func rejected(err error) error {
	space, code, log := errorsmod.ABCIInfo(err, false)
	return &chain.Rejection{Codespace: space, Code: code, Log: log}
}

// RegisterDASigner registers the account.
func (a *DAAccount) RegisterDASigner(ctx context.Context, socket string, key chain.DAKey, possession []byte) (uint64, chain.Receipt, error) {
	var answer types.MsgRegisterSignerResponse
	receipt, err := a.send(ctx, "RegisterSigner", &types.MsgRegisterSigner{
		Signer: a.Address(), Socket: socket, Key: types.Key{G1: key.G1, G2: key.G2}, Possession: possession,
	}, &answer)
	return answer.ActivationEpoch, receipt, err
}

// UpdateDASocket changes where the account's node listens.
func (a *DAAccount) UpdateDASocket(ctx context.Context, socket string) (chain.Receipt, error) {
	return a.send(ctx, "UpdateSocket", &types.MsgUpdateSocket{Signer: a.Address(), Socket: socket}, &types.MsgUpdateSocketResponse{})
}

// RotateDAKey replaces the account's signer key.
func (a *DAAccount) RotateDAKey(ctx context.Context, key chain.DAKey, possession []byte) (uint64, chain.Receipt, error) {
	var answer types.MsgRotateKeyResponse
	receipt, err := a.send(ctx, "RotateKey", &types.MsgRotateKey{
		Signer: a.Address(), Key: types.Key{G1: key.G1, G2: key.G2}, Possession: possession,
	}, &answer)
	return answer.EffectiveEpoch, receipt, err
}

// RegisterDAEpoch takes part in the next epoch.
func (a *DAAccount) RegisterDAEpoch(ctx context.Context, signature []byte) (uint64, chain.Receipt, error) {
	var answer types.MsgRegisterNextEpochResponse
	receipt, err := a.send(ctx, "RegisterNextEpoch", &types.MsgRegisterNextEpoch{Signer: a.Address(), Signature: signature}, &answer)
	return answer.Epoch, receipt, err
}

// UnregisterDASigner leaves.
func (a *DAAccount) UnregisterDASigner(ctx context.Context) (uint64, chain.Receipt, error) {
	var answer types.MsgUnregisterSignerResponse
	receipt, err := a.send(ctx, "UnregisterSigner", &types.MsgUnregisterSigner{Signer: a.Address()}, &answer)
	return answer.LockedUntilEpoch, receipt, err
}

// AddDADeposit refills the account's deposit.
func (a *DAAccount) AddDADeposit(ctx context.Context, amount *big.Int) (*big.Int, chain.Receipt, error) {
	var answer types.MsgDepositResponse
	receipt, err := a.send(ctx, "Deposit", &types.MsgDeposit{Signer: a.Address(), Amount: sdkmath.NewIntFromBigInt(amount)}, &answer)
	if err != nil {
		return nil, receipt, err
	}
	return answer.Deposit.BigInt(), receipt, nil
}

// EstimateDAFee is a small fee for every submission.
func (a *DAAccount) EstimateDAFee(_ context.Context, s chain.DASubmission) (*big.Int, error) {
	_, err := chain.SubmitBlobsMsg(a.Address(), s)
	return big.NewInt(1), err
}

// SubmitBlobs orders blobs.
func (a *DAAccount) SubmitBlobs(ctx context.Context, s chain.DASubmission) (chain.DAPlaced, chain.Receipt, error) {
	msg, err := chain.SubmitBlobsMsg(a.Address(), s)
	if err != nil {
		return chain.DAPlaced{}, chain.Receipt{}, err
	}
	var answer types.MsgSubmitBlobsResponse
	receipt, err := a.send(ctx, "SubmitBlobs", msg, &answer)
	if err != nil {
		return chain.DAPlaced{}, receipt, err
	}
	return chain.DAPlaced{FirstBlobID: answer.FirstBlobId, Epoch: answer.Epoch, QuorumID: answer.QuorumId, Fee: answer.Fee.BigInt()}, receipt, nil
}

// ConfirmBatch brings an aggregate signature.
func (a *DAAccount) ConfirmBatch(ctx context.Context, ids []uint64, memberBitmap, signature []byte) (chain.DAConfirmation, chain.Receipt, error) {
	msg, err := chain.ConfirmBatchMsg(a.Address(), ids, memberBitmap, signature)
	if err != nil {
		return chain.DAConfirmation{}, chain.Receipt{}, err
	}
	var answer types.MsgConfirmBatchResponse
	receipt, err := a.send(ctx, "ConfirmBatch", msg, &answer)
	return chain.DAConfirmation{Confirmed: answer.Confirmed, HitSeats: answer.HitSeats, TotalSeats: answer.TotalSeats}, receipt, err
}

// ClaimDARewards pays rewards out.
func (a *DAAccount) ClaimDARewards(ctx context.Context) (*big.Int, chain.Receipt, error) {
	var answer types.MsgClaimRewardsResponse
	receipt, err := a.send(ctx, "ClaimRewards", &types.MsgClaimRewards{Signer: a.Address()}, &answer)
	if err != nil {
		return nil, receipt, err
	}
	return answer.Amount.BigInt(), receipt, nil
}
